"""What each sweep does for conversations with people: end those that fell silent, and those nobody took."""

from __future__ import annotations

from datetime import datetime

from bot.services import conversations
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def end_silent(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        ended = conversations.sweep(db, now, Rules.of(settings))
        if ended:
            db.commit()
        return ended
