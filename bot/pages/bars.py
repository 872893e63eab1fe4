"""The picture of a year: hours by month as an SVG drawn here, so that it needs no script and follows the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.services import hours

WIDTH, HEIGHT = 360, 168
BASE, TOP = 138, 26
EDGE = 334
"""Where the bars end; right of it stands what the lines mean."""
STEP = EDGE / 12
BAR = 16
STAIRS = (2, 4, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 500, 750, 1000)
"""Hours that the highest line may stand for."""


@dataclass(frozen=True)
class Bar:
    """One month, in units of the picture."""

    month: int
    minutes: int
    x: float
    y: float
    height: float

    @property
    def hours(self) -> str:
        return hours.shown(self.minutes)

    @property
    def centre(self) -> float:
        return self.x + BAR / 2


@dataclass(frozen=True)
class Picture:
    """``lines``: height and hours of what the bars are read against."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, str], ...]
    said: str
    width: int = WIDTH
    height: int = HEIGHT
    base: int = BASE
    edge: int = EDGE
    bar: int = BAR


def of_year(year: int, months: Sequence[int]) -> Picture:
    """``months``: twelve sums of minutes. What was taken back in a month shows as nothing, and is said in the table."""
    most = max(*months, 0)
    top = next((stair for stair in STAIRS if stair * 60 >= most), most // 60 + 1)
    scale = (BASE - TOP) / (top * 60)
    bars = tuple(
        Bar(month, minutes, round((month - 0.5) * STEP - BAR / 2, 1), round(BASE - height, 1), round(height, 1))
        for month, minutes in enumerate(months, start=1)
        for height in [max(0, minutes) * scale]
    )
    lines = tuple((round(BASE - part * (BASE - TOP), 1), f"{top * part:g}") for part in (0.5, 1.0))
    return Picture(bars, lines, _said(year, months))


def _said(year: int, months: Sequence[int]) -> str:
    """For who listens instead of looking."""
    told = "，".join(f"{month}月{hours.shown(minutes)}小时" for month, minutes in enumerate(months, start=1) if minutes)
    return f"{year}年每个月的服务时长：{told or '还没有'}"
