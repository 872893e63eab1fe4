"""The fifteen test vectors of the hours, and that no arithmetic gives more than was planned."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.crediting import Plan, credit
from bot.services.hours import shown

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str, day: str = "2026-03-07") -> datetime:
    return datetime.fromisoformat(text if "-" in text else f"{day} {text}").replace(tzinfo=ZONE)


def plan(starts: str = "13:00", ends: str = "15:30", **more: int) -> Plan:
    return Plan(at(starts), at(ends), **more)


def stretches(*times: tuple[str, str]) -> list[tuple[datetime, datetime]]:
    return [(at(begins), at(ends)) for begins, ends in times]


CAMP = plan("2026-05-01 08:00", "2026-05-03 09:00")
NEW_YEAR = plan("2026-12-31 22:00", "2027-01-01 01:00")
VECTORS = [
    ("1 early in, late out", plan(), [("12:48", "15:41")], 150, "2.5"),
    ("2 twelve minutes late", plan(), [("13:12", "15:30")], 138, "2.3"),
    ("3 left early", plan(), [("12:58", "14:05")], 65, "1.0"),
    ("4 a break", plan("09:00", "16:00", break_minutes=60), [("08:50", "16:10")], 360, "6.0"),
    ("5 a cap", plan("08:00", "18:00", break_minutes=60, cap_minutes=480), [("08:00", "18:00")], 480, "8.0"),
    ("2 by the minute shown", plan(), [("13:12:40", "15:30:05")], 138, "2.3"),
    ("6 four minutes", plan(), [("15:26", "15:31")], 4, "0.0"),
    ("7 after the end", plan(), [("15:35", "15:50")], 0, "0.0"),
    ("8 a camp of two days", CAMP, [("2026-05-01 08:00", "2026-05-03 09:00")], 2940, "49.0"),
    ("9 ended early by the leader", plan("13:00", "15:00"), [("12:58", "15:20")], 120, "2.0"),
    ("10 seconds without snap", plan(), [("13:00:59", "15:29:59")], 149, "2.4"),
    ("10 seconds with snap", plan(snap_minutes=5), [("13:00:59", "15:29:59")], 150, "2.5"),
    ("11 into the new year", NEW_YEAR, [("2026-12-31 21:50", "2027-01-01 01:00")], 180, "3.0"),
    ("12 no check-out", plan(), [], 0, "0.0"),
    ("14 left and came back", plan(), [("13:00", "14:00"), ("14:30", "15:30")], 120, "2.0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("planned", "times", "minutes", "hours"), [row[1:] for row in VECTORS], ids=[row[0] for row in VECTORS]
)
def test_vector(planned: Plan, times: list[tuple[str, str]], minutes: int, hours: str) -> None:
    found = credit(planned, stretches(*times))
    assert (found.minutes, shown(found.minutes)) == (minutes, hours)


def test_15_time_that_another_shift_has_counted_counts_once() -> None:
    first = credit(plan(), stretches(("13:00", "15:30")))
    second = credit(plan("15:00", "17:00"), stretches(("15:00", "17:00")), elsewhere=stretches(("13:00", "15:30")))
    assert (first.minutes, second.minutes) == (150, 90)
    assert second.detail["twice"] == 30


def test_a_break_is_taken_only_from_those_who_stayed_over_it() -> None:
    day = plan("09:00", "16:00", break_minutes=60)
    assert credit(day, stretches(("09:00", "12:00"))).minutes == 180
    assert credit(day, stretches(("09:00", "15:30"))).minutes == 360


def test_too_short_a_presence_gives_nothing_where_the_rules_say_so() -> None:
    strict = plan(presence_percent=60)
    assert credit(strict, stretches(("13:00", "14:29"))).minutes == 0
    assert credit(strict, stretches(("13:00", "14:30"))).minutes == 90


def test_the_sum_is_rounded_not_the_parts() -> None:
    assert shown(8 + 8 + 8) == "0.4"
    assert [shown(minutes) for minutes in (5, 6, 5999, 6000)] == ["0.0", "0.1", "99.9", "100.0"]
    assert [shown(minutes) for minutes in (-6, -150)] == ["-0.1", "-2.5"]


@given(
    st.lists(st.tuples(st.integers(-300, 300), st.integers(1, 300)), max_size=4),
    st.integers(0, 90), st.integers(0, 15), st.one_of(st.none(), st.integers(0, 200)),
)  # fmt: skip
def test_never_more_than_planned_never_less_than_nothing(
    times: list[tuple[int, int]], break_minutes: int, snap: int, cap: int | None
) -> None:
    planned = plan(break_minutes=break_minutes, snap_minutes=snap, cap_minutes=cap)
    at_s, walk = planned.starts_at - timedelta(hours=1), []
    for wait, stay in times:
        begins = at_s + timedelta(minutes=abs(wait))
        walk.append((begins, begins + timedelta(minutes=stay)))
        at_s = walk[-1][1]
    found = credit(planned, walk)
    assert 0 <= found.minutes <= max(0, planned.planned)
