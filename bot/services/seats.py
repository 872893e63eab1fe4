"""Seats taken and places in line, always counted from rows; what asking for a seat led to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from bot.services.refusals import Other
from bot.storage.database import rows
from bot.storage.models import LIVE_STATES, SEATED_STATES, Registration, Reservation, Shift

SEATED = SEATED_STATES
LIVE = LIVE_STATES
PRESENT = ("checked_in", "checked_out", "unclosed", "completed")
"""Was or is there."""
ENGAGED = ("confirmed", *PRESENT)
"""Has a seat of their own: what stands in the way of another shift at that time."""


def written(states: Collection[str]) -> list[ColumnElement[str]]:
    """For ``in_()`` of statements built once: as parameters they would be composed anew whenever it is asked."""
    return [literal_column(f"'{state}'") for state in states]


def _counting(wanted: Callable[[Any], ColumnElement[bool]]) -> CompoundSelect[Any]:
    """By shift and state. Of those who wait only heads of parties stand in line; of the others every row counts with
    the seats it holds. What a team holds and nobody of it has taken yet comes as one more state.
    """
    used = (
        select(func.coalesce(func.sum(Registration.party_size), 0))
        .where(Registration.reservation_id == Reservation.id, Registration.state.in_(written(SEATED)))
        .scalar_subquery()
    )
    registered = (
        select(
            Registration.shift_id, Registration.state.label("state"),
            func.count().filter(Registration.party_of.is_(None)), func.sum(Registration.party_size),
            func.max(Registration.queued_at),
        )
        .where(wanted(Registration.shift_id), Registration.state.in_(written(LIVE)))
        .group_by(Registration.shift_id, Registration.state)
    )  # fmt: skip
    held: Select[*tuple[Any, ...]] = select(
        Reservation.shift_id, literal_column("'held'"), literal_column("0"), Reservation.seats - used, null()
    ).where(wanted(Reservation.shift_id), Reservation.state == literal_column("'open'"))
    return union_all(registered, held)


_COUNTED = _counting(lambda shift_id: shift_id.in_(bindparam("shift_ids", expanding=True)))
_COUNTED_ONE = _counting(lambda shift_id: shift_id == bindparam("shift_id"))


class Count(NamedTuple):
    """``taken``: seats of registrations, open offers and what teams hold; ``waiting``: registrations in line;
    ``last_queued_at``: when the last of all counts as having queued, None where nobody ever did."""

    taken: int = 0
    waiting: int = 0
    last_queued_at: datetime | None = None


@dataclass(frozen=True)
class Seats:
    """What `Count` says, beside the seats that there are."""

    capacity: int
    taken: int
    waiting: int
    last_queued_at: datetime | None = None

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
    found = _added_up(rows(db, _COUNTED_ONE, {"shift_id": shift.id}))
    return Seats(shift.capacity, *found.get(shift.id, Count()))


def counted(db: Session, shift_ids: Collection[int]) -> dict[int, Count]:
    """By shift id, for shifts with at least one live registration or seats held by a team."""
    if not shift_ids:
        return {}
    return _added_up(rows(db, _COUNTED, {"shift_ids": list(shift_ids)}))


def _added_up(found: Iterable[Any]) -> dict[int, Count]:
    counts: dict[int, Count] = {}
    for shift_id, state, number, seats, last in found:
        taken, waiting, newest = counts.get(shift_id, Count())
        if state == "waiting":
            waiting += number
        elif state != "pending":
            taken += max(0, seats)
        counts[shift_id] = Count(taken, waiting, max(filter(None, (newest, last)), default=None))
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
