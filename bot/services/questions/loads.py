"""Who of the experts has how much: open questions, late ones, answers of the last month, days away. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services.questions import experts
from bot.services.rules import USUAL, Rules
from bot.storage.models import Expert, Question, QuestionClock

COUNTED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Load:
    """``away``: gets nothing new today, for being away, weighing nothing or no longer having the role."""

    expert: Expert
    open: int
    late: int
    answered: int
    away: bool


def of_experts(db: Session, now: datetime, rules: Rules = USUAL, topic: str = "") -> Sequence[Load]:
    """Of those who know ``topic``, or of all; who is here first, then who has least."""
    today = now.astimezone(rules.timezone).date()
    own = select(Question.assignee_id, func.count()).group_by(Question.assignee_id)
    open_ = dict(db.execute(own.where(Question.state == "accepted")).all())
    late = dict(db.execute(own.join(QuestionClock, QuestionClock.question_id == Question.id).where(
        Question.state == "accepted", QuestionClock.kind == "reply", QuestionClock.stopped_at.is_(None),
        QuestionClock.due_at < func.coalesce(Question.paused_at, now),
    )).all())  # fmt: skip
    answered = dict(db.execute(own.where(Question.answered_at >= now - COUNTED_FOR)).all())
    found = []
    for row in experts.everybody(db):
        if topic and topic not in row.topics:
            continue
        id, works = row.staff_id, row.weight > 0 and row.staff.role in experts.ANSWERS
        away = not works or experts.is_away(row, today)
        found.append(Load(row, open_.get(id, 0), late.get(id, 0), answered.get(id, 0), away))
    return sorted(found, key=lambda load: (load.away, load.open / (load.expert.weight or 1), load.expert.staff_id))
