"""Notices: what the rules of volunteering owe people, one file per subject; each reads the state again and says it.

``announcements.notify`` owes one by its name (``hours.settled``) and ids. The function of that name makes the words at
the moment of sending, or returns None when there is nothing to say any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.push.notices import (
    activities,
    attendance,
    broadcast_reviews,
    certificates,
    conversations,
    hours,
    mass,
    merits,
    people,
    question_weeks,
    questions,
    registrations,
    staff,
    stops,
    teams,
    worker,
)
from bot.storage.crypto import Cipher

Words = Callable[[Session, Cipher, Mapping[str, Any], datetime, ZoneInfo], str | None]
"""(session, cipher, payload, now, zone) → the text, or None when it is not true any more."""

NOTICES: dict[str, Words] = {
    f"{room.NAME}.{name}": words
    for room in (
        activities, attendance, broadcast_reviews, certificates, conversations, hours, mass, merits, people,
        question_weeks, questions, registrations, staff, stops, teams, worker,
    )  # fmt: skip
    for name, words in room.NOTICES.items()
}
