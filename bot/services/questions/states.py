"""The states of a question, what leads from one to the next, and the one place where they change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.refusals.questions import QuestionState, QuestionUnknown
from bot.storage.database import locked, writing
from bot.storage.models import Question

CATEGORIES = {"rights": "维权", "league": "团学活动", "advice": "专业咨询"}
TOPICS = {"law": "法律", "mind": "心理", "career": "生涯规划"}
"""Of ``advice``; the other categories are topics themselves."""
WINDOWS = {"rights": CATEGORIES["rights"], "league": CATEGORIES["league"], **TOPICS}
"""Whatever an expert may know about, and how people call it: topic → name."""
ALWAYS_PRIVATE = ("rights", "mind")
"""Topics of which nothing is ever published."""
STATES = {
    "submitted": "待审核",
    "accepted": "处理中",
    "answered": "已答复",
    "closed": "已结束",
    "declined": "不受理",
    "transferred": "已转办",
    "merged": "已并入另一条",
    "withdrawn": "已撤回",
}
WAITING = ("submitted", "accepted")
INSIDE = ("draft", "returned", "note")
"""Kinds of entries that the asker never reads."""
EVENTS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "accept": (("submitted",), "accepted"),
    "decline": (WAITING, "declined"),
    "transfer": (WAITING, "transferred"),
    "merge": (WAITING, "merged"),
    "part": (("merged",), "accepted"),
    "withdraw": ((*WAITING, "merged"), "withdrawn"),
    "want_more": (WAITING, None),
    "add": ((*WAITING, "merged"), None),
    "assign": (("accepted",), None),
    "draft": (("accepted",), None),
    "return": (("accepted",), None),
    "send": (("accepted", "merged"), "answered"),
    "rate": (("answered",), "closed"),
    "object": (("answered",), "accepted"),
    "ask_on": (("answered", "closed"), "accepted"),
    "close": (("answered",), "closed"),
    "note": (tuple(STATES), None),
}
"""Event → the states in which it may happen, and the state after it (None: as before)."""


def topic_of(question: Question) -> str:
    """What an expert must know: the topic of advice, else the category."""
    return question.topic or question.category


def placed(topic: str) -> tuple[str, str]:
    """(category, topic) as a question has them."""
    return ("advice", topic) if topic in TOPICS else (topic, "")


def called(question: Question) -> str:
    """The name of its window."""
    return WINDOWS[topic_of(question)]


def numbered(db: Session, number: str) -> Question:
    """By its number as people type it: q20260303012, Q 20260303012."""
    typed = "Q" + "".join(c for c in number if c.isdecimal() and c.isascii())
    found = db.scalars(select(Question).where(Question.number == typed)).one_or_none()
    if found is None:
        raise QuestionUnknown(number.strip()[:24])
    return found


def held(db: Session, question_id: int, event: str, actor: str) -> Question:
    """The question locked for one event by one actor. Raises QuestionUnknown, QuestionState."""
    writing(db)
    actors.acting(db, actor)
    row = locked(db, Question, question_id)
    if row is None:
        raise QuestionUnknown
    if row.state not in EVENTS[event][0]:
        raise QuestionState(row.number, row.state, event)
    return row


def move(db: Session, row: Question, event: str, now: datetime) -> None:
    after = EVENTS[event][1]
    assert after is not None
    row.state, row.state_since = after, now
    db.flush()
