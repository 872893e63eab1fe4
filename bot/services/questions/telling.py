"""Who hears of what happens to a question: whoever asked, whoever reviews, whoever answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.announcements import notify
from bot.services.authority import DECIDES
from bot.services.rules import USUAL, Rules
from bot.storage.models import Question, Staff


def asker(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    """Told by day, except the answer itself: who waits for it may be awake for it."""
    if row.openid:
        key = f"{row.id}:{row.round}:{row.state_since.timestamp():.0f}:{':'.join(map(str, ids.values()))}"
        _tell(db, [row.openid], row, what, key, now, rules, urgent=what == "answered", **ids)


def reviewers(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    """At once where nights count, because the promise then runs at night as well."""
    key = f"{row.id}:{row.round}:{':'.join(map(str, ids.values()))}"
    _tell(db, of_roles(db, DECIDES["question"]), row, what, key, now, rules, **ids)


def assignee(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> bool:
    """False when nobody answers it yet, or whoever does has no WeChat bound."""
    staff = db.get(Staff, row.assignee_id) if row.assignee_id is not None else None
    if staff is None or staff.openid is None:
        return False
    key = f"{row.id}:{row.round}:{':'.join(map(str, ids.values()))}"
    _tell(db, [staff.openid], row, what, key, now, rules, **ids)
    return True


def whoever_works(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    """Whoever answers; without one, whoever reviews."""
    if not assignee(db, row, what, now, rules, **ids):
        reviewers(db, row, what, now, rules, **ids)


def administrators(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    key = f"{row.id}:{row.round}:{':'.join(map(str, ids.values()))}"
    _tell(db, of_roles(db, ("admin",)), row, what, key, now, rules, **ids)


def of_roles(db: Session, roles: tuple[str, ...]) -> list[str]:
    bound = select(Staff.openid).where(Staff.openid.is_not(None), Staff.role.in_(roles)).order_by(Staff.id)
    return [str(openid) for openid in db.scalars(bound)]


def _tell(
    db: Session,
    openids: Iterable[str],
    row: Question,
    what: str,
    key: str,
    now: datetime,
    rules: Rules,
    *,
    urgent: bool | None = None,
    **ids: Any,
) -> None:
    at_once = rules.voice.clock == "natural" if urgent is None else urgent
    for openid in openids:
        notify(
            db,
            openid,
            f"questions.{what}",
            f"{key}:{openid}",
            now,
            urgent=at_once,
            zone=rules.timezone,
            question_id=row.id,
            **ids,
        )
