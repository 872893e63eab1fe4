"""Working days."""

from __future__ import annotations

from datetime import date, timedelta


def add(day: date, n: int) -> date:
    """The ``n``-th day after ``day`` that is no Saturday or Sunday."""
    while n > 0:
        day += timedelta(days=1)
        n -= day.weekday() < 5
    return day
