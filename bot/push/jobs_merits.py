"""What the worker does about points and stars: lots and orders that expire, and stars announced long enough."""

from __future__ import annotations

from datetime import datetime

from bot.services import lots, redemptions, stars
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database


def sweep_merits(database: Database, now: datetime, settings: Settings) -> None:
    """Orders first, so that what they give back is looked at in the same turn; a commit after each kind."""
    rules = Rules.of(settings)
    with database.session() as db:
        for work in (redemptions.expire, stars.grant, lots.expire, lots.warn):
            work(db, now, rules)
            db.commit()


def tell_of_stars(database: Database, now: datetime, settings: Settings) -> None:
    """Looks through everybody's hours, so it is not done often."""
    with database.session() as db:
        stars.tell_applicable(db, now, Rules.of(settings))
        db.commit()
