"""What each sweep does for 青年之声: remind at 2 hours and 2 days, close what is settled, sum up, empty what is old."""

from __future__ import annotations

from datetime import datetime

from bot.services import abuse
from bot.services.questions import after, escalation, figures, problem_lists, retention
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
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


def empty_old(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        emptied = retention.sweep(db, now, Rules.of(settings))
        if emptied:
            db.commit()
        return emptied


def tell_week(database: Database, now: datetime, settings: Settings) -> int:
    """The week that is over, on Monday from 9 o'clock; again changes nothing."""
    with database.session() as db:
        told = figures.tell(db, now, Rules.of(settings))
        if told:
            db.commit()
        return told


def draft_list(database: Database, now: datetime, settings: Settings) -> int:
    """The list of problems, from 9 o'clock of the 30th, also when nobody was there that day; again changes nothing."""
    rules = Rules.of(settings)
    month = problem_lists.month_due(now, rules.timezone)
    with database.session() as db:
        if not problem_lists.is_due(db, month, now, rules):
            return 0
        problem_lists.build(db, Cipher(settings.security.key), month, now, rules, abuse=abuse.words(settings))
        db.commit()
        return 1
