"""Dates and times on the console's pages: as the chat writes them, or in English: Sat 7 Mar 13:00–15:30."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.console.translations import MONTHS, WEEKDAYS, language
from bot.language import dates

UNITS = (
    (86_400, "天", "day", "days"),
    (3_600, "小时", "hour", "hours"),
    (60, "分钟", "minute", "minutes"),
)


def moment(at: datetime, zone: ZoneInfo) -> str:
    if language() != "en":
        return dates.moment(at, zone)
    local = at.astimezone(zone)
    return f"{_short(local)} {dates.clock(local)}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Over midnight the end carries its own date."""
    if language() != "en":
        return dates.span(start, end, zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    same = first.date() == last.date()
    return f"{moment(start, zone)}–{dates.clock(last) if same else moment(end, zone)}"


def day(value: date) -> str:
    """With its year."""
    if language() != "en":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """Without its year."""
    return f"{value.month}月" if language() != "en" else MONTHS[value.month - 1]


def weekday(value: date) -> str:
    return f"周{dates.WEEKDAYS[value.weekday()]}" if language() != "en" else WEEKDAYS[value.weekday()]


def day_of_year(value: date) -> str:
    """Where the year is plain."""
    return f"{value.month}月{value.day}日" if language() != "en" else f"{value.day} {MONTHS[value.month - 1]}"


def short_day(value: date) -> str:
    """With its weekday: for a list of days."""
    return f"{value.month}月{value.day}日 {weekday(value)}" if language() != "en" else _short(value)


def distance(seconds: float) -> str:
    """How far from now, in its largest unit."""
    size, is_english = abs(seconds), language() == "en"
    for unit, chinese, one, many in UNITS:
        if size >= unit:
            number = int(size // unit)
            if not is_english:
                return f"{number}{chinese}{'后' if seconds > 0 else '前'}"
            text = f"{number} {one if number == 1 else many}"
            return f"in {text}" if seconds > 0 else f"{text} ago"
    if is_english:
        return "just now" if seconds <= 0 else "any moment"
    return "刚刚" if seconds <= 0 else "马上"


def _short(value: date) -> str:
    return f"{weekday(value)} {value.day} {MONTHS[value.month - 1]}"
