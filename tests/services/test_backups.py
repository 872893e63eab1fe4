"""A backup is due each night, missed after a night and two hours, and counted by the wall clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.services import backups

BEIJING = ZoneInfo("Asia/Shanghai")
THREE = time(3)


def beijing(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=BEIJING).astimezone(timezone.utc)


def due(db: Session, at: datetime) -> bool:
    return backups.is_due(db, at, THREE, BEIJING)


def test_the_first_is_made_in_the_first_night(db: Session) -> None:
    assert not due(db, beijing(3, 12)), "nobody has looked yet"
    backups.begin(db, "w", beijing(3, 12))
    backups.begin(db, "w", beijing(3, 13))
    assert not due(db, beijing(4, 2, 59))
    assert due(db, beijing(4, 3)) and due(db, beijing(4, 20)), "also when the machine was off in the night"


def test_one_a_night(db: Session) -> None:
    backups.begin(db, "w", beijing(3, 12))
    backups.made(db, "w", beijing(4, 3, 1))
    assert not due(db, beijing(4, 23)) and not due(db, beijing(5, 2, 59))
    assert due(db, beijing(5, 3))


def test_a_night_and_two_hours_without_one_are_too_long(db: Session) -> None:
    assert backups.overdue(db, beijing(3, 12)) is None
    backups.begin(db, "w", beijing(3, 3))
    assert backups.overdue(db, beijing(4, 4, 59)) is None
    assert backups.overdue(db, beijing(4, 6)) == timedelta(hours=27)
    backups.made(db, "w", beijing(4, 6))
    assert backups.overdue(db, beijing(4, 6)) is None
