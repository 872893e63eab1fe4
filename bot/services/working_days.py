"""Working days of China, moved weekends included; a year the calendar does not know yet counts Monday to Friday."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from chinese_calendar import Holiday, get_holiday_detail, is_workday
from chinese_calendar.constants import holidays

KNOWN_UNTIL = max(holidays).year
"""The last year whose holidays this release of the calendar knows."""


@dataclass(frozen=True)
class Span:
    """Days in a row that are not as the week says: ``working`` (a weekend moved) or free, and the holiday's name."""

    first: date
    last: date
    working: bool
    name: str


def special(first: date, last: date) -> list[Span]:
    """Holidays and the weekends worked for them, as far as the calendar knows."""
    found: list[Span] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.year > KNOWN_UNTIL:
            break
        _, holiday = get_holiday_detail(day)
        working = is_working(day)
        if holiday is None or (working and day.weekday() < 5):
            continue
        name = Holiday(holiday).chinese
        before = found[-1] if found else None
        if before and before.last == day - timedelta(days=1) and before.working == working:
            names = before.name if name in before.name else f"{before.name}、{name}"
            found[-1] = replace(before, last=day, name=names)
        else:
            found.append(Span(day, day, working, name))
    return found


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
