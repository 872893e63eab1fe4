"""Ages, breaks, agreements, what a shift gives, and the phase that the clock makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.services.activity_checks import agreement_reasons, mistakes, phase, phase_of, planned_minutes
from bot.storage.models import Activity, Shift
from tests.fixtures.world import NOW, hours
from tests.services.test_activities import GOOD


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"min_age": -1}, ("min_age",)),
        ({"min_age": 14, "max_age": 35}, ()),
        ({"min_age": 35, "max_age": 14}, ("max_age",)),
        ({"break_minutes": 120}, ("break_minutes",)),
        ({"break_minutes": 119}, ()),
        ({"cap_minutes": 0}, ("cap_minutes",)),
        ({"latitude": 28.9}, ("longitude",)),
        ({"latitude": 91.0, "longitude": 181.0}, ("latitude", "longitude")),
        ({"insurance_closes_at": GOOD.ends_at}, ("insurance_closes_at",)),
        ({"area": "长" * 33}, ("area",)),
    ],
)
def test_what_is_impossible_is_named(change: dict[str, Any], fields: tuple[str, ...]) -> None:
    assert mistakes(replace(GOOD, **change), NOW) == fields


def shift(starts_in: float = 1, lasts: float = 2.5, **more: Any) -> Shift:
    return Shift(starts_at=NOW + hours(starts_in), ends_at=NOW + hours(starts_in + lasts), capacity=1, **more)


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        (shift(), 150),
        (shift(lasts=7, break_minutes=60), 360),
        (shift(lasts=10, break_minutes=60, cap_minutes=480), 480),
        (shift(lasts=49), 2940),
    ],
)
def test_what_a_shift_gives(given: Shift, minutes: int) -> None:
    assert planned_minutes(given) == minutes


def activity(**more: Any) -> Activity:
    return Activity(**{"dangerous": False, "large": False, "agreement_required": False, **more})


def on(month: int, day: int, **more: Any) -> Shift:
    start = datetime(2026, month, day, 1, tzinfo=timezone.utc)
    return Shift(starts_at=start, ends_at=start + hours(2), **more)


@pytest.mark.parametrize(
    ("of", "shifts", "reasons"),
    [
        (activity(), [on(3, 1)], ()),
        (activity(dangerous=True, large=True, agreement_required=True), [on(3, 1)], ("danger", "large", "asked")),
        (activity(), [on(3, 1), on(3, 31)], ()),
        (activity(), [on(3, 1), on(4, 1)], ("long",)),
        (activity(), [on(1, 31), on(2, 28)], ("long",)),  # a month from 31 January ends on 28 February, 09:00
        (activity(), [on(3, 1, roster_id=1), on(9, 1, roster_id=1)], ()),
        (activity(), [], ()),
    ],
)
def test_when_an_agreement_is_needed(of: Activity, shifts: list[Shift], reasons: tuple[str, ...]) -> None:
    assert agreement_reasons(of, shifts) == reasons


@pytest.mark.parametrize(
    ("given", "after", "is_in"),
    [
        (shift(signup_opens_at=NOW + hours(0.5)), 0, "not_open"),
        (shift(), 0, "signup"),
        (shift(signup_closes_at=NOW), 0, "closed"),
        (shift(), 1, "running"),
        (shift(), 3.5, "over"),
        (shift(ended_at=NOW + hours(2)), 2, "over"),
        (shift(ended_at=NOW + hours(4)), 3.6, "running"),  # the leader let it go on
        (shift(settled_at=NOW + hours(4)), 5, "settled"),
    ],
)
def test_the_phase_of_a_shift(given: Shift, after: float, is_in: str) -> None:
    assert phase(given, NOW + hours(after)) == is_in


@pytest.mark.parametrize(
    ("shifts", "is_in"),
    [
        ([shift(-3), shift(5)], "signup"),
        ([shift(-1), shift(5)], "running"),
        ([shift(-9, settled_at=NOW), shift(-3)], "over"),
        ([shift(-9, settled_at=NOW), shift(-3, settled_at=NOW)], "settled"),
        ([shift(5, signup_closes_at=NOW - timedelta(minutes=1)), shift(-9)], "closed"),
        ([], "not_open"),
    ],
)
def test_the_phase_of_all_shifts(shifts: list[Shift], is_in: str) -> None:
    assert phase_of(shifts, NOW) == is_in
