"""What each sweep does for 青年之声: remind at 2 hours and 2 days, tell of broken promises, close what is settled."""

from __future__ import annotations

from datetime import datetime

from bot.services.questions import after, escalation
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def remind(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        looked = escalation.sweep(db, now, Rules.of(settings))
        if looked:
            db.commit()
        return looked


def close_old(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        closed = after.close_old(db, now, Rules.of(settings))
        if closed:
            db.commit()
        return closed
