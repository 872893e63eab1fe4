"""Lots of points: what expires when, who is told of it a month before, and the sweep that lets it expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from bot.services import points_book as book
from bot.services.announcements import notify
from bot.services.identities import current
from bot.services.points_book import Held, Leg
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Follower, Person, PointsLeg, PointsLot, PointsTransaction, Push, Redemption

TOLD_BEFORE = timedelta(days=30)
GRACE = timedelta(days=7)
"""A lot that expired while it was put aside may be spent for so long after it came back."""


def expiring(db: Session, person_id: int, until: datetime) -> tuple[int, datetime | None]:
    """How many tenths expire by ``until``, and when the first of them do."""
    soon = [one for one in book.held(db, book.accounts(db, person_id)) if one.expires_at and one.expires_at <= until]
    return sum(one.amount for one in soon), soon[0].expires_at if soon else None


def expire(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Let expire what is due, of everybody; returns how many persons lost some."""
    holders = _holders(db, None, now)
    return sum(expire_of(db, person_id, now, rules) > 0 for person_id in sorted(holders))


def expire_of(db: Session, person_id: int, now: datetime, rules: Rules = USUAL) -> int:
    """Of one person; returns the tenths. What came back from an order a short while ago waits for its grace."""
    overdue = list(_overdue(db, person_id, now))
    if not overdue:
        return 0
    writing(db)
    person_id = current(db, person_id)
    locked(db, Person, person_id)
    settle_debt(db, person_id, now, rules)
    gone = 0
    for one in _overdue(db, person_id, now):
        last = db.scalars(select(func.max(PointsLeg.id)).where(PointsLeg.account == one.account)).one()
        key, legs = f"expire:{one.account}:{one.lot_id}:{last}", book.moved(one, one.amount, book.EXPIRE)
        book.post(db, key=key, kind="expire", legs=legs, person_id=person_id, now=now, rules=rules)
        gone += one.amount
    return gone


def warn(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Owe everybody whose points expire within thirty days one notice for each month; returns how many."""
    told = 0
    for person_id, months in sorted(_holders(db, now, now + TOLD_BEFORE, rules).items()):
        of_person = select(Follower.openid).where(Follower.person_id == person_id, Follower.followed)
        for last in sorted(months):
            for openid in db.scalars(of_person).all():
                key = f"{person_id}:{last:%Y-%m}:{openid}"
                if db.scalars(select(Push.id).where(Push.key == f"merits.expiring:{key}")).first() is not None:
                    continue
                writing(db)
                notify(
                    db, openid, "merits.expiring", key, now, zone=rules.timezone, person_id=person_id,
                    until=last.isoformat(),
                )  # fmt: skip
                told += 1
    return told


def settle_debt(db: Session, person_id: int, now: datetime, rules: Rules) -> None:
    """Two records became one person: what one owes is paid from what the other has. Else there is nothing to do."""
    owned = book.accounts(db, person_id)
    held = book.held(db, owned)
    owed = book.debts(held)
    having = [one for one in held if one.lot_id is not None]
    payable = min(sum(owed.values()), sum(one.amount for one in having))
    if not payable:
        return
    legs = [Leg(one.account, -amount, one.lot_id) for one, amount in book.enough(having, payable)]
    legs += book.paying(owed, owned[0], payable, None)
    last = db.scalars(select(func.max(PointsLeg.id)).where(PointsLeg.account.in_(owned))).one()
    book.post(
        db, key=f"settle:{person_id}:{last}", kind="adjust", legs=legs, person_id=person_id, now=now, rules=rules,
        reason="合并记录",
    )  # fmt: skip


def _holders(db: Session, after: datetime | None, until: datetime, rules: Rules = USUAL) -> dict[int, set[date]]:
    """Who holds lots that expire in between, by the record in use, with the last days of the months they do in."""
    found = (
        select(PointsLeg.account, PointsLot.expires_at)
        .join(PointsLot, PointsLot.transaction_id == PointsLeg.lot_id)
        .where(PointsLot.expires_at <= until, PointsLeg.account.startswith("user:"))
        .group_by(PointsLeg.account, PointsLeg.lot_id, PointsLot.expires_at)
        .having(func.sum(PointsLeg.amount) > 0)
    )
    if after is not None:
        found = found.where(PointsLot.expires_at > after)
    holders: dict[int, set[date]] = {}
    for account, expires_at in db.execute(found).all():
        assert expires_at is not None  # compared above
        day = expires_at.astimezone(rules.timezone).date()
        last = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        holders.setdefault(current(db, int(account.partition(":")[2])), set()).add(last)
    return holders


def _overdue(db: Session, person_id: int, now: datetime) -> Iterator[Held]:
    for one in book.held(db, book.accounts(db, person_id)):
        if one.lot_id is not None and one.expires_at and one.expires_at <= now and not _in_grace(db, one, now):
            yield one


def _in_grace(db: Session, one: Held, now: datetime) -> bool:
    """Whether this lot expired while it was put aside and came back within a week.

    What was ordered when it had expired already has had its grace: ordering and cancelling prolong nothing.
    """
    back = (
        select(PointsTransaction.id)
        .join(PointsLeg, PointsLeg.transaction_id == PointsTransaction.id)
        .join(Redemption, PointsLeg.account == literal("escrow:") + cast(Redemption.id, String))
        .where(PointsLeg.lot_id == one.lot_id, PointsTransaction.kind == "return")
        .where(PointsTransaction.at > now - GRACE, PointsTransaction.at >= one.expires_at)
        .where(Redemption.ordered_at < one.expires_at)
    )
    return db.scalars(back.limit(1)).first() is not None
