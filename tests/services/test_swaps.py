"""Seats of a roster that change hands: under the gates, never past a line, both told, in one transaction."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from bot.services import registrations, swaps
from bot.services.refusals import AlreadyRegistered, TimeConflict
from bot.services.refusals.registrations import LineWaits, NotARosterSeat, NothingToExchange, SwapUnknown
from bot.storage.models import Push, Registration, Roster, Shift, Swap
from tests.fixtures.world import NOW, World, hours


def on_roster(world: World, *starts_in: float) -> list[Shift]:
    """Shifts with one seat each, of one roster."""
    shifts = [world.shift(capacity=1, starts_in=hours(number)) for number in starts_in]
    roster = Roster(
        activity_id=shifts[0].activity_id, weekdays=[0], slots=[], first_on=date(2026, 3, 1), last_on=date(2026, 6, 1)
    )
    world.db.add(roster)
    world.db.flush()
    for number, shift in enumerate(shifts):
        shift.roster_id, shift.roster_slot = roster.id, str(number)
    world.db.flush()
    return shifts


def holders(world: World, shift: Shift) -> list[int]:
    held = select(Registration.person_id).where(Registration.shift_id == shift.id, Registration.state == "confirmed")
    return list(world.db.scalars(held))


def test_a_seat_is_handed_over_and_both_are_told(world: World) -> None:
    (shift,) = on_roster(world, 60)
    one, other = world.people(2)
    seat = world.sign_up(shift, one).registration_id
    swap = swaps.offer(world.db, seat, one, NOW)
    swaps.take(world.db, swap.code.lower(), other, "taker", NOW)
    assert holders(world, shift) == [other]
    assert (swap.state, world.db.get_one(Registration, seat).state) == ("taken", "cancelled")
    told = world.db.scalars(select(Push).where(Push.kind == "notice").order_by(Push.id)).all()
    assert [(row.openid, row.payload["who"]) for row in told] == [(f"o-{one}", "giver"), ("taker", "taker")]
    with pytest.raises(SwapUnknown):
        swaps.take(world.db, swap.code, world.person(), "late", NOW)


def test_two_seats_are_exchanged(world: World) -> None:
    first, second = on_roster(world, 60, 61)
    one, other = world.people(2)
    seat = world.sign_up(first, one).registration_id
    world.sign_up(second, other)
    swap = swaps.offer(world.db, seat, one, NOW, wanted_shift_id=second.id)
    with pytest.raises(NothingToExchange):
        swaps.take(world.db, swap.code, world.person(), "x", NOW)
    swaps.take(world.db, swap.code, other, "taker", NOW)  # the shifts overlap: what is given up is no conflict
    assert (holders(world, first), holders(world, second)) == ([other], [one])


def test_the_taker_passes_the_gates(world: World) -> None:
    (shift,) = on_roster(world, 60)
    one, other = world.people(2)
    swap = swaps.offer(world.db, world.sign_up(shift, one).registration_id, one, NOW)
    world.sign_up(world.shift(starts_in=hours(61)), other)
    with pytest.raises(TimeConflict):
        swaps.take(world.db, swap.code, other, "x", NOW)
    with pytest.raises(SwapUnknown):
        swaps.take(world.db, swap.code, one, "own", NOW)
    assert holders(world, shift) == [one]


def test_never_past_those_who_wait(world: World) -> None:
    (shift,) = on_roster(world, 60)
    one, other, waiting = world.people(3)
    seat = world.sign_up(shift, one).registration_id
    swap = swaps.offer(world.db, seat, one, NOW)
    world.sign_up(shift, waiting)
    with pytest.raises(LineWaits):
        swaps.take(world.db, swap.code, other, "x", NOW)
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, one)
    with pytest.raises(LineWaits):
        swaps.offer(world.db, seat, one, NOW)


def test_only_ones_own_confirmed_seat_of_a_roster(world: World) -> None:
    one = world.person()
    seat = world.sign_up(world.shift(), one).registration_id
    with pytest.raises(NotARosterSeat):
        swaps.offer(world.db, seat, one, NOW)


def test_asking_again_gives_a_new_code_and_cancelling_ends_it(world: World) -> None:
    (shift,) = on_roster(world, 60)
    one = world.person()
    seat = world.sign_up(shift, one).registration_id
    old, new = swaps.offer(world.db, seat, one, NOW), swaps.offer(world.db, seat, one, NOW)
    assert [row.state for row in world.db.scalars(select(Swap).order_by(Swap.id))] == ["withdrawn", "open"]
    assert old.id != new.id
    registrations.cancel(world.db, seat, NOW)
    with pytest.raises(SwapUnknown):
        swaps.take(world.db, new.code, world.person(), "x", NOW)
    assert swaps.expire(world.db, NOW) == 1
    assert swaps.expire(world.db, NOW) == 0
