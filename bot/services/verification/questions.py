"""Invariants of questions: promises have clocks that fit the state, nobody checks their own answer, privacy stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.services import actors
from bot.services.breaches import SWEPT_WITHIN, Breach
from bot.services.questions import retention
from bot.services.questions.states import ALWAYS_PRIVATE, WAITING
from bot.services.rules import Rules
from bot.storage.crypto import Cipher
from bot.storage.models import Question, QuestionClock, QuestionEntry, QuestionPicture

Rule = Callable[[Session, Cipher, datetime | None], Iterator[Breach]]
RUNS = {
    "submitted": {"review", "reply"}, "accepted": {"reply"}, "merged": {"reply"}, "answered": set(), "closed": set(),
    "declined": set(), "transferred": set(), "withdrawn": set(),
}  # fmt: skip
"""Which promises run in which state."""


def _clocks(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    running: dict[int, set[str]] = {}
    for question_id, kind in db.execute(
        select(QuestionClock.question_id, QuestionClock.kind).where(QuestionClock.stopped_at.is_(None))
    ):
        running.setdefault(question_id, set()).add(kind)
    for id, number, state in db.execute(select(Question.id, Question.number, Question.state)):
        runs = running.get(id, set())
        if runs != RUNS.get(state):
            yield Breach("question_clock", f"{number} is {state}, and {sorted(runs) or 'nothing'} runs", (id,))


def _rounds(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """A promise to answer for every round."""
    promised = select(func.count()).where(QuestionClock.question_id == Question.id, QuestionClock.kind == "reply")
    for id, number in db.execute(
        select(Question.id, Question.number).where(Question.round != promised.scalar_subquery())
    ):
        yield Breach("question_round", f"{number}: not one promise for each round", (id,))


def _answers(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Draft → check → send, by two people; what is answered has an answer."""
    draft = aliased(QuestionEntry)
    pairs = select(QuestionEntry.id, QuestionEntry.by, draft.by).outerjoin(draft, QuestionEntry.draft_id == draft.id)
    for id, by, wrote in db.execute(pairs.where(QuestionEntry.kind == "answer")):
        if wrote is None or actors.is_same_human(db, by, wrote):
            yield Breach("answer_unchecked", "written and sent by one person", (id,))
    answer = select(QuestionEntry.id).where(QuestionEntry.question_id == Question.id, QuestionEntry.kind == "answer")
    answered = select(Question.id, Question.number).where(Question.state.in_(("answered", "closed")))
    for id, number in db.execute(answered.where(~answer.exists())):
        yield Breach("answered_silent", f"{number} is answered without an answer", (id,))


def _private(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    always = Question.category.in_(ALWAYS_PRIVATE) | Question.topic.in_(ALWAYS_PRIVATE)
    for id, number in db.execute(select(Question.id, Question.number).where(always, Question.is_private.is_(False))):
        yield Breach("question_public", f"{number} must be private", (id,))


def _merged(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Merged into one that somebody still works on."""
    into = aliased(Question)
    rows = select(Question.id, Question.number, into.state).outerjoin(into, Question.merged_into == into.id)
    for id, number, state in db.execute(rows.where(Question.state == "merged")):
        if state not in WAITING:
            yield Breach("question_merged", f"{number} is merged into one that is {state}", (id,))


def _emptied(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """No word and no picture is left of what was emptied, nor whose it was."""
    left = or_(QuestionEntry.text_encrypted.is_not(None), QuestionEntry.media_id != "")
    words = select(QuestionEntry.id).where(QuestionEntry.question_id == Question.id, left)
    left_over = or_(words.exists(), Question.openid != "", Question.reason != "")
    emptied = select(Question.id, Question.number).where(Question.emptied_at.is_not(None), left_over)
    for id, number in db.execute(emptied):
        yield Breach("question_emptied", f"{number} was emptied and still holds words", (id,))


def kept_too_long(db: Session, now: datetime, rules: Rules) -> Iterator[Breach]:
    """What the worker should have emptied by then."""
    over = select(Question.id, Question.number).where(retention.is_over(rules.voice, now - SWEPT_WITHIN))
    for id, number in db.execute(over.order_by(Question.id)):
        yield Breach("question_kept", f"{number} ended longer ago than its words are kept", (id,))


def _pictures(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Kept is what is here, and nothing else is; who was forgotten left none."""
    here = QuestionPicture.content_encrypted.is_not(None)
    odd = select(QuestionPicture.id, QuestionPicture.state).where((QuestionPicture.state == "kept") != here)
    for id, state in db.execute(odd):
        yield Breach("question_picture", f"a picture that is {state}, and its content says otherwise", (id,))
    orphaned = select(QuestionPicture.id).join(Question, Question.id == QuestionPicture.question_id)
    for id in db.scalars(orphaned.where(Question.openid == "")):
        yield Breach("question_picture", "of somebody who was forgotten", (id,))


RULES: tuple[Rule, ...] = (_clocks, _rounds, _answers, _private, _merged, _emptied, _pictures)
