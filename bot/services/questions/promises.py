"""Clocks as rows: started with a question, stopped by what was promised, standing still while more is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.services.questions.clocks import Clock
from bot.services.rules import USUAL, Rules
from bot.storage.models import Question, QuestionClock

Kind = Literal["review", "reply"]


@dataclass(frozen=True)
class Breach:
    """A promise that was not kept: ``stopped_at`` None means that it still runs."""

    question_id: int
    number: str
    kind: str
    round: int
    due_at: datetime
    stopped_at: datetime | None


def start(db: Session, row: Question, kind: Kind, now: datetime, rules: Rules = USUAL) -> QuestionClock:
    clock, voice = Clock.of(rules), rules.voice
    if kind == "review":
        warn, due = clock.after(now, hours=voice.review_warning_hours), clock.after(now, hours=voice.review_hours)
    else:
        warn, due = clock.after(now, days=voice.reply_warning_days), clock.after(now, days=voice.reply_days)
    made = QuestionClock(question_id=row.id, kind=kind, round=row.round, started_at=now, warn_at=warn, due_at=due)
    db.add(made)
    db.flush()
    return made


def running(db: Session, row: Question, *kinds: Kind) -> Sequence[QuestionClock]:
    own = select(QuestionClock).where(QuestionClock.question_id == row.id, QuestionClock.stopped_at.is_(None))
    return db.scalars(own.where(QuestionClock.kind.in_(kinds or ("review", "reply"))).order_by(QuestionClock.id)).all()


def stop(db: Session, row: Question, now: datetime, *kinds: Kind, rules: Rules = USUAL) -> None:
    """What was promised is done, or promised no more; a pause ends with it."""
    resume(db, row, now, rules)
    for clock in running(db, row, *kinds):
        clock.stopped_at = now
    db.flush()


def pause(db: Session, row: Question, now: datetime) -> None:
    if row.paused_at is None:
        row.paused_at = now
        db.flush()


def resume(db: Session, row: Question, now: datetime, rules: Rules = USUAL) -> None:
    """Both times of a running clock move on by the counted time that it stood still."""
    if row.paused_at is None:
        return
    clock = Clock.of(rules)
    stood = clock.between(row.paused_at, now)
    for each in running(db, row):
        # What had passed already when the clock was stopped does not come back.
        if each.due_at > row.paused_at:
            each.due_at = clock.run(each.due_at, stood)
        if each.warn_at > row.paused_at:
            each.warn_at = clock.run(each.warn_at, stood)
    row.paused_at = None
    db.flush()


def due(db: Session, row: Question, kind: Kind) -> datetime | None:
    """When a promise that still runs falls due."""
    found = running(db, row, kind)
    return found[-1].due_at if found else None


def breaches(db: Session, first: datetime, after: datetime, now: datetime) -> list[Breach]:
    """Promises that fell due in the time from ``first`` to before ``after`` and were not kept, the oldest first.

    One that stands still is none, unless it had fallen due before it was stopped.
    """
    late = or_(
        QuestionClock.stopped_at > QuestionClock.due_at,
        and_(
            QuestionClock.stopped_at.is_(None),
            QuestionClock.due_at < now,
            or_(Question.paused_at.is_(None), Question.paused_at >= QuestionClock.due_at),
        ),
    )
    found = (
        select(
            Question.id,
            Question.number,
            QuestionClock.kind,
            QuestionClock.round,
            QuestionClock.due_at,
            QuestionClock.stopped_at,
        )
        .join(Question, Question.id == QuestionClock.question_id)
        .where(QuestionClock.due_at >= first, QuestionClock.due_at < after, late)
        .order_by(QuestionClock.due_at, QuestionClock.id)
    )
    return [Breach(*row) for row in db.execute(found)]
