"""The gates before a seat, in the order they are checked: the first refusal is the one told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.services import seats
from bot.services.refusals import (
    ActivityCancelled,
    AlreadyRegistered,
    Other,
    ProfileMissing,
    Refused,
    ShiftStarted,
    ShiftUnknown,
    SignupClosed,
    SignupNotOpen,
    TimeConflict,
)
from bot.storage.models import Activity, Person, Registration, Shift

CLOSE_BY = timedelta(minutes=60)


@dataclass(frozen=True)
class Request:
    """Who wants which shift, and what they have already. ``person`` is None for somebody who has not said who they are.

    ``existing`` is their live registration for this shift; ``others`` are confirmed ones at that time or close by.
    """

    shift: Shift
    activity: Activity
    person: Person | None
    now: datetime
    existing: Registration | None
    others: tuple[Other, ...]

    @property
    def overlapping(self) -> tuple[Other, ...]:
        """Waiting for two things at once is allowed; only what is confirmed stands in the way."""
        return tuple(other for other in self.others if _overlaps(other, self.shift))

    @property
    def close_by(self) -> tuple[Other, ...]:
        """Those that leave less than an hour in between: a hint, no refusal."""
        return tuple(other for other in self.others if not _overlaps(other, self.shift))


def request(db: Session, shift: Shift, activity: Activity, person: Person | None, now: datetime) -> Request:
    """Exact only while person and shift are locked."""
    rows = _nearby(db, person.id, shift) if person else []
    existing = next((registration for registration, at, _ in rows if at.id == shift.id), None)
    return Request(shift, activity, person, now, existing, _confirmed_elsewhere(rows, shift))


def objections(db: Session, asked: Request) -> Iterator[Refused]:
    """All that stands in the way, most important first. Whether a seat is free is asked afterwards."""
    for gate in (_not_open_yet, _closed, _started, _cancelled):
        refusal = gate(asked)
        if refusal:
            yield refusal
    if asked.existing:
        place = seats.place_in_line(db, asked.existing)
        yield AlreadyRegistered(asked.existing.id, asked.existing.state, place)
    missing = missing_fields(asked.person)
    if missing:
        yield ProfileMissing(missing)
    yield from map(TimeConflict, asked.overlapping)


def _not_open_yet(asked: Request) -> Refused | None:
    opens_at = asked.shift.signup_opens_at
    # A cancelled activity never opens: to name an hour would make people come back for nothing.
    if opens_at and asked.now < opens_at and asked.activity.state != "cancelled":
        return SignupNotOpen(opens_at)
    return None


def _closed(asked: Request) -> Refused | None:
    closes_at = asked.shift.signup_closes_at
    return SignupClosed(closes_at) if closes_at and closes_at <= asked.now else None


def _started(asked: Request) -> Refused | None:
    return ShiftStarted(asked.shift.starts_at) if asked.shift.starts_at <= asked.now else None


def _cancelled(asked: Request) -> Refused | None:
    if asked.activity.state == "cancelled":
        return ActivityCancelled(asked.activity.cancel_reason)
    return None if asked.activity.state == "open" else ShiftUnknown()  # a draft is nobody's to see


def missing_fields(person: Person | None) -> tuple[str, ...]:
    return tuple(
        field
        for field, known in (("name", person and person.name), ("phone", person and person.phone_hash))
        if not known
    )


def overlapping(db: Session, person_id: int, shift: Shift) -> list[Other]:
    """What else the person has confirmed at that time."""
    elsewhere = _confirmed_elsewhere(_nearby(db, person_id, shift), shift)
    return [other for other in elsewhere if _overlaps(other, shift)]


def close_by(db: Session, person_id: int, shift: Shift) -> tuple[Other, ...]:
    """What else the person has confirmed less than an hour before or after it."""
    elsewhere = _confirmed_elsewhere(_nearby(db, person_id, shift), shift)
    return tuple(other for other in elsewhere if not _overlaps(other, shift))


def _confirmed_elsewhere(rows: list[tuple[Registration, Shift, Activity]], shift: Shift) -> tuple[Other, ...]:
    return tuple(
        Other(registration.id, about.code, about.title, about.place, at.starts_at, at.ends_at)
        for registration, at, about in rows
        if at.id != shift.id and registration.state == "confirmed"
    )


def _overlaps(other: Other, shift: Shift) -> bool:
    return other.starts_at < shift.ends_at and other.ends_at > shift.starts_at


_NEARBY = (
    select(Registration, Shift, Activity)
    .join(Shift, Registration.shift_id == Shift.id)
    .join(Activity, Shift.activity_id == Activity.id)
    .where(
        Registration.person_id == bindparam("person_id"),
        Registration.state.in_(seats.LIVE),
        Shift.starts_at < bindparam("before"),
        Shift.ends_at > bindparam("after"),
    )
    .order_by(Shift.starts_at, Registration.id)
)


def _nearby(db: Session, person_id: int, shift: Shift) -> list[tuple[Registration, Shift, Activity]]:
    """Live registrations of the person from an hour before the shift to an hour after it, itself among them."""
    within = {"before": shift.ends_at + CLOSE_BY, "after": shift.starts_at - CLOSE_BY}
    return [(row[0], row[1], row[2]) for row in db.execute(_NEARBY, {"person_id": person_id, **within})]
