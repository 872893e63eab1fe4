"""The verdict on one try to check in or out: who is listed, when, with what code, how far away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.services.rules import Rules
from bot.services.seats import PRESENT
from bot.storage.models import Shift

Kind = Literal["in", "out"]
LISTED = ("confirmed", *PRESENT, "absent")
"""Whoever is in one of these states is on the list of the shift."""
MAY_COME = ("confirmed", "absent", "checked_out")
MAY_LEAVE = ("checked_in", "unclosed")


@dataclass(frozen=True)
class Window:
    """Check-in from ``opens_at`` until ``end``, check-out until ``closes_at``; all aware UTC."""

    opens_at: datetime
    end: datetime
    closes_at: datetime

    def holds(self, kind: Kind, at: datetime) -> bool:
        return self.opens_at <= at <= (self.end if kind == "in" else self.closes_at)


def window(shift: Shift, rules: Rules) -> Window:
    """The leader's word that it is over (``ended_at``) counts as the end."""
    end = shift.ended_at or shift.ends_at
    before = timedelta(minutes=rules.attendance.opens_before_minutes)
    return Window(shift.starts_at - before, end, end + timedelta(minutes=rules.attendance.closes_after_minutes))


def judge(
    kind: Kind,
    at: datetime,
    state: str | None,
    open_: Window,
    *,
    is_right: bool = True,
    distance_m: int | None = None,
    radius_m: int | None = None,
    needs_person: bool = False,
) -> str:
    """The verdict on one try; ``state`` is the registration's, None for somebody who is not on the list.

    Before the window nothing is said about a code, so that nobody tries codes in peace the day before.
    """
    if state not in LISTED:
        return "not_listed"
    if not open_.holds(kind, at):
        return "outside_window"
    if not is_right:
        return "wrong_code"
    if state in (("completed", *MAY_LEAVE) if kind == "in" else ("completed", "checked_out")):
        return "repeated"
    if distance_m is not None and radius_m is not None and distance_m > radius_m:
        return "too_far"
    if needs_person or state not in (MAY_COME if kind == "in" else MAY_LEAVE):
        return "needs_person"
    return "accepted"
