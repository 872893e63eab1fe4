"""What tests of points, rewards and stars share: ledger entries, a merchant, a reward."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from bot.services import rewards
from bot.services.rules import Rules
from bot.settings_volunteering import PointRules, StarRules, Volunteering
from bot.storage.database import writing
from bot.storage.models import LedgerEntry, Reward, Staff, Volunteer
from tests.fixtures.world import NOW

_numbers = count(1)


def credit(
    db: Session, person_id: int, minutes: int, *, on: date = date(2026, 3, 1), kind: str = "credit", title: str = "清洁"
) -> LedgerEntry:
    """An entry as bot/services/ledger.py would add it, straight into the table."""
    writing(db)
    entry = LedgerEntry(
        person_id=person_id, kind=kind, minutes=minutes, effective_on=on, title=title, rule_since=date(2017, 1, 1),
        entered_by="system", created_at=NOW,
    )  # fmt: skip
    db.add(entry)
    db.flush()
    return entry


def shopkeeper(db: Session, openid: str | None = None, role: str = "merchant") -> Staff:
    writing(db)
    name = f"{role}{next(_numbers)}"
    staff = Staff(username=name, name="百丈潭售票处", password_hash="-", role=role, openid=openid, created_at=NOW)
    db.add(staff)
    db.flush()
    return staff


def ticket(db: Session, *, cost: int = 200, stock: int = 8, now: datetime = NOW, **more: Any) -> Reward:
    merchant = more.pop("merchant", None) or shopkeeper(db)
    more = {"title": "百丈潭门票", "pickup": "游客中心", **more}
    return rewards.add(db, cost=cost, stock=stock, merchant=merchant, now=now, **more)


def volunteer(db: Session, person_id: int, registered_at: datetime = datetime.fromisoformat("2020-01-01T00:00+00:00")):
    writing(db)
    row = Volunteer(person_id=person_id, state="registered", applied_at=registered_at, registered_at=registered_at)
    db.add(row)
    db.flush()
    return row


def with_points(*versions: PointRules) -> Rules:
    return Rules(volunteering=Volunteering(points=versions))


def with_stars(*versions: StarRules) -> Rules:
    return Rules(volunteering=Volunteering(stars=versions))
