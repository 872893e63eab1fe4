"""Words kept for what is asked again and again (常用语): by topic, with placeholders, never said without a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.questions.answering import LONGEST_ANSWER
from bot.services.refusals.questions import AnswerTooLong, CannedTaken, CannedUnknown, QuestionEmpty
from bot.storage.database import alone, locked, writing
from bot.storage.models import CannedAnswer, QuestionEntry

LONGEST_TITLE = 32


@dataclass(frozen=True)
class Kept:
    """``used``: how many drafts began with it."""

    row: CannedAnswer
    used: int


def add(db: Session, topic: str, title: str, text: str, actor: str, now: datetime) -> CannedAnswer:
    """``topic`` of WINDOWS. Raises QuestionEmpty, AnswerTooLong, CannedTaken."""
    writing(db)
    actors.acting(db, actor)
    alone(db, "canned answers")
    _check(db, topic, title, text)
    row = CannedAnswer(topic=topic, title=title.strip(), text=text.strip(), by=actor, updated_at=now)
    db.add(row)
    db.flush()
    return row


def change(db: Session, canned_id: int, actor: str, now: datetime, *, title: str = "", text: str = "") -> CannedAnswer:
    """What is empty stays as it was; answers that were sent do not change. Raises as ``add``, and CannedUnknown."""
    writing(db)
    actors.acting(db, actor)
    alone(db, "canned answers")
    row = _live(db, canned_id)
    title, text = title.strip() or row.title, text.strip() or row.text
    _check(db, row.topic, title, text, but=row.id)
    row.title, row.text, row.by, row.updated_at = title, text, actor, now
    db.flush()
    return row


def retire(db: Session, canned_id: int, actor: str, now: datetime) -> CannedAnswer:
    """Offered no more. Raises CannedUnknown."""
    writing(db)
    actors.acting(db, actor)
    row = _live(db, canned_id)
    row.retired, row.by, row.updated_at = True, actor, now
    db.flush()
    return row


def live(db: Session, canned_id: int) -> CannedAnswer:
    """Raises CannedUnknown."""
    row = db.get(CannedAnswer, canned_id)
    if row is None or row.retired:
        raise CannedUnknown(canned_id)
    return row


def list_for(db: Session, topic: str = "") -> Sequence[Kept]:
    """What is offered about a topic, or about all: what is used most comes first."""
    used = func.count(QuestionEntry.id)
    kept = (
        select(CannedAnswer, used)
        .outerjoin(QuestionEntry, QuestionEntry.canned_id == CannedAnswer.id)
        .where(CannedAnswer.retired.is_(False))
        .group_by(CannedAnswer.id)
        .order_by(used.desc(), CannedAnswer.id)
    )
    if topic:
        kept = kept.where(CannedAnswer.topic == topic)
    return [Kept(row, count) for row, count in db.execute(kept)]


def _live(db: Session, canned_id: int) -> CannedAnswer:
    row = locked(db, CannedAnswer, canned_id)
    if row is None or row.retired:
        raise CannedUnknown(canned_id)
    return row


def _check(db: Session, topic: str, title: str, text: str, but: int = 0) -> None:
    title, text = title.strip(), text.strip()
    if not title or len(title) > LONGEST_TITLE or not text:
        raise QuestionEmpty("title")
    if len(text) > LONGEST_ANSWER:
        raise AnswerTooLong(len(text), LONGEST_ANSWER)
    same = select(CannedAnswer.id).where(
        CannedAnswer.topic == topic,
        CannedAnswer.title == title,
        CannedAnswer.retired.is_(False),
        CannedAnswer.id != but,
    )
    if db.scalars(same.limit(1)).first() is not None:
        raise CannedTaken(title)
