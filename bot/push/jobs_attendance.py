"""What the worker does about presence: close what is over, forget places, complain of appeals nobody decided."""

from __future__ import annotations

from datetime import datetime

from bot.services import appeals, places, presence
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def close_shifts(database: Database, now: datetime, settings: Settings) -> int:
    """Each shift in a transaction of its own; returns how many registrations were closed."""
    rules = Rules.of(settings)
    closed = 0
    with database.session() as db:
        for shift_id in presence.shifts_to_close(db, now, rules):
            closed += presence.close(db, shift_id, now, rules)
            db.commit()
    return closed


def forget_places(database: Database, now: datetime, settings: Settings) -> int:
    rules = Rules.of(settings)
    with database.session() as db:
        if not places.is_anything_old(db, now, rules):
            return 0
        forgotten = places.forget(db, now, rules)
        db.commit()
    return forgotten


def complain_of_appeals(database: Database, now: datetime) -> int:
    with database.session() as db:
        late = appeals.complain(db, now)
        db.commit()
    return late
