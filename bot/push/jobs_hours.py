"""The worker's jobs about hours: settle what was decided late, warn of what is not settled yet."""

from __future__ import annotations

from datetime import datetime

from bot.services import settlement
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def settle_late(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        count = settlement.settle_late(db, now, Rules.of(settings))
        db.commit()
    return count


def warn_of_unsettled(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        count = settlement.warn(db, now, Rules.of(settings))
        db.commit()
    return count
