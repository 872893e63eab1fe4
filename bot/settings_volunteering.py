"""Settings of volunteering: attendance, hours, points, stars; rules carry the day from which they hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Minutes = Annotated[int, Field(ge=0)]
Whole = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Attendance(Section):
    radius_m: Whole = 500
    code_seconds: Annotated[int, Field(ge=30, le=3600)] = 120
    opens_before_minutes: Minutes = 30
    closes_after_minutes: Minutes = 60
    appeal_hours: Whole = 48
    keep_places_days: Annotated[int, Field(ge=0)] = 7


class HourRules(Section):
    """``since``: the first day these rules hold; entries made before keep theirs."""

    since: date = date(2017, 1, 1)
    snap_minutes: Annotated[int, Field(ge=0, le=30)] = 5
    presence_percent: Annotated[int, Field(ge=0, le=100)] = 0
    yearly_target_hours: Whole = 20


class PointRules(Section):
    """``per_hour`` points for an hour of credit. ``expire``: never, at the end of the year after, after three years."""

    since: date = date(2017, 1, 1)
    per_hour: Whole = 1
    expire: Literal["never", "year_end", "three_years"] = "three_years"


class StarRules(Section):
    since: date = date(2013, 11, 1)
    hours: tuple[Whole, ...] = (100, 300, 600, 1000, 1500)
    announced_days: Annotated[int, Field(ge=0)] = 7

    @field_validator("hours")
    @classmethod
    def rising(cls, hours: tuple[int, ...]) -> tuple[int, ...]:
        if not hours or sorted(set(hours)) != list(hours):
            raise ValueError("每一级的小时数要比前一级多，例如 [100, 300, 600, 1000, 1500]")
        return hours


class Volunteering(Section):
    hours: tuple[HourRules, ...] = (HourRules(),)
    points: tuple[PointRules, ...] = (PointRules(),)
    stars: tuple[StarRules, ...] = (StarRules(),)
    settle_days: Whole = 10
    settle_warning_days: Whole = 7
    daily_cap_hours: Annotated[int, Field(ge=0)] = 0
    weekly_cap_hours: Annotated[int, Field(ge=0)] = 0
    minor_daily_cap_hours: Annotated[int, Field(ge=0)] = 6
    minor_weekly_cap_hours: Annotated[int, Field(ge=0)] = 18
    guardian_code_hours: Whole = 24
    erasure_days: Annotated[int, Field(ge=1)] = 10
    document_hours: Whole = 24

    @field_validator("hours", "points", "stars")
    @classmethod
    def in_order(cls, versions: tuple[Section, ...]) -> tuple[Section, ...]:
        days = [version.since for version in versions]  # type: ignore[attr-defined]
        if not days or sorted(set(days)) != days:
            raise ValueError("至少写一版，并按 since 的日期从早到晚排")
        return versions
