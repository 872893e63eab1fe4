"""When a reminder is due: so many hours before, but not in the night."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from bot.services.quiet_hours import awake_from, is_quiet
from bot.settings import Settings

# A shift that starts before 09:00 leaves no time after 07:30: then the evening before, well before 22:00.
LEAST_NOTICE = timedelta(minutes=90)
EVENING_BEFORE = time(21, 30)


def due_at(starts_at: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """When the reminder ``hours`` before the start is said (domain: quiet from 22:00 to 07:30)."""
    wanted = starts_at - timedelta(hours=hours)
    return wanted if not is_quiet(wanted, zone) else out_of_the_night(wanted, starts_at, zone)


def out_of_the_night(at: datetime, starts_at: datetime, zone: ZoneInfo) -> datetime:
    morning = awake_from(at, zone)
    if starts_at - morning >= LEAST_NOTICE:
        return morning
    day = morning.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(day, EVENING_BEFORE, zone).astimezone(timezone.utc)


def waits_for_morning(kind: str, starts_at: datetime | None, now: datetime, settings: Settings) -> datetime | None:
    """The morning for a reminder that is held up into the night; None if it is said now."""
    zone = ZoneInfo(settings.organisation.timezone)
    if kind != "reminder" or starts_at is None or not is_quiet(now, zone):
        return None
    moved = out_of_the_night(now, starts_at, zone)
    return moved if moved > now else None
