"""Who answers: experts by topic, the next question to whoever has least for their weight, nothing to who is away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services.questions.states import topic_of
from bot.services.refusals.questions import NotAnExpert
from bot.storage.database import alone, writing
from bot.storage.models import Expert, Question, Staff

ANSWERS = ("expert", "editor", "admin")
"""Roles that may write an answer (domain §6.7)."""


def enter(db: Session, staff: Staff, topics: list[str], weight: int = 1, title: str = "") -> Expert:
    """Whose question it may become from now on; said again, it is replaced."""
    writing(db)
    row = db.get(Expert, staff.id) or Expert(staff_id=staff.id)
    row.topics, row.weight, row.title = sorted(set(topics)), weight, title[:32]
    db.add(row)
    db.flush()
    return row


def candidates(db: Session) -> Sequence[Staff]:
    """Colleagues who may write an answer and are not experts yet."""
    known = select(Expert.staff_id)
    free = select(Staff).where(Staff.role.in_(ANSWERS), Staff.disabled_at.is_(None), Staff.id.not_in(known))
    return db.scalars(free.order_by(Staff.name, Staff.id)).all()


def away(db: Session, staff: Staff, first: date | None, last: date | None) -> None:
    """No new questions from ``first`` to ``last``; None, None: back again."""
    writing(db)
    row = db.get(Expert, staff.id)
    if row is None:
        raise NotAnExpert(staff.username, "")
    row.away_from, row.away_until = first, last
    db.flush()


def everybody(db: Session) -> Sequence[Expert]:
    return db.scalars(select(Expert).order_by(Expert.staff_id)).all()


def able(db: Session, topic: str, today: date, without: Collection[int] = ()) -> list[Expert]:
    """Experts for a topic who are here and take questions."""
    known = select(Expert).join(Staff, Staff.id == Expert.staff_id).where(Staff.role.in_(ANSWERS), Expert.weight > 0)
    return [
        row
        for row in db.scalars(known.order_by(Expert.staff_id))
        if topic in row.topics and row.staff_id not in without and not is_away(row, today)
    ]


def choose(db: Session, question: Question, now: datetime, today: date, without: Collection[int] = ()) -> Expert | None:
    """The least open questions for the weight; of equals, who had one longest ago. One choice after the other."""
    alone(db, f"experts {topic_of(question)}")
    free = able(db, topic_of(question), today, without)
    ids = [row.staff_id for row in free]
    open_ = select(Question.assignee_id, func.count()).where(
        Question.assignee_id.in_(ids), Question.state == "accepted", Question.id != question.id
    )
    load = dict(db.execute(open_.group_by(Question.assignee_id)).all())
    last = select(Question.assignee_id, func.max(Question.assigned_at)).where(Question.assignee_id.in_(ids))
    had = dict(db.execute(last.group_by(Question.assignee_id)).all())

    def burden(row: Expert) -> tuple[float, float, int]:
        at = had.get(row.staff_id)
        return (load.get(row.staff_id, 0) + 1) / row.weight, at.timestamp() if at else 0.0, row.staff_id

    return min(free, key=burden, default=None)


def named(db: Session, username: str, topic: str, today: date) -> Expert:
    """For who assigns by hand. Raises NotAnExpert."""
    for row in able(db, topic, today):
        if username in (row.staff.username, row.staff.name):
            return row
    raise NotAnExpert(username, topic)


def title_of(db: Session, question: Question) -> str:
    """How the asker reads who answers: by office, never by name. Empty while nobody does."""
    if question.assignee_id is None:
        return ""
    row = db.get(Expert, question.assignee_id)
    return (row.title if row else "") or "专业老师"


def is_away(row: Expert, today: date) -> bool:
    """On one of the days on which nothing new comes."""
    return row.away_from is not None and row.away_from <= today <= (row.away_until or date.max)
