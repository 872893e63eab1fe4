"""Nobody is disturbed between 22:00 and 07:30, and clocks stand still meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.services.quiet_hours import add_awake, awake_from, is_quiet

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "quiet", "awake"),
    [
        ("03 07:29", True, "03 07:30"),
        ("03 07:30", False, "03 07:30"),
        ("03 21:59", False, "03 21:59"),
        ("03 22:00", True, "04 07:30"),
        ("04 00:00", True, "04 07:30"),
        ("31 23:00", True, None),
    ],
)
def test_borders(now: str, quiet: bool, awake: str | None) -> None:
    assert is_quiet(at(now), ZONE) is quiet
    expected = at(awake) if awake else datetime(2026, 4, 1, 7, 30, tzinfo=ZONE)
    assert awake_from(at(now), ZONE) == expected


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("03 10:00", timedelta(hours=12), "03 22:00"),
        ("03 10:01", timedelta(hours=12), "04 07:31"),
        ("03 23:00", timedelta(minutes=20), "04 07:50"),
        ("03 08:00", timedelta(hours=30), "05 09:00"),
        ("03 12:00", timedelta(0), "03 12:00"),
    ],
)
def test_adding_waking_time(start: str, length: timedelta, end: str) -> None:
    assert add_awake(at(start), length, ZONE) == at(end)


def test_a_zone_with_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 3, 28, 21, 0, tzinfo=berlin)
    assert add_awake(before, timedelta(hours=2), berlin) == datetime(2026, 3, 29, 8, 30, tzinfo=berlin)
