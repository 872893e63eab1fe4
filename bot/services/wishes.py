"""What a follower wishes to be told: reminders and broadcasts can be turned off, what concerns them alone cannot."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.services import announcements
from bot.storage.database import alone, writing
from bot.storage.models import Follower

Kind = Literal["reminders", "broadcasts"]


def choose(db: Session, openid: str, kind: Kind, on: bool, now: datetime) -> bool:
    """From now on; whether that changes anything. What waits for the next message and is not wished for is taken back.

    The audit log notes it with who said so.
    """
    writing(db)
    alone(db, f"follower {openid}")
    follower = db.get_one(Follower, openid, populate_existing=True)
    if getattr(follower, kind) is on:
        return False
    setattr(follower, kind, on)
    db.flush()
    if kind == "reminders" and not on:
        announcements.supersede_of(db, openid, "reminder", now, "the follower wants no reminders")
    return True
