"""Backups of each night: whether one is due, when the last was made, and whether that is too long ago."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.storage.database import locked, writing
from bot.storage.models import Lease

NAME = "backup"
# A night's backup that is two hours late is no slow one any more.
OVERDUE = timedelta(hours=26)


def last(db: Session) -> Lease | None:
    """``beat_at``: when the last was made, by the wall clock; ``fence``: how many were. None: nobody has looked yet."""
    return db.get(Lease, NAME, populate_existing=True)


def begin(db: Session, holder: str, now: datetime) -> None:
    """From now on one is made each night; the first at the next hour that is set."""
    writing(db)
    if last(db) is None:
        db.add(Lease(name=NAME, holder=holder, until=now, beat_at=now))
        db.flush()


def is_due(db: Session, now: datetime, at: time, zone: ZoneInfo) -> bool:
    """None was made since the hour struck last."""
    local = now.astimezone(zone)
    hour = datetime.combine(local.date(), at, zone)
    struck = hour if hour <= local else datetime.combine(local.date() - timedelta(days=1), at, zone)
    found = last(db)
    return found is not None and found.beat_at < struck


def made(db: Session, holder: str, now: datetime) -> None:
    writing(db)
    row = locked(db, Lease, NAME)
    assert row is not None
    row.holder, row.beat_at, row.fence = holder, now, row.fence + 1
    db.flush()


def overdue(db: Session, now: datetime) -> timedelta | None:
    """How long ago the last was made, if that is more than a night and two hours."""
    found = last(db)
    passed = now - found.beat_at if found is not None else timedelta(0)
    return passed if passed > OVERDUE else None
