"""What ends a question or opens it again: 满意, 不满意 (another person takes it), a further question, 撤回, silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.questions import promises, telling
from bot.services.questions.asking import enter, merged_into, own
from bot.services.questions.reviewing import assign_someone
from bot.services.questions.states import move
from bot.services.refusals.questions import QuestionEmpty
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import Question, QuestionEntry


def withdraw(db: Session, question_id: int, openid: str, now: datetime, rules: Rules = USUAL) -> Question:
    """Nobody works on it any more; questions merged into it go on by themselves."""
    row = own(db, question_id, openid, "withdraw")
    telling.whoever_works(db, row, "withdrawn", now, rules)
    promises.stop(db, row, now, rules=rules)
    move(db, row, "withdraw", now)
    for other in merged_into(db, row):
        move(db, other, "part", now)
        assign_someone(db, other, now, rules)
    return row


def satisfied(db: Session, question_id: int, openid: str, now: datetime) -> Question:
    row = own(db, question_id, openid, "rate")
    row.satisfied, row.rated_at = True, now
    move(db, row, "rate", now)
    return row


def dissatisfied(
    db: Session, cipher: Cipher, question_id: int, openid: str, reason: str, now: datetime, rules: Rules = USUAL
) -> Question:
    """不满意 with a reason: another expert than any before, with a new promise. Raises QuestionEmpty."""
    row = own(db, question_id, openid, "object")
    if not reason.strip():
        raise QuestionEmpty("reason")
    row.satisfied, row.rated_at = False, now
    _again(db, row, "object", now, rules)
    enter(db, cipher, row, "unsatisfied", actors.follower(openid), reason, now)
    assign_someone(db, row, now, rules, without=_answered_before(db, row))
    telling.reviewers(db, row, "objected", now, rules)
    return row


def ask_on(
    db: Session, cipher: Cipher, question_id: int, openid: str, text: str, now: datetime, rules: Rules = USUAL
) -> Question:
    """A further question in the same thread: to who answered, with a new promise. Raises QuestionEmpty."""
    row = own(db, question_id, openid, "ask_on")
    if not text.strip():
        raise QuestionEmpty("text")
    _again(db, row, "ask_on", now, rules)
    entry = enter(db, cipher, row, "more", actors.follower(openid), text, now)
    telling.whoever_works(db, row, "more", now, rules, entry_id=entry.id)
    return row


def close_old(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Answers nobody said a word about for some days; returns how many. Where somebody was in danger people decide."""
    since = now - timedelta(days=rules.voice.close_days)
    old = select(Question.id).where(
        Question.state == "answered", Question.state_since <= since, Question.alert_id.is_(None)
    )
    ids = db.scalars(old.order_by(Question.id)).all()
    if ids:
        writing(db)
    for id in ids:
        row = locked(db, Question, id)
        if row is not None and row.state == "answered" and row.state_since <= since:
            move(db, row, "close", now)
    return len(ids)


def _again(db: Session, row: Question, event: str, now: datetime, rules: Rules) -> None:
    row.round += 1
    move(db, row, event, now)
    promises.start(db, row, "reply", now, rules)


def _answered_before(db: Session, row: Question) -> set[int]:
    wrote = select(QuestionEntry.by).where(QuestionEntry.question_id == row.id, QuestionEntry.kind == "draft")
    staff = {int(by.partition(":")[2]) for by in db.scalars(wrote) if by.startswith("staff:")}
    return staff | ({row.assignee_id} if row.assignee_id is not None else set())
