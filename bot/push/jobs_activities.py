"""What each sweep does for activities: the next days of rosters, their empty seats, people whom no insurer knows of."""

from __future__ import annotations

from datetime import datetime

from bot.services import policies, roster_alerts, rosters
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def extend_rosters(database: Database, now: datetime, settings: Settings) -> int:
    """Returns how many shifts were made; a roster that is complete costs one query."""
    rules = Rules.of(settings)
    made = 0
    with database.session() as db:
        for roster_id in rosters.behind(db, now, rules=rules):
            made += len(rosters.extend(db, roster_id, now, rules=rules))
            db.commit()
    return made


def warn_of_empty_seats(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        owed = roster_alerts.warn(db, now, rules=Rules.of(settings))
        db.commit()
    return owed


def flag_walk_ins(database: Database, now: datetime) -> int:
    with database.session() as db:
        flagged = policies.flag_walk_ins(db, now)
        db.commit()
    return flagged
