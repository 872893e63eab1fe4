"""What is left of a question when who asked is forgotten: that there was one, its kind, and whether promises held."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.services.questions import after
from bot.services.questions.states import EVENTS
from bot.services.rules import Rules
from bot.storage.models import Question, QuestionEntry


def forget(db: Session, openid: str, now: datetime, rules: Rules) -> None:
    """What nobody has answered yet is withdrawn; every word and picture of the thread goes, and whose it was."""
    own = db.scalars(select(Question).where(Question.openid == openid).order_by(Question.id)).all()
    for row in own:
        if row.state in EVENTS["withdraw"][0]:
            after.withdraw(db, row.id, openid, now, rules)
    ids = [row.id for row in own]
    said = update(QuestionEntry).where(QuestionEntry.question_id.in_(ids))
    db.execute(said.values(text_encrypted=None, media_id=""))
    db.execute(said.where(QuestionEntry.by == f"follower:{openid}").values(by="follower:"))
    gone = update(Question).where(Question.id.in_(ids))
    db.execute(gone.values(openid="", reason="", transferred_to="", is_minor=None))
