"""Times that are over are read so that they lie where they must."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.language import past


def at(clock: str, day: int = 7) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}:00+08:00")


@pytest.mark.parametrize(
    ("text", "after", "before", "meant"),
    [
        ("三点半走的", at("12:58"), at("16:30"), at("15:30")),
        ("补签退 15:30", at("12:58"), at("16:30"), at("15:30")),
        ("下午3点一刻离开的", at("12:58"), at("16:30"), at("15:15")),
        ("九点走的", at("18:00"), at("22:30"), at("21:00")),
        ("九点走的", at("08:00"), at("12:30"), at("09:00")),
        ("一点走的", at("21:50"), at("02:00", 8), at("01:00", 8)),
        ("两点走的", at("14:10"), at("16:30"), None),
        ("走的时候忘了", at("12:58"), at("16:30"), None),
    ],
)
def test_points(text: str, after: datetime, before: datetime, meant: datetime | None) -> None:
    assert past.point(text, after, before) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("13:02 到 15:30", (at("13:02"), at("15:30"))),
        ("一点到三点半", (at("13:00"), at("15:30"))),
        ("12:30-15:30", (at("12:30"), at("15:30"))),
        ("13:02", None),
        ("9:00 到 10:00", None),
    ],
)
def test_stretches(text: str, meant: tuple[datetime, datetime] | None) -> None:
    assert past.stretch(text, at("12:30"), at("16:30")) == meant
