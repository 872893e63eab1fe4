"""What each sweep does for teams and leaders: ask what came of an activity that is over."""

from __future__ import annotations

from datetime import datetime

from bot.services import outcomes
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def ask_for_outcomes(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        asked = outcomes.ask(db, now, rules=Rules.of(settings))
        if asked:
            db.commit()
        return asked
