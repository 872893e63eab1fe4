"""Dates and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.language.dates import brief, distance, moment, span

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 7, 5, tzinfo=UTC)
END = START + timedelta(hours=2, minutes=30)


def test_one_day() -> None:
    assert span(START, END, ZONE) == "3月7日（周六）13:00–15:30"
    assert brief(START, END, ZONE) == "3月7日周六 13:00–15:30"
    assert moment(START, ZONE) == "3月7日（周六）13:00"


def test_over_midnight_both_days_are_named() -> None:
    assert span(START, START + timedelta(hours=12), ZONE) == "3月7日（周六）13:00–3月8日（周日）01:00"
    assert brief(START, START + timedelta(hours=12), ZONE) == span(START, START + timedelta(hours=12), ZONE)


@pytest.mark.parametrize(("days", "said"), [(0, "今天"), (1, "明天"), (2, "后天"), (5, "还有5天"), (-1, "")])
def test_how_far(days: int, said: str) -> None:
    now = START - timedelta(hours=1)
    assert distance(START + timedelta(days=days), now, ZONE) == said
