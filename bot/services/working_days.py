"""Working days of China, moved weekends included; a year the calendar does not know yet counts Monday to Friday."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from chinese_calendar import is_workday


@cache
def is_working(day: date) -> bool:
    """The State Council announces each year's holidays in the autumn before: later years fall back to weekdays."""
    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add(day: date, n: int) -> date:
    """The ``n``-th working day after ``day``."""
    while n > 0:
        day += timedelta(days=1)
        n -= is_working(day)
    return day
