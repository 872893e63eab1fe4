"""Draft → check → send: whoever is assigned writes, another person checks, then the asker reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from bot.services import actors
from bot.services.questions import promises, telling
from bot.services.questions.asking import enter, merged_into
from bot.services.questions.states import held, move
from bot.services.refusals.questions import AnotherMustCheck, AnswerTooLong, NoDraft, NotYours, QuestionEmpty
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.models import Question, QuestionEntry, Staff

LONGEST_ANSWER = 560
"""Characters: with what is said around it one message of 2048 bytes (platform §3.3)."""


def draft(
    db: Session,
    cipher: Cipher,
    question_id: int,
    text: str,
    staff: Staff,
    now: datetime,
    rules: Rules = USUAL,
    *,
    canned_id: int | None = None,
) -> QuestionEntry:
    """Words for the asker, to be checked; ``canned_id``: the kept ones they began with.

    Raises NotYours: only who is assigned, or an administrator; QuestionEmpty, AnswerTooLong.
    """
    row = held(db, question_id, "draft", actors.staff(staff.id))
    if row.assignee_id != staff.id and staff.role != "admin":
        raise NotYours(row.number)
    if not text.strip():
        raise QuestionEmpty("answer")
    if len(text.strip()) > LONGEST_ANSWER:
        raise AnswerTooLong(len(text.strip()), LONGEST_ANSWER)
    entry = enter(db, cipher, row, "draft", actors.staff(staff.id), text, now, canned_id=canned_id)
    telling.reviewers(db, row, "drafted", now, rules, entry_id=entry.id)
    return entry


def drafts(db: Session) -> Sequence[QuestionEntry]:
    """Answers that wait to be checked, the oldest first."""
    return db.scalars(unchecked().where(Question.state == "accepted").order_by(QuestionEntry.id)).all()


def waiting_draft(db: Session, row: Question) -> QuestionEntry | None:
    """The draft of this round that was neither sent nor given back; a newer one takes the place of those before."""
    return db.scalars(unchecked().where(Question.id == row.id)).one_or_none()


def unchecked() -> Select[QuestionEntry]:
    """Drafts of the running round that were neither sent nor given back nor replaced, of questions in any state."""
    answer, newer = aliased(QuestionEntry), aliased(QuestionEntry)
    replaced = select(newer.id).where(
        newer.question_id == QuestionEntry.question_id, newer.kind == "draft", newer.id > QuestionEntry.id
    )
    return (
        select(QuestionEntry)
        .join(Question, Question.id == QuestionEntry.question_id)
        .where(
            QuestionEntry.kind == "draft",
            QuestionEntry.round == Question.round,
            ~select(answer.id).where(answer.draft_id == QuestionEntry.id).exists(),
            ~replaced.exists(),
        )
    )


def give_back(
    db: Session, cipher: Cipher, question_id: int, reason: str, actor: str, now: datetime, rules: Rules = USUAL
) -> Question:
    """Not like this; whoever wrote it reads why. Raises NoDraft, QuestionEmpty, AnotherMustCheck."""
    row = held(db, question_id, "return", actor)
    entry = _to_check(db, row, actor)
    if not reason.strip():
        raise QuestionEmpty("reason")
    returned = enter(db, cipher, row, "returned", actor, reason, now, draft_id=entry.id)
    telling.assignee(db, row, "returned", now, rules, entry_id=returned.id)
    return row


def send(db: Session, cipher: Cipher, question_id: int, actor: str, now: datetime, rules: Rules = USUAL) -> Question:
    """Checked by another person than who wrote it: the asker, and whoever asked the same, reads it now."""
    row = held(db, question_id, "send", actor)
    entry = _to_check(db, row, actor)
    text = cipher.decrypt(entry.text_encrypted) if entry.text_encrypted else ""
    for each in (row, *merged_into(db, row)):
        answer = enter(db, cipher, each, "answer", actor, text, now, draft_id=entry.id)
        promises.stop(db, each, now, rules=rules)
        each.answered_at = now
        each.assignee_id = row.assignee_id
        move(db, each, "send", now)
        telling.asker(db, each, "answered", now, rules, entry_id=answer.id)
    return row


def last_answer(db: Session, cipher: Cipher, row: Question) -> str:
    """What the asker read last, or nothing."""
    own = select(QuestionEntry).where(QuestionEntry.question_id == row.id, QuestionEntry.kind == "answer")
    entry = db.scalars(own.order_by(QuestionEntry.id.desc()).limit(1)).first()
    return cipher.decrypt(entry.text_encrypted) if entry is not None and entry.text_encrypted else ""


def _to_check(db: Session, row: Question, actor: str) -> QuestionEntry:
    entry = waiting_draft(db, row)
    if entry is None:
        raise NoDraft(row.number)
    if actors.is_same_human(db, actor, entry.by):
        raise AnotherMustCheck(row.number)
    return entry
