"""At 2 hours and 2 days whoever must act is reminded; when a promise is broken, administrators hear of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.questions import telling
from bot.services.rules import USUAL, Rules
from bot.storage.database import writing
from bot.storage.models import Question, QuestionClock


def sweep(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Owe every reminder that is due, each once; returns how many clocks were looked at."""
    due = (
        select(QuestionClock, Question)
        .join(Question, Question.id == QuestionClock.question_id)
        .where(QuestionClock.stopped_at.is_(None), QuestionClock.warn_at <= now, Question.paused_at.is_(None))
        .order_by(QuestionClock.id)
    )
    rows = db.execute(due).all()
    if rows:
        writing(db)
    for clock, row in rows:
        if clock.kind == "review":
            telling.reviewers(db, row, "review_soon", now, rules, clock_id=clock.id)
        else:
            telling.whoever_works(db, row, "reply_soon", now, rules, clock_id=clock.id)
        if clock.due_at <= now:
            telling.administrators(db, row, "overdue", now, rules, clock_id=clock.id)
    return len(rows)
