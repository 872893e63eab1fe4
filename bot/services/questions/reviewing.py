"""Within 3 hours: accepted and given to an expert, declined, passed on, merged with another; or more is asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.questions import experts, promises, telling
from bot.services.questions.asking import enter, merged_into
from bot.services.questions.states import ALWAYS_PRIVATE, EVENTS, held, move, placed, topic_of
from bot.services.refusals.questions import MergeImpossible, QuestionEmpty
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import Question


def pending(db: Session) -> list[Question]:
    """What nobody has reviewed, the oldest first."""
    waiting = select(Question).where(Question.state == "submitted").order_by(Question.submitted_at, Question.id)
    return list(db.scalars(waiting))


def accept(
    db: Session,
    question_id: int,
    actor: str,
    now: datetime,
    rules: Rules = USUAL,
    *,
    topic: str = "",
    to: str = "",
) -> Question:
    """It will be answered; ``topic`` (WINDOWS) where the asker had chosen another window.

    ``to``: the login of who is to answer, instead of whose turn it is. Raises NotAnExpert.
    """
    row = held(db, question_id, "accept", actor)
    if topic:
        row.category, row.topic = placed(topic)
        # What began as private stays so: whoever wrote it did so under that promise.
        row.is_private = row.is_private or topic in ALWAYS_PRIVATE
    _reviewed(db, row, "accept", actor, now, rules)
    if to:
        _give(db, row, experts.named(db, to, topic_of(row), now.astimezone(rules.timezone).date()).staff_id, now, rules)
    else:
        assign_someone(db, row, now, rules)
    telling.asker(db, row, "accepted", now, rules)
    return row


def decline(db: Session, question_id: int, reason: str, actor: str, now: datetime, rules: Rules = USUAL) -> Question:
    """Not for us, with the reason and where to go instead. Raises QuestionEmpty."""
    row = held(db, question_id, "decline", actor)
    if not reason.strip():
        raise QuestionEmpty("reason")
    return _ended(db, row, "decline", reason, "", actor, now, rules)


def transfer(
    db: Session, question_id: int, to: str, reason: str, actor: str, now: datetime, rules: Rules = USUAL
) -> Question:
    """Passed on to 110, 12345, 12355 or the school: kept with where and why. Raises QuestionEmpty."""
    row = held(db, question_id, "transfer", actor)
    if not to.strip():
        raise QuestionEmpty("place")
    return _ended(db, row, "transfer", reason, to, actor, now, rules)


def merge(db: Session, question_id: int, into_id: int, actor: str, now: datetime, rules: Rules = USUAL) -> Question:
    """The same as another one, whose answer is for both; the asker's promise runs on. Raises MergeImpossible."""
    writing(db)
    for id in sorted({question_id, into_id}):
        locked(db, Question, id)
    row = held(db, question_id, "merge", actor)
    into = db.get(Question, into_id)
    if into is None or into.id == row.id or into.state not in EVENTS["merge"][0] or merged_into(db, row):
        raise MergeImpossible(row.number, into.number if into else "")
    promises.resume(db, row, now, rules)
    promises.stop(db, row, now, "review", rules=rules)
    row.reviewed_at, row.reviewer, row.merged_into = row.reviewed_at or now, row.reviewer or actor, into.id
    into.is_private = into.is_private or row.is_private
    move(db, row, "merge", now)
    telling.asker(db, row, "merged", now, rules)
    return row


def want_more(
    db: Session, cipher: Cipher, question_id: int, text: str, actor: str, now: datetime, rules: Rules = USUAL
) -> Question:
    """The asker is asked for more; until they answer, the clocks stand still."""
    row = held(db, question_id, "want_more", actor)
    if not text.strip():
        raise QuestionEmpty("text")
    entry = enter(db, cipher, row, "wanted", actor, text, now)
    promises.pause(db, row, now)
    telling.asker(db, row, "wanted", now, rules, entry_id=entry.id)
    return row


def assign(db: Session, question_id: int, username: str, actor: str, now: datetime, rules: Rules = USUAL) -> Question:
    """To somebody by hand. Raises NotAnExpert."""
    row = held(db, question_id, "assign", actor)
    expert = experts.named(db, username, topic_of(row), now.astimezone(rules.timezone).date())
    _give(db, row, expert.staff_id, now, rules)
    return row


def assign_someone(
    db: Session, row: Question, now: datetime, rules: Rules = USUAL, without: Collection[int] = ()
) -> None:
    """By topic, weight and holidays; when nobody can, administrators hear of it."""
    today = now.astimezone(rules.timezone).date()
    expert = experts.choose(db, row, now, today, without)
    if expert is not None:
        _give(db, row, expert.staff_id, now, rules)
        return
    row.assignee_id, row.assigned_at = None, None
    db.flush()
    telling.administrators(db, row, "unassigned", now, rules)


def _give(db: Session, row: Question, staff_id: int, now: datetime, rules: Rules) -> None:
    row.assignee_id, row.assigned_at = staff_id, now
    db.flush()
    telling.assignee(db, row, "assigned", now, rules, assignee_id=staff_id)


def _reviewed(db: Session, row: Question, event: str, actor: str, now: datetime, rules: Rules) -> None:
    promises.resume(db, row, now, rules)
    promises.stop(db, row, now, "review", rules=rules)
    row.reviewed_at, row.reviewer = row.reviewed_at or now, row.reviewer or actor
    move(db, row, event, now)


def _ended(
    db: Session, row: Question, event: str, reason: str, to: str, actor: str, now: datetime, rules: Rules
) -> Question:
    for each in (row, *merged_into(db, row)):
        each.reason, each.transferred_to = reason.strip()[:255], to.strip()[:64]
        each.reviewed_at, each.reviewer = each.reviewed_at or now, each.reviewer or actor
        promises.stop(db, each, now, rules=rules)
        move(db, each, event, now)
        telling.asker(db, each, "ended", now, rules)
    return row
