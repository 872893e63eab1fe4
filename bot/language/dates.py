"""Dates and times as people read them: 3月7日（周六）13:00–15:30, 还有2天."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

WEEKDAYS = "一二三四五六日"


def day(at: date) -> str:
    """``3月7日（周六）``."""
    return f"{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）"


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """``3月7日（周六）13:00`` in ``zone``."""
    local = at.astimezone(zone)
    return f"{day(local)}{clock(local)}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """``3月7日（周六）13:00–15:30``; over midnight the end carries its own date."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = clock(last) if first.date() == last.date() else f"{day(last)}{clock(last)}"
    return f"{day(first)}{clock(first)}–{until}"


def brief(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """``3月7日周六 13:00–15:30``: one line of a chat bubble, for lists."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() != last.date():
        return span(start, end, zone)
    return f"{first.month}月{first.day}日周{WEEKDAYS[first.weekday()]} {clock(first)}–{clock(last)}"


def distance(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """``今天``, ``明天``, ``后天``, ``还有5天``; empty for the past."""
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days < 0 or at < now:
        return ""
    return ("今天", "明天", "后天")[days] if days < 3 else f"还有{days}天"
