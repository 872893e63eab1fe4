"""What was answered before about much the same: published lines and answers this colleague may read. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language.anonymising import anonymise, veil
from bot.language.text import normalise
from bot.services.questions import inbox, sight
from bot.services.questions.answering import last_answer
from bot.services.questions.states import topic_of
from bot.storage.crypto import Cipher
from bot.storage.models import ProblemItem, ProblemList, Question, Staff

LOOKED_AT = 80
"""So many answered ones, the newest: their words are sealed and have to be opened one by one."""
ENOUGH = 0.25
"""Of the shorter one's pairs of characters; below it cases have little more than 怎么办 in common."""


@dataclass(frozen=True)
class Case:
    """``number``: of a question that may be opened, empty for a published line. The texts name nobody."""

    number: str
    asked: str
    answer: str
    likeness: float


def like(
    db: Session, cipher: Cipher, row: Question, text: str, staff: Staff, most: int = 3, abuse: Collection[str] = ()
) -> list[Case]:
    """The most alike first. Nothing private is among them, whoever looks."""
    pairs = _pairs(text)
    found: dict[str, Case] = {}
    for number, asked in _candidates(db, cipher, row, staff):
        likeness = _shared(pairs, _pairs(asked))
        if likeness >= ENOUGH:
            found[normalise(asked)] = Case(number, asked, "", likeness)
    chosen = sorted(found.values(), key=lambda case: -case.likeness)[:most]
    return [_answered(db, cipher, case, abuse) for case in chosen]


def _candidates(db: Session, cipher: Cipher, row: Question, staff: Staff) -> Iterator[tuple[str, str]]:
    published = select(ProblemItem.asked).join(ProblemList).where(
        ProblemList.state == "signed", ProblemItem.dropped.is_(False), ProblemItem.topic == topic_of(row)
    )  # fmt: skip
    for asked in db.scalars(published.order_by(ProblemItem.id.desc()).limit(LOOKED_AT)):
        yield "", asked
    answered = select(Question).where(
        Question.category == row.category, Question.topic == row.topic, Question.id != row.id,
        Question.is_private.is_(False), Question.state.in_(("answered", "closed")), sight.visible(staff),
    )  # fmt: skip
    rows = db.scalars(answered.order_by(Question.id.desc()).limit(LOOKED_AT)).all()
    said = inbox.asked(db, cipher, [each.id for each in rows])
    for each in rows:
        if each.id in said:
            yield each.number, said[each.id]


def _answered(db: Session, cipher: Cipher, case: Case, abuse: Collection[str]) -> Case:
    if case.number:
        row = db.scalars(select(Question).where(Question.number == case.number)).one()
        answer = veil(last_answer(db, cipher, row), abuse)
        return Case(case.number, anonymise(case.asked, abuse), answer, case.likeness)
    line = select(ProblemItem.answer).join(ProblemList).where(
        ProblemList.state == "signed", ProblemItem.dropped.is_(False), ProblemItem.asked == case.asked
    )  # fmt: skip
    return Case("", case.asked, db.scalars(line.limit(1)).first() or "", case.likeness)


def _pairs(text: str) -> set[str]:
    plain = normalise(text)
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0
