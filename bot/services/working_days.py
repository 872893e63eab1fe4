"""Working days, Monday to Friday."""

from __future__ import annotations

from datetime import date, timedelta

SATURDAY = 5


def after(day: date, number: int) -> date:
    """The ``number``-th working day after ``day``."""
    while number > 0:
        day += timedelta(days=1)
        number -= day.weekday() < SATURDAY
    return day
