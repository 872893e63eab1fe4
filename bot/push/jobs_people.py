"""The worker's job about persons: carry out what was asked to be erased and not withdrawn."""

from __future__ import annotations

from datetime import datetime

import structlog

from bot.services import personal_data
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database

log = structlog.get_logger()


def erase(database: Database, now: datetime, settings: Settings) -> int:
    """Each in a transaction of its own: one that fails does not hold up the others."""
    with database.session() as db:
        due = personal_data.due_erasures(db, now)
        db.rollback()
        for erasure_id in due:
            personal_data.erase(db, erasure_id, now, Rules.of(settings))
            db.commit()
            log.info("people.erased", erasure=erasure_id)
    return len(due)
