"""Reminders and the night: not between 22:00 and 07:30, and not too late for an early start."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.push import quiet
from bot.services.quiet_hours import is_quiet
from bot.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00+08:00")


@pytest.mark.parametrize(
    ("starts", "hours", "due"),
    [
        ("07T13:00", 24, "06T13:00"),
        ("07T13:00", 2, "07T11:00"),
        ("07T23:00", 24, "07T07:30"),  # 23:00 the day before: next morning
        ("07T22:00", 24, "07T07:30"),  # 22:00 is quiet already
        ("07T21:59", 24, "06T21:59"),
        ("07T09:30", 2, "07T07:30"),  # 07:30 is not quiet any more
        ("07T09:29", 2, "07T07:30"),
        ("07T09:00", 2, "07T07:30"),  # 07:00: half an hour later is early enough
        ("07T08:59", 2, "06T21:30"),  # starts before 09:00: the evening before
        ("07T07:00", 2, "06T21:30"),
        ("07T06:00", 24, "06T07:30"),  # the day before there is a morning to wait for
        ("07T00:30", 2, "06T21:30"),  # in the night itself: the evening before
    ],
)
def test_when_a_reminder_is_due(starts: str, hours: int, due: str) -> None:
    assert quiet.due_at(at(starts), hours, ZONE) == at(due)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 72))
def test_never_in_the_night_never_after_the_start_and_at_most_ten_hours_early(naive: datetime, hours: int) -> None:
    starts_at = naive.replace(tzinfo=ZONE)
    due = quiet.due_at(starts_at, hours, ZONE)
    assert not is_quiet(due, ZONE)
    assert due < starts_at
    assert (starts_at - due).total_seconds() <= (hours + 10) * 3600


def test_held_up_into_the_night_it_waits_for_the_morning_if_that_is_early_enough() -> None:
    settings = Settings()
    assert quiet.waits_for_morning("reminder", at("07T21:50"), at("06T22:10"), settings) == at("07T07:30")
    assert quiet.waits_for_morning("reminder", at("07T08:00"), at("06T22:10"), settings) is None
    assert quiet.waits_for_morning("reminder", at("07T21:50"), at("06T21:55"), settings) is None
    assert quiet.waits_for_morning("cancelled", at("07T21:50"), at("06T22:10"), settings) is None
