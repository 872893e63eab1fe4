"""Who hears of what happens to a question: whoever asked, whoever reviews, whoever answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.services import audience
from bot.services.announcements import notify
from bot.services.rules import USUAL, Rules
from bot.storage.models import Question, Staff


def asker(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    """Told by day, except the answer itself: who waits for it may be awake for it."""
    since = f"{row.state_since.timestamp():.0f}"
    _tell(db, [row.openid] if row.openid else [], row, what, now, rules, urgent=what == "answered", since=since, **ids)


def reviewers(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    """At once where nights count, because the promise then runs at night as well."""
    _tell(db, audience.of_deciders(db, "question"), row, what, now, rules, urgent=_at_once(rules), **ids)


def assignee(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> bool:
    """False when nobody answers it yet, or whoever does has no WeChat bound."""
    staff = db.get(Staff, row.assignee_id) if row.assignee_id is not None else None
    if staff is None or staff.openid is None:
        return False
    _tell(db, [staff.openid], row, what, now, rules, urgent=_at_once(rules), **ids)
    return True


def whoever_works(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    """Whoever answers; without one, whoever reviews."""
    if not assignee(db, row, what, now, rules, **ids):
        reviewers(db, row, what, now, rules, **ids)


def administrators(db: Session, row: Question, what: str, now: datetime, rules: Rules = USUAL, **ids: Any) -> None:
    _tell(db, audience.of_roles(db, ("admin",)), row, what, now, rules, urgent=_at_once(rules), **ids)


def _at_once(rules: Rules) -> bool:
    return rules.voice.clock == "natural"


def _tell(
    db: Session, openids: Iterable[str], row: Question, what: str, now: datetime, rules: Rules, *, urgent: bool,
    since: str = "", **ids: Any,
) -> None:  # fmt: skip
    """Once for each round and each of ``ids``; with ``since`` anew whenever the state was entered anew."""
    key = ":".join(map(str, (row.id, row.round, since, *ids.values())))
    for openid in openids:
        notify(
            db, openid, f"questions.{what}", f"{key}:{openid}", now, urgent=urgent, zone=rules.timezone,
            question_id=row.id, **ids,
        )  # fmt: skip
