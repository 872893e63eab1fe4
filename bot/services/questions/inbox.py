"""The inbox of 青年之声 at the desk: what is late comes first, narrowed by state, topic and who answers. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from bot.language.anonymising import veil
from bot.services.questions import answering, sight
from bot.services.questions.states import TOPICS, WAITING
from bot.storage.crypto import Cipher
from bot.storage.models import Question, QuestionClock, QuestionEntry, Staff

BEGINNING = 60
"""Characters of a question in a list."""
ENDED = ("declined", "transferred", "merged", "withdrawn")
PARTS = ("open", "submitted", "accepted", "check", "late", "mine", "answered", "ended", "all")
_NEXT = (QuestionClock.question_id == Question.id) & QuestionClock.stopped_at.is_(None) & or_(
    and_(Question.state == "submitted", QuestionClock.kind == "review"),
    and_(Question.state == "accepted", QuestionClock.kind == "reply"),
)  # fmt: skip
"""The one clock of a question that whoever works on it looks at."""


@dataclass(frozen=True)
class Row:
    """``beginning``: of what was asked; empty where it may not be read in passing. ``clock``: what runs."""

    question: Question
    beginning: str
    clock: QuestionClock | None
    to_check: bool


def find(
    staff: Staff, part: str, now: datetime, *, topic: str = "", who: str = "", number: str = ""
) -> Select[Question]:
    """``who``: an id of staff, or none for what nobody answers yet. What falls due first comes first."""
    digits = "".join(c for c in number if c.isdecimal() and c.isascii())
    wanted = _begun(staff).where(_part(part, staff, now))
    if topic:
        wanted = wanted.where(Question.topic == topic if topic in TOPICS else Question.category == topic)
    if who == "none":
        wanted = wanted.where(Question.assignee_id.is_(None))
    elif who.isdecimal() and len(who) < 10:
        wanted = wanted.where(Question.assignee_id == int(who))
    if number:
        wanted = wanted.where(Question.number.contains(digits or number, autoescape=True))
    urgency = case((QuestionClock.due_at.is_(None), 2), (Question.paused_at.is_not(None), 1), else_=0)
    return wanted.order_by(urgency, QuestionClock.due_at, Question.submitted_at.desc(), Question.id)


def counted(db: Session, staff: Staff, now: datetime) -> dict[str, int]:
    """How many are in each part that waits for somebody."""
    parts = ("open", "submitted", "accepted", "check", "late", "mine")
    sums = [func.coalesce(func.sum(case((_part(part, staff, now), 1), else_=0)), 0) for part in parts]
    numbers = db.execute(
        select(*sums)
        .select_from(Question)
        .outerjoin(QuestionClock, _NEXT)
        .where(sight.visible(staff), Question.state.in_(WAITING))
    ).one()
    return dict(zip(parts, map(int, numbers), strict=True))


def shown(db: Session, cipher: Cipher, questions: Sequence[Question]) -> list[Row]:
    """What is private is not read in passing: a list notes nobody's look. Numbers are masked."""
    ids = [row.id for row in questions]
    clocks = {
        clock.question_id: clock
        for clock in db.scalars(
            select(QuestionClock)
            .join(Question, Question.id == QuestionClock.question_id)
            .where(_NEXT, Question.id.in_(ids))
        )
    }
    checked = set(db.scalars(_unchecked().where(QuestionEntry.question_id.in_(ids))))
    said = asked(db, cipher, [row.id for row in questions if not row.is_private])
    begun = {id: veil(text)[:BEGINNING] for id, text in said.items()}
    return [
        Row(row, begun.get(row.id, ""), clocks.get(row.id), row.id in checked and row.state == "accepted")
        for row in questions
    ]


def asked(db: Session, cipher: Cipher, ids: Sequence[int]) -> dict[int, str]:
    """Question id → what it began with."""
    first = select(QuestionEntry).where(QuestionEntry.question_id.in_(ids), QuestionEntry.kind == "asked")
    return {
        entry.question_id: cipher.decrypt(entry.text_encrypted)
        for entry in db.scalars(first.order_by(QuestionEntry.id))
        if entry.text_encrypted
    }


def is_late(row: Question, clock: QuestionClock | None, now: datetime) -> bool:
    """A clock that stands still is late only if it was so before."""
    return clock is not None and clock.due_at < (row.paused_at or now)


def _begun(staff: Staff) -> Select[Question]:
    return select(Question).outerjoin(QuestionClock, _NEXT).where(sight.visible(staff))


def _part(part: str, staff: Staff, now: datetime) -> ColumnElement[bool]:
    late: ColumnElement[bool] = QuestionClock.due_at < func.coalesce(Question.paused_at, now)
    parts: dict[str, ColumnElement[bool]] = {
        "open": Question.state.in_(WAITING),
        "submitted": Question.state == "submitted",
        "accepted": Question.state == "accepted",
        "check": and_(Question.state == "accepted", Question.id.in_(_unchecked())),
        "late": late,
        "mine": and_(Question.state == "accepted", Question.assignee_id == staff.id),
        "answered": Question.state.in_(("answered", "closed")),
        "ended": Question.state.in_(ENDED),
    }
    return parts.get(part, true())


def _unchecked() -> Select[Any]:
    return answering.unchecked().with_only_columns(QuestionEntry.question_id)
