"""The list of problems (问题清单): drafted on the 30th from what was answered, read line by line, signed, published."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language.anonymising import anonymise, tells, veil
from bot.language.text import normalise
from bot.services import actors, audience
from bot.services.announcements import notify
from bot.services.questions.answering import last_answer
from bot.services.questions.states import WINDOWS, topic_of
from bot.services.refusals.questions import ListSigned, ListUnknown, ListUnread, QuestionEmpty, TellsWho
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import alone, locked, writing
from bot.storage.models import ProblemItem, ProblemList, Question, QuestionEntry

PUBLISHED_ON = 30
DRAFTED_AT = time(9)
READERS = ("admin", "reviewer", "editor")
ORDER = tuple(WINDOWS)


def day_of(year: int, month: int) -> date:
    """The 30th; in February the last day (S30)."""
    return date(year, month, min(PUBLISHED_ON, calendar.monthrange(year, month)[1]))


def month_due(now: datetime, zone: ZoneInfo) -> str:
    """The newest month whose list is to be there by now: this one's from 9 o'clock of its day."""
    local = now.astimezone(zone)
    if (local.date(), local.time()) >= (day_of(local.year, local.month), DRAFTED_AT):
        return f"{local:%Y-%m}"
    return f"{date(local.year, local.month, 1) - timedelta(days=1):%Y-%m}"


def build(
    db: Session, cipher: Cipher, month: str, now: datetime, rules: Rules = USUAL, *, abuse: Collection[str] = ()
) -> ProblemList | None:
    """Once for each month: what was answered since the list before, never what is private, the same asked once.

    Merged questions count with the one they were merged into. None where there is nothing to publish.
    """
    writing(db)
    alone(db, f"problem list {month}")
    known = db.scalars(select(ProblemList).where(ProblemList.month == month)).one_or_none()
    if known is not None:
        return known
    found: dict[tuple[str, str], ProblemItem] = {}
    for question in _answered(db, month, now, rules.timezone):
        asked = anonymise(_asked(db, cipher, question), abuse)
        key = (topic_of(question), normalise(asked))
        if question.merged_into is not None:
            key = next((k for k, item in found.items() if question.merged_into in item.questions), key)
        item = found.get(key)
        if item is None:
            answer = veil(last_answer(db, cipher, question), abuse)
            found[key] = item = ProblemItem(topic=key[0], asked=asked, answer=answer, times=0, questions=[])
        item.times += 1
        item.questions = [*item.questions, question.id]
    if not found:
        return None
    items = sorted(found.values(), key=lambda item: (ORDER.index(item.topic), -item.times, item.questions[0]))
    for position, item in enumerate(items, start=1):
        item.position = position
    row = ProblemList(month=month, state="draft", built_at=now, items=items)
    db.add(row)
    db.flush()
    for openid in audience.of_roles(db, READERS):
        notify(db, openid, "questions.list_built", f"{month}:{openid}", now, zone=rules.timezone, list_id=row.id)
    return row


def is_due(db: Session, month: str, now: datetime, rules: Rules = USUAL) -> bool:
    """Not drafted yet, and something was answered that may be in it. Reads only."""
    made = db.scalars(select(ProblemList.id).where(ProblemList.month == month)).first()
    return made is None and bool(_answered(db, month, now, rules.timezone))


def draft(db: Session) -> ProblemList | None:
    """The newest that is not signed yet."""
    waiting = select(ProblemList).where(ProblemList.state == "draft").order_by(ProblemList.month.desc())
    return db.scalars(waiting.limit(1)).first()


def named(db: Session, month: str) -> ProblemList:
    """2026-03. Raises ListUnknown."""
    row = db.scalars(select(ProblemList).where(ProblemList.month == month)).one_or_none()
    if row is None:
        raise ListUnknown(month)
    return row


def newest(db: Session, most: int) -> Sequence[ProblemList]:
    """Drafts and signed ones, the newest month first."""
    return db.scalars(select(ProblemList).order_by(ProblemList.month.desc()).limit(most)).all()


def confirm(
    db: Session, list_id: int, position: int, actor: str, now: datetime, *, asked: str = "", answer: str = "",
    abuse: Collection[str] = (),
) -> ProblemItem:  # fmt: skip
    """A person has read this line, perhaps put it better. Raises ListSigned, TellsWho, QuestionEmpty."""
    item = _line(db, list_id, position, actor)
    asked, answer = asked.strip() or item.asked, answer.strip() or item.answer
    if not asked or not answer:
        raise QuestionEmpty("text")
    if tells(asked, abuse):
        raise TellsWho(anonymise(asked, abuse))
    if veil(answer, abuse) != answer:
        raise TellsWho(veil(answer, abuse))
    item.asked, item.answer, item.dropped = asked, answer, False
    item.confirmed_by, item.confirmed_at = actor, now
    db.flush()
    return item


def drop(db: Session, list_id: int, position: int, actor: str, now: datetime) -> ProblemItem:
    """Left out: nobody else would know it again from other words, or it helps nobody."""
    item = _line(db, list_id, position, actor)
    item.dropped, item.confirmed_by, item.confirmed_at = True, actor, now
    db.flush()
    return item


def sign(db: Session, list_id: int, actor: str, now: datetime) -> ProblemList:
    """Published from now on. Raises ListUnread while a line waits for a reader."""
    row = _draft(db, list_id, actor)
    left = sum(not item.confirmed_by for item in row.items)
    if left:
        raise ListUnread(row.month, left)
    row.state, row.signed_by, row.signed_at = "signed", actor, now
    row.article = "due"
    db.flush()
    return row


def published(db: Session) -> Sequence[ProblemList]:
    """What anybody may read, the newest first."""
    return db.scalars(select(ProblemList).where(ProblemList.state == "signed").order_by(ProblemList.month.desc())).all()


def lines(row: ProblemList) -> list[ProblemItem]:
    return [item for item in row.items if not item.dropped]


def _answered(db: Session, month: str, now: datetime, zone: ZoneInfo) -> Sequence[Question]:
    """Answered after the day of the month before, until the end of this one's, the merged ones after their own."""
    year, number = map(int, month.split("-"))
    before = date(year, number, 1) - timedelta(days=1)
    first = datetime.combine(day_of(before.year, before.month) + timedelta(days=1), time(), zone)
    after = min(now, datetime.combine(day_of(year, number) + timedelta(days=1), time(), zone))
    wanted = select(Question).where(
        Question.is_private.is_(False),
        Question.state.in_(("answered", "closed")),
        Question.answered_at >= first,
        Question.answered_at < after,
    )
    return db.scalars(wanted.order_by(Question.merged_into.is_not(None), Question.id)).all()


def _asked(db: Session, cipher: Cipher, question: Question) -> str:
    first = select(QuestionEntry).where(QuestionEntry.question_id == question.id, QuestionEntry.kind == "asked")
    entry = db.scalars(first.order_by(QuestionEntry.id).limit(1)).first()
    return cipher.decrypt(entry.text_encrypted) if entry is not None and entry.text_encrypted else ""


def _draft(db: Session, list_id: int, actor: str) -> ProblemList:
    writing(db)
    actors.acting(db, actor)
    row = locked(db, ProblemList, list_id)
    assert row is not None
    if row.state != "draft":
        raise ListSigned(row.month)
    return row


def _line(db: Session, list_id: int, position: int, actor: str) -> ProblemItem:
    row = _draft(db, list_id, actor)
    item = next((item for item in row.items if item.position == position), None)
    if item is None:
        raise ListUnknown(f"{row.month} 第{position}条")
    return item
