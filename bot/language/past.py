"""A time on the clock that is over: 三点半走的, 13:02 到 15:30. Read so that it lies where it must."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.language import clocks
from bot.language.clocks import Clock
from bot.language.text import clean

_HALF_A_DAY = 720


def point(text: str, after: datetime, before: datetime) -> datetime | None:
    """The time named, within (``after``, ``before``], both in the zone people live in; 九点 may be 21:00. None: no."""
    clock = _clock(text)
    return _within(clock.start, after, before) if clock is not None else None


def stretch(text: str, after: datetime, before: datetime) -> tuple[datetime, datetime] | None:
    """From … to …, both within [``after``, ``before``]."""
    clock = _clock(text)
    if clock is None or clock.end is None:
        return None
    start = _within(clock.start, after - timedelta(minutes=1), before)
    end = start and _within(clock.end % 1440, start, before)
    return (start, end) if start and end else None


def names_a_time(text: str) -> bool:
    return _clock(text) is not None


def _clock(text: str) -> Clock | None:
    """Who is asked for a time and says 一点 does not mean "a little"."""
    return clocks.find(clean(text).replace("一点", "1点"))


def _within(minutes: int, after: datetime, before: datetime) -> datetime | None:
    """As it was said first, else twelve hours off, on whatever day of the stretch it fits."""
    days = range((before.date() - after.date()).days + 1)
    for said in (minutes, minutes + _HALF_A_DAY, minutes - _HALF_A_DAY):
        for day in days:
            at = datetime.combine(after.date() + timedelta(days=day), time(), after.tzinfo) + timedelta(minutes=said)
            if after < at <= before:
                return at
    return None
