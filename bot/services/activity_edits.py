"""Activities as the office writes them: drafts, words of what is published, copies, and what would stand in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.services import activities
from bot.services.activity_checks import (
    NEEDED_TO_PUBLISH,
    OF_SHIFT,
    NewActivity,
    NewShift,
    agreement_reasons,
    danger,
    in_utc,
    missing,
    mistakes,
)
from bot.services.activity_states import lock_shifts
from bot.services.refusals import ActivityIncomplete, Refused, ShiftUnknown
from bot.services.refusals.activities import WrongState
from bot.services.rules import Rules
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Policy, Shift

WRITABLE = ("draft", "rejected")
REWORDED = ("title", *NEEDED_TO_PUBLISH, "contact", "bring", "insurance")
"""What may be said otherwise of something published; times, places and seats have their own ways, which tell people."""
OF_ACTIVITY = tuple(
    each.name for each in fields(NewActivity) if each.name not in (*OF_SHIFT, "state", "code", "author")
)
AHEAD = timedelta(days=1)
"""A copy lies at least so far ahead."""


@dataclass(frozen=True)
class Forecast:
    """``missing``: fields to fill before it can be submitted; ``refusals``: what forbids it, by name; ``agreement``:
    why people must sign one."""

    missing: tuple[str, ...]
    refusals: tuple[Refused, ...]
    agreement: tuple[str, ...]


def rewrite(db: Session, activity_id: int, new: NewActivity, now: datetime) -> Activity:
    """The draft (or what was returned) with its first shift as ``new`` says. Its other shifts stay.

    Raises WrongState, ActivityIncomplete, DangerousForMinors.
    """
    writing(db)
    lock_shifts(db, activity_id)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    if activity.state not in WRITABLE:
        raise WrongState(activity.state, "amend")
    if wrong := mistakes(new, now):
        raise ActivityIncomplete(wrong)
    for refusal in danger(new.dangerous, [new], None, publish=False):
        raise refusal
    for name in OF_ACTIVITY:
        setattr(activity, name, in_utc(getattr(new, name)))
    for name in OF_SHIFT if activity.shifts else ():
        setattr(activity.shifts[0], name, in_utc(getattr(new, name)))
    activity.updated_at = now
    db.flush()
    return activity


def reword(db: Session, activity_id: int, words: Mapping[str, str], now: datetime) -> Activity:
    """Other words for what followers find already. Raises WrongState, ActivityIncomplete."""
    writing(db)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    if activity.state != "open":
        raise WrongState(activity.state, "amend")
    for name in REWORDED:
        setattr(activity, name, words.get(name, getattr(activity, name)).strip())
    # Its times may lie behind it by now: of those nothing is asked.
    if wrong := tuple(name for name in missing(activity, now) if name in REWORDED):
        raise ActivityIncomplete(wrong)
    activity.updated_at = now
    db.flush()
    return activity


def duplicate(db: Session, activity_id: int, author: str, now: datetime, rules: Rules) -> Activity:
    """A draft with the same words, its shifts as many whole weeks later as it takes to lie ahead.

    Of several days the last one's shifts are taken, of a roster none but one: its template is made anew.
    """
    known = db.get(Activity, activity_id)
    if known is None or not known.shifts:
        raise ShiftUnknown
    last = known.shifts[-1].starts_at.astimezone(rules.timezone).date()
    that_day = [shift for shift in known.shifts if shift.starts_at.astimezone(rules.timezone).date() == last]
    if that_day[0].roster_id is not None:
        that_day = that_day[:1]
    weeks = max(1, (now + AHEAD - that_day[0].starts_at) // timedelta(days=7) + 1)
    first, *others = [_later(shift, timedelta(weeks=weeks), rules) for shift in that_day]
    words = {name: getattr(known, name) for name in OF_ACTIVITY if name not in ("policy_id", "claimable")}
    new = NewActivity(**{**vars(first), **words}, state="draft", author=author)
    made = activities.create(db, new, now)
    for other in others:
        activities.add_shift(db, made.id, other, now)
    return made


def _later(shift: Shift, by: timedelta, rules: Rules) -> NewShift:
    """At the same time on the clock, whatever becomes of summer time."""
    moved = {
        name: in_utc(value.astimezone(rules.timezone) + by) if isinstance(value, datetime) else value
        for name in OF_SHIFT
        if (value := getattr(shift, name)) is not None
    }
    return NewShift(**{**moved, "signup_opens_at": None})


def imagined(new: NewActivity, code: str = "") -> Activity:
    """The rows that ``new`` would make; nothing is stored."""
    values = {name: in_utc(getattr(new, name)) for name in OF_ACTIVITY}
    activity = Activity(**values, code=code or "编号", state="draft", cancel_reason="")
    activity.shifts.append(activities.built(new, new.dangerous))
    return activity


def forecast(db: Session, activity: Activity, now: datetime) -> Forecast:
    """What submitting and publishing it would meet with, as far as it can be known today. Reads only."""
    policy = db.get(Policy, activity.policy_id) if activity.policy_id is not None else None
    refusals = {str(refusal): refusal for refusal in danger(activity.dangerous, activity.shifts, policy)}
    return Forecast(missing(activity, now), tuple(refusals.values()), agreement_reasons(activity, activity.shifts))
