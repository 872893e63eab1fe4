"""Hours in which nobody is disturbed (22:00–07:30), and clocks that stand still meanwhile."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

EVENING = time(22, 0)
MORNING = time(7, 30)


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone).time()
    return local >= EVENING or local < MORNING


def awake_from(at: datetime, zone: ZoneInfo) -> datetime:
    """``at`` itself, or the morning that ends the quiet hours it falls into."""
    if not is_quiet(at, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1) if local.time() >= EVENING else local.date()
    return datetime.combine(day, MORNING, zone).astimezone(timezone.utc)


def add_awake(at: datetime, length: timedelta, zone: ZoneInfo) -> datetime:
    """``at`` plus ``length``, the clock standing still in quiet hours."""
    left = length
    while True:
        at = awake_from(at, zone)
        evening = datetime.combine(at.astimezone(zone).date(), EVENING, zone).astimezone(timezone.utc)
        if at + left <= evening:
            return at + left
        left -= evening - at
        at = evening
