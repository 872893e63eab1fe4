"""Invariants of parties, reservations, swaps and ages, for ``db verify``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot.services import ages, eligibility, seats
from bot.services.breaches import Breach
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Person, Registration, Reservation, Shift, Swap

SWAP_STATES = {"open", "taken", "withdrawn", "expired"}
RESERVATION_STATES = {"open", "expired", "cancelled"}


def _parties(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """A head holds a seat for everybody who is of the party, and they are where the head is."""
    head, row = aliased(Registration), aliased(Registration)
    members = select(row.party_of, func.count()).where(row.party_of.is_not(None), row.state.in_(seats.LIVE))
    counts = {of: number for of, number in db.execute(members.group_by(row.party_of))}  # noqa: C416
    alive = select(Registration).where(Registration.party_of.is_(None), Registration.state.in_(seats.LIVE))
    for one in db.scalars(alive):
        if one.party_size < 1 + counts.get(one.id, 0):
            yield Breach("party_seats", f"{one.party_size} seats for {1 + counts.get(one.id, 0)} people", (one.id,))
    left = (
        select(row.id, head.id)
        .join(head, row.party_of == head.id)
        .where(row.state.in_(("confirmed", "waiting", "pending")), head.state.not_in(seats.LIVE))
        .where(head.state != "absent")
    )
    for id, head_id in db.execute(left):
        yield Breach("party_headless", "of a party whose head has left", (id, head_id))
    companions = select(Registration.id).where(Registration.party_of.is_not(None), Registration.state.in_(seats.LIVE))
    for id in db.scalars(companions.where(Registration.party_size != 0)):
        yield Breach("party_twice", "a companion holds seats of their own", (id,))


def _reservations(db: Session, _cipher: Cipher, now: datetime | None) -> Iterator[Breach]:
    for held in db.scalars(select(Reservation)):
        used = db.scalars(
            select(func.coalesce(func.sum(Registration.party_size), 0)).where(
                Registration.reservation_id == held.id, Registration.state.in_(seats.SEATED)
            )
        ).one()
        if held.state not in RESERVATION_STATES:
            yield Breach("reservation_state", f"unknown state {held.state!r}", (held.id,))
        if used > held.seats:
            yield Breach("reservation_overused", f"{used} of {held.seats} seats", (held.id,))
        if now is not None and held.state == "open" and held.expires_at < now and held.shift.ends_at < now:
            yield Breach("reservation_unreleased", "still holds seats of a shift that is over", (held.id,))


def _swaps(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for swap in db.scalars(select(Swap)):
        if swap.state not in SWAP_STATES:
            yield Breach("swap_state", f"unknown state {swap.state!r}", (swap.id,))
        elif (swap.state == "taken") != (swap.taken_by is not None and swap.taken_at is not None):
            yield Breach("swap_taken", "taken without who or when", (swap.id,))


def _ages(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """INV 08: nobody who is in is too young, or a minor where it is dangerous."""
    seated = (
        select(Registration.id, Person.birth_date, Shift, Activity.dangerous)
        .join(Person, Registration.person_id == Person.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.state.in_(seats.ENGAGED), Person.birth_date.is_not(None))
    )
    for id, born, shift, dangerous in db.execute(seated):
        assert born is not None  # so it was asked
        age = ages.on(eligibility.day_of(shift, USUAL.timezone), born)
        if (shift.min_age is not None and age < shift.min_age) or (dangerous and age < ages.ADULT):
            yield Breach("too_young", f"{age} on the day", (id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _parties,
    _reservations,
    _swaps,
    _ages,
)
