"""Seats taken and places in line, always counted from rows; what asking for a seat led to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from bot.services.refusals import Other
from bot.storage.models import LIVE_STATES, SEATED_STATES, Registration, Reservation, Shift

SEATED = SEATED_STATES
LIVE = LIVE_STATES
PRESENT = ("checked_in", "checked_out", "unclosed", "completed")
"""Was or is there."""
ENGAGED = ("confirmed", *PRESENT)
"""Has a seat of their own: what stands in the way of another shift at that time."""

# Of those who wait only heads of parties stand in line; of the others every row counts with the seats it holds.
_COUNTED = (
    select(
        Registration.shift_id, Registration.state,
        func.count().filter(Registration.party_of.is_(None)), func.sum(Registration.party_size),
    )
    .where(Registration.shift_id.in_(bindparam("shift_ids", expanding=True)), Registration.state.in_(LIVE))
    .group_by(Registration.shift_id, Registration.state)
)  # fmt: skip
_USED = (
    select(func.coalesce(func.sum(Registration.party_size), 0))
    .where(Registration.reservation_id == Reservation.id, Registration.state.in_(SEATED))
    .scalar_subquery()
)
_HELD = (
    select(Reservation.shift_id, Reservation.seats, _USED)
    .where(Reservation.shift_id.in_(bindparam("shift_ids", expanding=True)), Reservation.state == "open")
)  # fmt: skip


@dataclass(frozen=True)
class Seats:
    """``taken``: seats of registrations, open offers and what teams hold; ``waiting``: registrations in line."""

    capacity: int
    taken: int
    waiting: int

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.taken)


@dataclass(frozen=True)
class Outcome:
    """``place_in_line``: None unless waiting. ``free``: seats left. ``close_by``: what is less than an hour apart."""

    registration_id: int
    state: Literal["confirmed", "waiting", "pending"]
    place_in_line: int | None
    free: int
    close_by: tuple[Other, ...] = ()


def of(db: Session, shift: Shift) -> Seats:
    """Exact only while the shift is locked."""
    taken, waiting = counted(db, [shift.id]).get(shift.id, (0, 0))
    return Seats(shift.capacity, taken, waiting)


def counted(db: Session, shift_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Shift id → (taken, waiting), for shifts with at least one live registration."""
    if not shift_ids:
        return {}
    counts: dict[int, tuple[int, int]] = {}
    for shift_id, state, number, seats in db.execute(_COUNTED, {"shift_ids": list(shift_ids)}):
        taken, waiting = counts.get(shift_id, (0, 0))
        if state == "waiting":
            counts[shift_id] = (taken, waiting + number)
        elif state != "pending":
            counts[shift_id] = (taken + seats, waiting)
    for shift_id, seats, used in db.execute(_HELD, {"shift_ids": list(shift_ids)}):
        taken, waiting = counts.get(shift_id, (0, 0))
        counts[shift_id] = (taken + max(0, seats - used), waiting)
    return counts


def place_in_line(db: Session, registration: Registration) -> int | None:
    """1 for the next; None when not waiting. Order: a published priority, when they queued, then who came first.

    A companion's place is that of the party.
    """
    if registration.state != "waiting":
        return None
    if registration.party_of is not None:
        return place_in_line(db, db.get_one(Registration, registration.party_of))
    ahead = select(func.count()).where(
        Registration.shift_id == registration.shift_id, Registration.state == "waiting",
        Registration.party_of.is_(None), _before(registration),
    )  # fmt: skip
    return db.scalars(ahead).one() + 1


def line(db: Session, shift_id: int) -> list[Registration]:
    """Who waits, first first: single people and heads of parties."""
    waiting = select(Registration).where(
        Registration.shift_id == shift_id, Registration.state == "waiting", Registration.party_of.is_(None)
    )
    return list(db.scalars(waiting.order_by(Registration.priority.desc(), Registration.queued_at, Registration.id)))


def _before(registration: Registration) -> ColumnElement[bool]:
    same, at_once = Registration.priority == registration.priority, Registration.queued_at == registration.queued_at
    return or_(
        Registration.priority > registration.priority,
        and_(same, Registration.queued_at < registration.queued_at),
        and_(same, at_once, Registration.id < registration.id),
    )
