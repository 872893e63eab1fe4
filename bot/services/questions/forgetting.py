"""What is left of a question when its time is over or who asked is forgotten: its kind, and whether promises held."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.questions import after, pictures
from bot.services.questions.states import EVENTS
from bot.services.rules import Rules
from bot.storage.database import locked
from bot.storage.models import ProblemItem, ProblemList, Question, QuestionEntry


def forget(db: Session, openid: str, now: datetime, rules: Rules) -> None:
    """What nobody has answered yet is withdrawn; then all the follower's questions are emptied."""
    own = db.scalars(select(Question).where(Question.openid == openid).order_by(Question.id)).all()
    for row in own:
        if row.state in EVENTS["withdraw"][0]:
            after.withdraw(db, row.id, openid, now, rules)
    empty(db, [row.id for row in own], now)


def empty(db: Session, ids: Collection[int], now: datetime) -> None:
    """Every word and picture of the threads goes, notes of colleagues too, and whose they were; kind, states, clocks,
    ratings and what was published without names stay.
    """
    if not ids:
        return
    pictures.forget(db, ids)
    said = update(QuestionEntry).where(QuestionEntry.question_id.in_(ids))
    db.execute(said.values(text_encrypted=None, media_id=""))
    db.execute(said.where(QuestionEntry.by.startswith("follower:")).values(by="follower:"))
    gone = update(Question).where(Question.id.in_(ids))
    db.execute(gone.values(openid="", reason="", transferred_to="", is_minor=None, emptied_at=now))
    _unpublish(db, ids, now)


def _unpublish(db: Session, ids: Collection[int], now: datetime) -> None:
    """Lines of a problem list in these askers' words that nobody published: a machine took the names out, no person."""
    unsigned = select(ProblemItem).join(ProblemList).where(or_(ProblemList.state == "draft", ProblemItem.dropped))
    for item in db.scalars(unsigned.where(ProblemItem.asked != "").order_by(ProblemItem.list_id)).all():
        if item.questions and item.questions[0] in ids:
            locked(db, ProblemList, item.list_id)
            item.asked = item.answer = ""
            item.dropped, item.confirmed_by = True, item.confirmed_by or actors.SYSTEM
            item.confirmed_at = item.confirmed_at or now
    db.flush()
