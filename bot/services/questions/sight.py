"""Who may see a question, and what of it; every look at a private one is noted in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.authority import DECIDES
from bot.services.questions.states import INSIDE, numbered
from bot.services.refusals.questions import QuestionUnknown
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Question, QuestionEntry, Staff


@dataclass(frozen=True)
class Line:
    """One thing said; ``by`` is an actor, ``id`` the entry's."""

    id: int
    kind: str
    by: str
    text: str
    at: datetime
    round: int
    has_picture: bool


def may_see(staff: Staff, row: Question) -> bool:
    """Reviewers and administrators all; whoever answers, their own; editors what is not private."""
    if staff.role in DECIDES["question"] or row.assignee_id == staff.id:
        return True
    return staff.role == "editor" and not row.is_private


def visible(staff: Staff) -> ColumnElement[bool]:
    """`may_see` as a condition of a query: which questions this person finds in lists."""
    if staff.role in DECIDES["question"]:
        return true()
    own = Question.assignee_id == staff.id
    return or_(own, Question.is_private.is_(False)) if staff.role == "editor" else own


def for_staff(db: Session, cipher: Cipher, number: str, staff: Staff) -> tuple[Question, list[Line]]:
    """Everything about a question. Raises QuestionUnknown also for what this person may not see."""
    row = numbered(db, number)
    if not may_see(staff, row):
        raise QuestionUnknown(number)
    if row.is_private:
        writing(db)
        actors.acting(db, actors.staff(staff.id))
        audit.note(db, f"questions:{row.id}", "viewed")
    return row, _lines(db, cipher, row)


def for_asker(db: Session, cipher: Cipher, number: str, openid: str) -> tuple[Question, list[Line]]:
    """What the asker may read: nothing that was said inside."""
    row = numbered(db, number)
    if not openid or row.openid != openid:
        raise QuestionUnknown(number)
    return row, [line for line in _lines(db, cipher, row) if line.kind not in INSIDE]


def of_assignee(db: Session, staff: Staff) -> Sequence[Question]:
    """What this person is to answer, the oldest first."""
    own = select(Question).where(Question.assignee_id == staff.id, Question.state == "accepted")
    return db.scalars(own.order_by(Question.id)).all()


def _lines(db: Session, cipher: Cipher, row: Question) -> list[Line]:
    said = select(QuestionEntry).where(QuestionEntry.question_id == row.id).order_by(QuestionEntry.id)
    return [
        Line(
            id=entry.id,
            kind=entry.kind,
            by=entry.by,
            at=entry.at,
            round=entry.round,
            has_picture=bool(entry.media_id),
            text=cipher.decrypt(entry.text_encrypted) if entry.text_encrypted else "",
        )
        for entry in db.scalars(said)
    ]
