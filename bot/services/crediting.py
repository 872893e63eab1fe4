"""From presence to minutes: pure arithmetic, each step kept so that every balance can be explained.

Minutes are counted between check-in and check-out, inside the planned time, without breaks, never travel or waiting, at
most what the shift allows (67号令 第7条: 实际服务时间). They are whole minutes, rounded down once at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Stretch = tuple[datetime, datetime]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Plan:
    """What a shift allows. ``ends_at``: the leader's word if it was given, else as planned."""

    starts_at: datetime
    ends_at: datetime
    break_minutes: int = 0
    cap_minutes: int | None = None
    snap_minutes: int = 0
    presence_percent: int = 0

    @property
    def planned(self) -> int:
        """Most minutes that can be credited."""
        whole = max(0, (self.ends_at - self.starts_at) // MINUTE - self.break_minutes)
        return whole if self.cap_minutes is None else min(whole, self.cap_minutes)


@dataclass(frozen=True)
class Credit:
    """``minutes`` to record, and ``detail`` as the ledger keeps it (JSON): how they came about."""

    minutes: int
    detail: dict[str, Any]


def credit(plan: Plan, stretches: Sequence[Stretch], elsewhere: Sequence[Stretch] = ()) -> Credit:
    """``stretches``: check-in to check-out, in order. ``elsewhere``: time other shifts have credited already.

    A check-in up to ``snap_minutes`` after the start counts from the start, a check-out as close to the end until it.
    Times count by the minute that is shown: 13:12:40 to 15:30:05 are the 138 minutes between 13:12 and 15:30.
    The break is taken off only what reaches over it: from a presence longer than the planned time without the break.
    """
    counted = [clipped for stretch in stretches if (clipped := _clip(_snapped(plan, _by_minute(stretch)), plan))]
    present = sum(((end - start) for start, end in counted), timedelta())
    twice = shared(counted, elsewhere)
    window = plan.ends_at - plan.starts_at
    break_taken = max(timedelta(), min(plan.break_minutes * MINUTE, present - (window - plan.break_minutes * MINUTE)))
    given = present - break_taken - twice
    enough = present * 100 >= window * plan.presence_percent
    minutes = max(0, given // MINUTE) if enough else 0
    capped = minutes if plan.cap_minutes is None else min(minutes, plan.cap_minutes)
    first, last = (stretches[0][0], stretches[-1][1]) if stretches else (None, None)
    return Credit(
        capped,
        {
            "in": _said(first), "out": _said(last), "counted": [[_said(a), _said(b)] for a, b in counted],
            "planned": [_said(plan.starts_at), _said(plan.ends_at)], "present": present // MINUTE,
            "break": break_taken // MINUTE, "twice": -(-twice // MINUTE), "snap": plan.snap_minutes,
            "capped_at": plan.cap_minutes if capped < minutes else None,
            "too_short": None if enough else plan.presence_percent,
        },
    )  # fmt: skip


def _by_minute(stretch: Stretch) -> Stretch:
    begins, ends = (at.replace(second=0, microsecond=0) for at in stretch)
    return begins, ends


def _snapped(plan: Plan, stretch: Stretch) -> Stretch:
    begins, ends = stretch
    snap = plan.snap_minutes * MINUTE
    if plan.starts_at < begins <= plan.starts_at + snap:
        begins = plan.starts_at
    if plan.ends_at - snap <= ends < plan.ends_at:
        ends = plan.ends_at
    return begins, ends


def _clip(stretch: Stretch, plan: Plan) -> Stretch | None:
    begins, ends = max(stretch[0], plan.starts_at), min(stretch[1], plan.ends_at)
    return (begins, ends) if begins < ends else None


def shared(counted: Sequence[Stretch], elsewhere: Sequence[Stretch]) -> timedelta:
    """Time of ``counted`` that lies in ``elsewhere``, which may overlap among themselves."""
    total = timedelta()
    for begins, ends in counted:
        at = begins
        for other_begins, other_ends in sorted(elsewhere):
            start, end = max(at, other_begins), min(ends, other_ends)
            if start < end:
                total += end - start
                at = end
    return total


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
