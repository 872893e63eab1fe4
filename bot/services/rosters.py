"""Recurring rosters: shifts made from a template some days ahead, changed only where nobody has registered yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.activities import built
from bot.services.activity_checks import NewShift, age_from, danger
from bot.services.activity_states import lock_shifts
from bot.services.refusals import ShiftUnknown
from bot.services.roster_templates import Slot, Template, check, planned, read, stored
from bot.services.rules import USUAL, Rules
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Activity, Base, Policy, Roster, Shift

__all__ = ["AHEAD", "Edited", "Slot", "Template", "add", "behind", "edit", "extend", "of_activity"]

AHEAD = timedelta(days=14)
"""Shifts exist so far ahead; the sweep makes the next day's every day."""


@dataclass(frozen=True)
class Edited:
    """Ids of shifts. ``left``: somebody registered for them once, and the new template would have them otherwise."""

    made: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    left: tuple[int, ...] = ()


def add(db: Session, activity_id: int, template: Template, now: datetime, *, rules: Rules = USUAL) -> Roster:
    """A template for an activity, and its shifts of the next days.

    A shift that stands already where the template wants one is taken over by it, so that the first shift with which
    every activity is made is no seat too many. Raises RosterInvalid, ShiftUnknown, PolicyMissing.
    """
    check(template)
    writing(db)
    lock_shifts(db, activity_id)
    activity = locked(db, Activity, activity_id)
    if activity is None or activity.state in ("cancelled", "withdrawn"):
        raise ShiftUnknown
    roster = Roster(activity_id=activity_id, **stored(template))
    db.add(roster)
    db.flush()
    alone = {(each.starts_at, each.ends_at): each for each in activity.shifts if each.roster_id is None}
    for key, new in planned(template, now, template.last_on, rules):
        if (taken_over := alone.pop((new.starts_at, new.ends_at), None)) is not None:
            taken_over.roster_id, taken_over.roster_slot = roster.id, key
    db.flush()
    _make(db, roster, activity, now, _horizon(roster, now, rules), rules)
    return roster


def extend(
    db: Session, roster_id: int, now: datetime, *, until: date | None = None, rules: Rules = USUAL
) -> list[Shift]:
    """Make what is missing up to ``until`` (default: two weeks ahead). Making it twice makes it once."""
    writing(db)
    roster = locked(db, Roster, roster_id)
    if roster is None:
        raise ShiftUnknown
    activity = fresh(db, Activity, roster.activity_id)
    if activity.state in ("cancelled", "withdrawn"):
        return []
    return _make(db, roster, activity, now, max(until or date.min, _horizon(roster, now, rules)), rules)


def behind(db: Session, now: datetime, *, rules: Rules = USUAL) -> list[int]:
    """Rosters whose shifts do not reach far enough ahead: the sweep extends them."""
    today = _today(now, rules)
    known = (
        select(Roster.id, Roster.last_on, Roster.made_until)
        .join(Activity, Roster.activity_id == Activity.id)
        .where(Activity.state == "open", Roster.last_on >= today)
        .order_by(Roster.id)
    )
    return [id for id, last_on, made in db.execute(known) if made is None or made < min(today + AHEAD, last_on)]


def edit(db: Session, roster_id: int, template: Template, now: datetime, *, rules: Rules = USUAL) -> Edited:
    """Another template from now on: shifts ahead that nobody ever registered for follow it, the others are listed.

    A slot is known by its place in the list: the second stays the second. Raises as ``add`` does.
    """
    check(template)
    writing(db)
    known = db.get(Roster, roster_id)
    if known is None:
        raise ShiftUnknown
    lock_shifts(db, known.activity_id)
    roster = locked(db, Roster, roster_id)
    assert roster is not None
    activity = fresh(db, Activity, roster.activity_id)
    for name, value in stored(template).items():
        setattr(roster, name, value)
    wanted = dict(planned(template, now, roster.made_until or template.first_on, rules))
    _refuse_danger(db, activity, wanted.values())
    changed, removed, left = [], [], []
    ahead = list(
        db.scalars(select(Shift).where(Shift.roster_id == roster.id, Shift.starts_at > now).order_by(Shift.id))
    )
    touched = _touched(db, [shift.id for shift in ahead])
    for shift in ahead:
        new = wanted.get(shift.roster_slot or "")
        if new is not None and _is_as(shift, new, activity):
            continue
        if shift.id in touched:
            left.append(shift.id)
        elif new is None:
            removed.append(shift.id)
            db.delete(shift)
        else:
            changed.append(shift.id)
            shift.starts_at, shift.ends_at, shift.capacity = new.starts_at, new.ends_at, new.capacity
            shift.role, shift.min_age = new.role, age_from(new, activity.dangerous)
    db.flush()
    made = _make(db, roster, activity, now, _horizon(roster, now, rules), rules)
    return Edited(tuple(shift.id for shift in made), tuple(changed), tuple(removed), tuple(left))


def of_activity(db: Session, activity_id: int) -> list[Roster]:
    return list(db.scalars(select(Roster).where(Roster.activity_id == activity_id).order_by(Roster.id)))


def _make(db: Session, roster: Roster, activity: Activity, now: datetime, until: date, rules: Rules) -> list[Shift]:
    """The roster is locked: whoever comes second finds the first one's shifts. Days gone by are not made up for."""
    until = min(until, roster.last_on)
    known = set(db.scalars(select(Shift.roster_slot).where(Shift.roster_id == roster.id)))
    missing = {key: new for key, new in planned(read(roster), now, until, rules) if key not in known}
    _refuse_danger(db, activity, missing.values())
    made = []
    for key, new in missing.items():
        shift = built(new, activity.dangerous)
        shift.activity_id, shift.roster_id, shift.roster_slot = activity.id, roster.id, key
        db.add(shift)
        made.append(shift)
    roster.made_until = until
    db.flush()
    db.expire(activity, ["shifts"])
    return made


def _horizon(roster: Roster, now: datetime, rules: Rules) -> date:
    return max(_today(now, rules) + AHEAD, roster.made_until or date.min)


def _today(now: datetime, rules: Rules) -> date:
    return now.astimezone(rules.timezone).date()


def _refuse_danger(db: Session, activity: Activity, shifts: Iterable[NewShift]) -> None:
    policy = db.get(Policy, activity.policy_id) if activity.policy_id is not None else None
    for refusal in danger(activity.dangerous, list(shifts), policy, publish=activity.state == "open"):
        raise refusal


def _is_as(shift: Shift, new: NewShift, activity: Activity) -> bool:
    now_so = (shift.starts_at, shift.ends_at, shift.capacity, shift.role, shift.min_age)
    return now_so == (new.starts_at, new.ends_at, new.capacity, new.role, age_from(new, activity.dangerous))


def _touched(db: Session, shift_ids: list[int]) -> set[int]:
    """Shifts that any other row speaks of: a registration, also one cancelled long ago, a team's seats, a list."""
    found: set[int] = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == Shift.__tablename__ for key in column.foreign_keys):
                found.update(db.scalars(select(column).where(column.in_(shift_ids)).distinct()))
    return found
