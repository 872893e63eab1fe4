"""How long the words of a question are kept after its end; then they go, and what can be counted stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from bot.services.questions import forgetting
from bot.services.rules import USUAL, Rules
from bot.settings_voice import Voice
from bot.storage.database import locked, writing
from bot.storage.models import Question

ENDED = ("answered", "closed", "declined", "transferred", "withdrawn")
PAGE = 200


def sweep(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Empty what was kept long enough, so many at a time; returns how many. Those who asked are told nothing."""
    ids = db.scalars(select(Question.id).where(is_over(rules.voice, now)).order_by(Question.id).limit(PAGE)).all()
    if ids:
        writing(db)
    emptied = [id for id in ids if _still_over(db, id, now, rules)]
    forgetting.empty(db, emptied, now)
    return len(emptied)


def is_over(voice: Voice, now: datetime) -> ColumnElement[bool]:
    """Ended so long ago as its kind is kept: the shortest time that serves what it was asked for (PIPL 19).

    Rights, and whatever began with danger, the longest: what was reported and answered must be provable while the
    labour inspectorate may still act on it (two years). Other private ones, which are sensitive (PIPL 28), shorter than
    the rest. What was withdrawn is a consent withdrawn (PIPL 47) and goes first, unless somebody was in danger.
    """
    longest = or_(Question.category == "rights", Question.alert_id.is_not(None))
    kinds = (
        (voice.keep_rights_days, longest),
        (voice.keep_private_days, and_(~longest, Question.is_private)),
        (voice.keep_days, and_(~longest, ~Question.is_private)),
        (voice.keep_withdrawn_days, and_(Question.state == "withdrawn", Question.alert_id.is_(None))),
    )
    long_ago = or_(*(and_(which, Question.state_since <= now - timedelta(days=days)) for days, which in kinds))
    return and_(Question.emptied_at.is_(None), Question.state.in_(ENDED), long_ago)


def _still_over(db: Session, id: int, now: datetime, rules: Rules) -> bool:
    """Under its lock: a moment ago somebody may have asked on."""
    locked(db, Question, id)
    return db.scalars(select(Question.id).where(Question.id == id, is_over(rules.voice, now))).first() is not None
