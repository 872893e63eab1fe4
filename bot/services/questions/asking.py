"""What the asker says: a question, more about it, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, numbering
from bot.services.questions import pictures, promises, telling
from bot.services.questions.states import ALWAYS_PRIVATE, WAITING, held, placed
from bot.services.refusals.questions import QuestionEmpty, QuestionTooMany, QuestionUnknown
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import alone, writing
from bot.storage.models import Question, QuestionEntry, QuestionNumber

MOST_WAITING = 10
LONGEST = 2000
"""Characters of one thing said; WeChat lets people type no more."""


def ask(
    db: Session,
    cipher: Cipher,
    openid: str,
    topic: str,
    text: str,
    now: datetime,
    rules: Rules = USUAL,
    *,
    is_minor: bool | None = None,
) -> Question:
    """A new question in a window (WINDOWS), with its number; both clocks run from now.

    Raises QuestionEmpty, QuestionTooMany.
    """
    writing(db)
    actors.acting(db, actors.follower(openid))
    alone(db, f"questions of {openid}")
    if not text.strip():
        raise QuestionEmpty("text")
    waiting = select(func.count()).where(Question.openid == openid, Question.state.in_(WAITING))
    if db.scalars(waiting).one() >= MOST_WAITING:
        raise QuestionTooMany(MOST_WAITING)
    return _begin(db, cipher, openid, topic, text, now, rules, is_minor=is_minor)


def _begin(
    db: Session, cipher: Cipher, openid: str, window: str, text: str, now: datetime, rules: Rules, **more: Any
) -> Question:
    (category, topic), day = placed(window), now.astimezone(rules.timezone).date()
    row = Question(
        number=f"Q{day:%Y%m%d}{numbering.following(db, QuestionNumber, day):03d}",
        openid=openid,
        category=category,
        topic=topic,
        is_private=window in ALWAYS_PRIVATE,
        state="submitted",
        state_since=now,
        submitted_at=now,
        **more,
    )
    db.add(row)
    db.flush()
    enter(db, cipher, row, "asked", actors.follower(openid), text, now)
    promises.start(db, row, "review", now, rules)
    promises.start(db, row, "reply", now, rules)
    telling.reviewers(db, row, "submitted", now, rules)
    return row


def urgent(
    db: Session, cipher: Cipher, openid: str, alert_id: int, text: str, now: datetime, rules: Rules = USUAL
) -> Question:
    """Somebody may be in danger: besides the alert a private question, so that people stay with it after the night.

    One for each alert; what is said later is added to it. No number of open ones stands in its way.
    """
    writing(db)
    actors.acting(db, actors.follower(openid))
    known = db.scalars(select(Question).where(Question.alert_id == alert_id)).one_or_none()
    if known is not None:
        enter(db, cipher, known, "more", actors.follower(openid), text, now)
        return known
    return _begin(db, cipher, openid, "mind", text, now, rules, alert_id=alert_id)


def add(
    db: Session,
    cipher: Cipher,
    question_id: int,
    openid: str,
    text: str,
    now: datetime,
    rules: Rules = USUAL,
    *,
    media_id: str = "",
) -> QuestionEntry:
    """More words or a picture; if that was what staff waited for, the clocks run again."""
    row = own(db, question_id, openid, "add")
    if not text.strip() and not media_id:
        raise QuestionEmpty("text")
    entry = enter(db, cipher, row, "more", actors.follower(openid), text, now, media_id=media_id)
    if media_id:
        pictures.want(db, row, entry, now)
    promises.resume(db, row, now, rules)
    telling.whoever_works(db, row, "more", now, rules, entry_id=entry.id)
    return entry


def mine(db: Session, openid: str, limit: int = 10) -> Sequence[Question]:
    """The follower's questions, the newest first."""
    theirs = select(Question).where(Question.openid == openid).order_by(Question.id.desc())
    return db.scalars(theirs.limit(limit)).all()


def merged_into(db: Session, row: Question) -> Sequence[Question]:
    return db.scalars(select(Question).where(Question.merged_into == row.id, Question.state == "merged")).all()


def enter(
    db: Session,
    cipher: Cipher,
    row: Question,
    kind: str,
    by: str,
    text: str,
    now: datetime,
    *,
    media_id: str = "",
    draft_id: int | None = None,
    canned_id: int | None = None,
) -> QuestionEntry:
    """One thing said, kept for good."""
    sealed = cipher.encrypt(text.strip()[:LONGEST]) if text.strip() else None
    entry = QuestionEntry(
        question_id=row.id,
        kind=kind,
        by=by,
        text_encrypted=sealed,
        media_id=media_id[:128],
        draft_id=draft_id,
        canned_id=canned_id,
        round=row.round,
        at=now,
    )
    db.add(entry)
    db.flush()
    return entry


def own(db: Session, question_id: int, openid: str, event: str) -> Question:
    """Whose question it is says it; to others there is no such question."""
    known = db.get(Question, question_id)
    if known is None or not openid or known.openid != openid:
        raise QuestionUnknown
    return held(db, question_id, event, actors.follower(openid))
