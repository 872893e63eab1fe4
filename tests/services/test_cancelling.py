"""Cancelling: always possible until the start, late only noted, the seat offered on in the same breath."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import activities, registrations
from bot.services.refusals import NotRegistered, ShiftStarted
from bot.storage.models import Push, Registration
from tests.fixtures.world import NOW, World, hours


def test_cancelling_offers_the_seat_to_the_next(world: World) -> None:
    shift = world.shift(capacity=1, title="河道清洁")
    seat, first, second = world.fill(shift, waiting=2)
    done = registrations.cancel(world.db, seat, NOW, "有事")
    assert (done.was, done.late, done.passed_on, done.title) == ("confirmed", False, True, "河道清洁")
    assert world.states(shift) == ["cancelled", "offered", "waiting"]
    assert world.db.get_one(Registration, seat).reason == "有事"
    assert world.db.scalars(select(Push.kind)).all() == ["offer"]


def test_leaving_the_line_moves_the_others_up(world: World) -> None:
    shift = world.shift(capacity=1)
    _, first, second = world.fill(shift, waiting=2)
    done = registrations.cancel(world.db, first, NOW)
    assert (done.was, done.late, done.passed_on) == ("waiting", False, False)
    assert [mine.place_in_line for mine in registrations.mine(world.db, 3, NOW)] == [1]


@pytest.mark.parametrize(("before", "state"), [(24.01, "cancelled"), (23.99, "cancelled_late")])
def test_late_is_noted_not_refused(world: World, before: float, state: str) -> None:
    shift = world.shift(capacity=1)
    (seat,) = world.fill(shift)
    done = registrations.cancel(world.db, seat, shift.starts_at - hours(before))
    assert done.late is (state == "cancelled_late")
    assert world.states(shift) == [state]


def test_leaving_the_line_is_never_late(world: World) -> None:
    shift = world.shift(capacity=1)
    _, waiting = world.fill(shift, waiting=1)
    assert registrations.cancel(world.db, waiting, shift.starts_at - hours(1)).late is False


def test_after_a_move_nobody_cancels_late(world: World) -> None:
    shift = world.shift(capacity=2)
    seat, other = world.fill(shift)
    activities.move(world.db, shift.id, NOW + hours(10), NOW + hours(12), now=NOW)
    assert registrations.cancel(world.db, seat, NOW + hours(1)).late is False


def test_who_came_after_the_move_can_be_late(world: World) -> None:
    shift = world.shift(capacity=2)
    activities.move(world.db, shift.id, NOW + hours(10), NOW + hours(12), now=NOW)
    seat = world.sign_up(shift, world.person(), now=NOW + hours(1)).registration_id
    assert registrations.cancel(world.db, seat, NOW + hours(2)).late is True


def test_cancelling_twice_after_the_start_or_somebody_elses(world: World) -> None:
    shift = world.shift(capacity=2)
    mine, other = world.fill(shift)
    with pytest.raises(NotRegistered):
        registrations.cancel(world.db, mine, NOW, person_id=2)
    registrations.cancel(world.db, mine, NOW, person_id=1)
    with pytest.raises(NotRegistered) as ended:
        registrations.cancel(world.db, mine, NOW)
    assert ended.value.state == "cancelled"
    with pytest.raises(ShiftStarted):
        registrations.cancel(world.db, other, shift.starts_at)
    with pytest.raises(NotRegistered):
        registrations.cancel(world.db, 4711, NOW)


def test_who_cancelled_and_comes_back_is_last_in_line(world: World) -> None:
    shift = world.shift(capacity=1)
    _, first, second = world.fill(shift, waiting=2)
    registrations.cancel(world.db, first, NOW)
    assert world.sign_up(shift, 2).place_in_line == 2
