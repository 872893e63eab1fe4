"""Breaches about questions are noticed, and a sound database has none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.questions import after, reviewing
from bot.services.verification.questions import RULES
from bot.storage.crypto import Cipher
from bot.storage.models import Question, QuestionClock, QuestionEntry
from tests.fixtures.world import NOW, hours
from tests.services.test_questions import Office


def rules_broken(db: Session, cipher: Cipher) -> set[str]:
    return {breach.rule for rule in RULES for breach in rule(db, cipher, NOW)}


@pytest.fixture
def sound(db: Session, cipher: Cipher) -> Session:
    """Q…001 waits, 002 is accepted, 003 merged into it, 004 answered twice, 005 declined."""
    office = Office(db, cipher)
    office.ask(openid="o-1")
    into = office.accepted(openid="o-2")
    reviewing.merge(db, office.ask(openid="o-3").id, into.id, office.actor("reviewer"), NOW + hours(1))
    again = office.answered(openid="o-4")
    after.dissatisfied(db, cipher, again.id, "o-4", "没说清", NOW + hours(4))
    office.answer(again)
    reviewing.decline(db, office.ask(openid="o-5").id, "请拨 12333", office.actor("reviewer"), NOW)
    return db


def of(db: Session, number: int) -> Question:
    return db.scalars(select(Question).where(Question.number == f"Q20260303{number:03d}")).one()


def _answer(db: Session) -> QuestionEntry:
    return db.scalars(select(QuestionEntry).where(QuestionEntry.kind == "answer")).first()  # type: ignore[return-value]


def _one_person(db: Session) -> None:
    answer = _answer(db)
    answer.by = db.get_one(QuestionEntry, answer.draft_id).by


def _silent(db: Session) -> None:
    for entry in db.scalars(select(QuestionEntry).where(QuestionEntry.kind == "answer")):
        entry.kind = "more"


def _late_clock(db: Session) -> None:
    for clock in db.scalars(select(QuestionClock).where(QuestionClock.question_id == of(db, 5).id)):
        clock.stopped_at = None


BREACHES: dict[str, Callable[[Session], object]] = {
    "question_clock": _late_clock,
    "question_round": lambda db: setattr(of(db, 4), "round", 3),
    "answer_unchecked": _one_person,
    "answered_silent": _silent,
    "question_public": lambda db: setattr(of(db, 1), "is_private", False),
    "question_merged": lambda db: setattr(of(db, 3), "merged_into", of(db, 4).id),
}


def test_a_sound_database_has_no_breach(sound: Session, cipher: Cipher) -> None:
    assert rules_broken(sound, cipher) == set()


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_noticed(sound: Session, cipher: Cipher, rule: str) -> None:
    BREACHES[rule](sound)
    sound.flush()
    assert rules_broken(sound, cipher) == {rule}
