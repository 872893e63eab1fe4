"""When a text means: a span in the follower's own time zone, preferring the future."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from bot.language import clocks, days
from bot.language.clocks import PARTS, Clock
from bot.language.days import Days
from bot.language.numerals import NUMBER, parse
from bot.language.text import clean


@dataclass(frozen=True)
class Span:
    """From ``start`` until just before ``end``, both aware.

    ``ask``: two readings are likely, the other one this much later (earlier if negative); ask back.
    ``moved``: the nearer date is past, so a later one was taken; say so.
    """

    start: datetime
    end: datetime
    kind: Literal["day", "days", "part", "clock"]
    ask: timedelta | None = None
    moved: bool = False

    @property
    def otherwise(self) -> Span | None:
        """The other likely reading."""
        return replace(self, start=self.start + self.ask, end=self.end + self.ask, ask=None) if self.ask else None


_SOON = re.compile(r"(?P<number>" + NUMBER + r"|半)个?(?:半)?(?P<unit>小时|钟头|分钟)(?:后|之后|以后)")
_POINT = timedelta(hours=1)
_WEEK, _HALF_A_DAY = timedelta(days=7), timedelta(hours=12)


def parse_when(text: str, now_local: datetime) -> Span | None:
    """The time a message speaks of, None if it speaks of none. ``now_local`` is aware, in the zone people live in."""
    said = clean(text)
    if soon := _soon(said, now_local):
        return soon
    found = days.find(said, now_local.date())
    rest = said if found is None else said[: found[1]] + " " * (found[2] - found[1]) + said[found[2] :]
    # 今 and 明 stay in view of the part of the day that follows them (今晚, 明早).
    clock = clocks.find(said) if found is None else clocks.find(_keep_days(said, found[1], found[2]))
    part = clocks.part(said if found is not None else rest)
    if clock is not None:
        return _at_clock(clock, found[0] if found else None, now_local)
    if found is not None:
        return _on_days(found[0], part, now_local)
    return _today_or_tomorrow(PARTS[part], now_local) if part else None


def _keep_days(said: str, start: int, end: int) -> str:
    """The text with digits of the date blanked, so that 3.5 or 5号 is no time on the clock."""
    inside = said[start:end]
    return said[:start] + re.sub(r"[\d.:/·-]", " ", inside) + said[end:]


def _soon(said: str, now: datetime) -> Span | None:
    found = _SOON.search(said)
    if not found:
        return None
    amount = 0.5 if found.group("number") == "半" else parse(found.group("number"))
    if amount is None:
        return None
    minutes = amount * (1 if found.group("unit") == "分钟" else 60)
    start = now + timedelta(minutes=minutes)
    return Span(start, start + _POINT, "clock")


def _at(day: date, minutes: int, now: datetime) -> datetime:
    midnight = datetime.combine(day, time(), now.tzinfo)
    return midnight + timedelta(minutes=minutes)


def _at_clock(clock: Clock, on: Days | None, now: datetime) -> Span:
    day, moved = (on.first, on.moved) if on is not None else (now.date(), False)
    start = _at(day, clock.start, now)
    half_a_day = _HALF_A_DAY
    if on is None and start <= now:
        # Past seven in the morning, 七点 is tomorrow morning's or, sooner, this evening's.
        half_a_day *= -1 if start + _HALF_A_DAY > now else 1
        start += timedelta(days=1)
    length = timedelta(minutes=clock.end - clock.start) if clock.end is not None else _POINT
    ask = _WEEK if on is not None and on.ask else half_a_day if clock.ask else None
    return Span(start, start + length, "clock", ask, moved)


def _on_days(on: Days, part: str | None, now: datetime) -> Span:
    ask = _WEEK if on.ask else None
    if part is not None and on.first == on.last:
        first, last = PARTS[part]
        return Span(_at(on.first, first, now), _at(on.first, last, now), "part", ask, on.moved)
    kind: Literal["day", "days"] = "day" if on.first == on.last else "days"
    return Span(_at(on.first, 0, now), _at(on.last, 1440, now), kind, ask, on.moved)


def _today_or_tomorrow(part: tuple[int, int], now: datetime) -> Span:
    """下午 alone is today's, unless it is over."""
    over = _at(now.date(), part[1], now) <= now
    day = now.date() + timedelta(days=over)
    return Span(_at(day, part[0], now), _at(day, part[1], now), "part", moved=over)
