"""The gates before a seat, in the order they are checked; the rest of them, about who may serve, is in eligibility."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.services import eligibility, seats
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
from bot.services.rules import USUAL, Rules
from bot.storage.database import rows
from bot.storage.models import Activity, Person, Registration, Shift

CLOSE_BY = timedelta(minutes=60)
HOPELESS = frozenset(
    ("SHIFT_UNKNOWN", "CLOSED", "STARTED", "CANCELLED_ACT", "ALREADY_IN", "AGE_LOW", "AGE_HIGH", "MINOR_DANGEROUS",
     "DAILY_CAP", "WEEKLY_CAP", "SUSPENDED", "INSURANCE_CUTOFF")
)  # fmt: skip
"""Refusals that the person cannot mend."""


@dataclass(frozen=True)
class Request:
    """Who wants which shift, and what they have already. ``person`` is None for somebody who has not said who they are.

    ``existing`` is their live registration for this shift; ``others`` are those at that time or close by in which they
    have a seat of their own. ``guardian_id``: who brings this child along. ``without``: registrations of theirs that
    are given up for this one.
    """

    shift: Shift
    activity: Activity
    person: Person | None
    now: datetime
    existing: Registration | None
    others: tuple[Other, ...]
    rules: Rules = USUAL
    guardian_id: int | None = None
    without: frozenset[int] = frozenset()

    @property
    def overlapping(self) -> tuple[Other, ...]:
        """Waiting for two things at once is allowed; only what is confirmed stands in the way."""
        return tuple(other for other in self.others if _overlaps(other, self.shift))

    @property
    def close_by(self) -> tuple[Other, ...]:
        """Those that leave less than an hour in between: a hint, no refusal (TIME_CONFLICT_SOFT)."""
        return tuple(other for other in self.others if not _overlaps(other, self.shift))


def request(
    db: Session,
    shift: Shift,
    activity: Activity,
    person: Person | None,
    now: datetime,
    rules: Rules = USUAL,
    *,
    guardian_id: int | None = None,
    without: frozenset[int] = frozenset(),
) -> Request:
    """Exact only while person and shift are locked."""
    nearby = _nearby(db, person.id, shift) if person else []
    known = next((other.registration_id for other, _, shift_id in nearby if shift_id == shift.id), None)
    existing = db.get(Registration, known) if known is not None else None
    others = tuple(other for other in _engaged_elsewhere(nearby, shift) if other.registration_id not in without)
    return Request(shift, activity, person, now, existing, others, rules, guardian_id, without)


def objections(db: Session, asked: Request) -> Iterator[Refused]:
    """All that stands in the way, in the order of domain §6.3. Whether a seat is free is asked apart from it."""
    yield from about_shift(asked)
    if asked.existing:
        place = seats.place_in_line(db, asked.existing)
        yield AlreadyRegistered(asked.existing.id, asked.existing.state, place)
    missing = missing_fields(asked.person, asked.activity, asked.shift, child=asked.guardian_id is not None)
    if missing:
        yield ProfileMissing(missing)
    yield from about_person(db, asked)


def about_shift(asked: Request) -> Iterator[Refused]:
    for gate in (_not_open_yet, _closed, _started, _cancelled):
        refusal = gate(asked)
        if refusal:
            yield refusal


def about_person(db: Session, asked: Request) -> Iterator[Refused]:
    """Everything about somebody known, of whom nothing is missing that can be asked for."""
    shift, activity, person, rules = asked.shift, asked.activity, asked.person, asked.rules
    if person is not None:
        yield from eligibility.about_age(db, person, activity, shift, rules.timezone, asked.guardian_id)
        yield from eligibility.about_knowledge(db, person, shift, rules.timezone)
        if asked.guardian_id is None:
            yield from eligibility.about_team(db, person, activity)
        yield from map(TimeConflict, asked.overlapping)
        yield from eligibility.about_hours(db, person, shift, rules, asked.without)
        yield from eligibility.about_suspension(db, person, asked.now)
    yield from eligibility.about_insurance(activity, shift, asked.now)
    if person is not None and asked.guardian_id is None:  # a guardian signs for the child
        yield from eligibility.about_agreement(db, person, activity, shift)


def told(refusals: Sequence[Refused]) -> Refused | None:
    """The one to name first: the first that can be mended, unless another makes the mending vain."""
    hopeless = (refusal for refusal in refusals if refusal.code in HOPELESS)
    return next(hopeless, refusals[0] if refusals else None)


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


def missing_fields(person: Person | None, activity: Activity, shift: Shift, *, child: bool = False) -> tuple[str, ...]:
    """Only what this shift needs: the day of birth where ages matter, the identity number where names are insured."""
    wanted: list[tuple[str, object]] = [("name", person and person.name)]
    if not child:  # reached through the guardian
        wanted.append(("phone", person and person.phone_hash))
    if eligibility.needs_age(activity, shift) or child:
        wanted.append(("birth_date", person and person.birth_date))
    if eligibility.needs_identity(activity):
        wanted.append(("id", person and person.id_hash))
    return tuple(field for field, known in wanted if not known)


def overlapping(db: Session, person_id: int, shift: Shift) -> list[Other]:
    """Where else the person has a seat at that time."""
    elsewhere = _engaged_elsewhere(_nearby(db, person_id, shift), shift)
    return [other for other in elsewhere if _overlaps(other, shift)]


def close_by(db: Session, person_id: int, shift: Shift) -> tuple[Other, ...]:
    """Where else the person has a seat less than an hour before or after it."""
    elsewhere = _engaged_elsewhere(_nearby(db, person_id, shift), shift)
    return tuple(other for other in elsewhere if not _overlaps(other, shift))


def _engaged_elsewhere(nearby: list[tuple[Other, str, int]], shift: Shift) -> tuple[Other, ...]:
    return tuple(other for other, state, shift_id in nearby if shift_id != shift.id and state in seats.ENGAGED)


def _overlaps(other: Other, shift: Shift) -> bool:
    return other.starts_at < shift.ends_at and other.ends_at > shift.starts_at


_NEARBY = (
    select(
        Registration.id, Activity.code, Activity.title, Activity.place, Shift.starts_at, Shift.ends_at,
        Registration.state, Shift.id,
    )
    .join(Shift, Registration.shift_id == Shift.id)
    .join(Activity, Shift.activity_id == Activity.id)
    .where(
        Registration.person_id == bindparam("person_id"),
        Registration.state.in_(seats.written(seats.LIVE)),
        Shift.starts_at < bindparam("before"),
        Shift.ends_at > bindparam("after"),
    )
    .order_by(Shift.starts_at, Registration.id)
)  # fmt: skip


def _nearby(db: Session, person_id: int, shift: Shift) -> list[tuple[Other, str, int]]:
    """Live registrations of the person from an hour before the shift to an hour after it, itself among them.

    Each with its state and its shift's id.
    """
    within = {"before": shift.ends_at + CLOSE_BY, "after": shift.starts_at - CLOSE_BY}
    found = rows(db, _NEARBY, {"person_id": person_id, **within})
    return [(Other(*other), state, shift_id) for *other, state, shift_id in found]
