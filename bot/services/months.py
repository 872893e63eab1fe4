"""Months of the county's calendar: first and last day, the one before, how they are read."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def first_of(day: date) -> date:
    return day.replace(day=1)


def last_of(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def before(day: date) -> date:
    """The first day of the month before."""
    return first_of(first_of(day) - timedelta(days=1))


def after(day: date) -> date:
    return last_of(day) + timedelta(days=1)


def read(text: str) -> date | None:
    """2026-10 → its first day; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
