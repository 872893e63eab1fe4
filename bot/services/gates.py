"""The gates before a seat, in the order they are checked: the first refusal is the one told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
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
from bot.services.seats import Outcome
from bot.storage.models import Activity, Person, Registration, Shift

CLOSE_BY = timedelta(minutes=60)


@dataclass(frozen=True)
class Request:
    """Who wants which shift. ``person`` is None for a follower who has not said who they are."""

    shift: Shift
    activity: Activity
    person: Person | None
    now: datetime


def objections(db: Session, request: Request) -> Iterator[Refused]:
    """All that stands in the way, most important first. Whether a seat is free is asked afterwards."""
    for gate in (_not_open_yet, _closed, _started, _cancelled):
        refusal = gate(request)
        if refusal:
            yield refusal
    if request.person:
        existing = live_registration(db, request.shift.id, request.person.id)
        if existing:
            yield AlreadyRegistered(existing.id, existing.state, seats.place_in_line(db, existing))
    missing = missing_fields(request.person)
    if missing:
        yield ProfileMissing(missing)
    if request.person:
        yield from map(TimeConflict, overlapping(db, request.person.id, request.shift))


def _not_open_yet(request: Request) -> Refused | None:
    opens_at = request.shift.signup_opens_at
    # A cancelled activity never opens: to name an hour would make people come back for nothing.
    if opens_at and request.now < opens_at and request.activity.state != "cancelled":
        return SignupNotOpen(opens_at)
    return None


def _closed(request: Request) -> Refused | None:
    closes_at = request.shift.signup_closes_at
    return SignupClosed(closes_at) if closes_at and closes_at <= request.now else None


def _started(request: Request) -> Refused | None:
    return ShiftStarted(request.shift.starts_at) if request.shift.starts_at <= request.now else None


def _cancelled(request: Request) -> Refused | None:
    if request.activity.state == "cancelled":
        return ActivityCancelled(request.activity.cancel_reason)
    return None if request.activity.state == "open" else ShiftUnknown()  # a draft is nobody's to see


def missing_fields(person: Person | None) -> tuple[str, ...]:
    return tuple(
        field
        for field, known in (("name", person and person.name), ("phone", person and person.phone_hash))
        if not known
    )


def live_registration(db: Session, shift_id: int, person_id: int) -> Registration | None:
    return db.scalars(
        select(Registration).where(
            Registration.shift_id == shift_id, Registration.person_id == person_id, Registration.state.in_(seats.LIVE)
        )
    ).one_or_none()


def overlapping(db: Session, person_id: int, shift: Shift) -> list[Other]:
    """Confirmed registrations of the person at the same time. Waiting for two things at once is allowed."""
    return _others(db, person_id, shift, timedelta(0))


def close_by(db: Session, person_id: int, shift: Shift) -> list[Other]:
    """Those that leave less than an hour in between: a hint, no refusal."""
    return _others(db, person_id, shift, CLOSE_BY)


def outcome(db: Session, registration: Registration, shift: Shift) -> Outcome:
    """What the person now has, read from the rows."""
    place = seats.place_in_line(db, registration)
    near = tuple(close_by(db, registration.person_id, shift))
    return Outcome(registration.id, "waiting" if place else "confirmed", place, seats.of(db, shift).free, near)


def _others(db: Session, person_id: int, shift: Shift, margin: timedelta) -> list[Other]:
    found = (
        select(Registration, Shift, Activity)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(
            Registration.person_id == person_id,
            Registration.state == "confirmed",
            Registration.shift_id != shift.id,
            Shift.starts_at < shift.ends_at + margin,
            Shift.ends_at > shift.starts_at - margin,
        )
        .order_by(Shift.starts_at)
    )
    return [
        Other(registration.id, activity.code, activity.title, activity.place, other.starts_at, other.ends_at)
        for registration, other, activity in db.execute(found)
    ]
