"""Signing up, queueing, cancelling: what a person gets, and every refusal by name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.services import activities, people, registrations
from bot.services.refusals import (
    ActivityCancelled,
    AlreadyRegistered,
    ProfileMissing,
    Refused,
    ShiftFull,
    ShiftStarted,
    ShiftUnknown,
    SignupClosed,
    SignupNotOpen,
    TimeConflict,
    WaitlistFull,
)
from bot.services.rules import Rules
from bot.services.seats import Outcome
from bot.storage.models import Registration
from tests.fixtures.world import NOW, World, hours


def test_a_free_seat_is_confirmed_at_once(world: World) -> None:
    shift, person = world.shift(capacity=3), world.person()
    outcome = world.sign_up(shift, person)
    assert outcome == Outcome(outcome.registration_id, "confirmed", None, free=2)


def test_a_full_shift_queues_in_order(world: World) -> None:
    shift = world.shift(capacity=1)
    world.fill(shift)
    places = [world.sign_up(shift, person).place_in_line for person in world.people(3)]
    assert places == [1, 2, 3]
    assert world.states(shift) == ["confirmed", "waiting", "waiting", "waiting"]


def test_without_queue_a_full_shift_tells_the_place_one_would_get(world: World) -> None:
    shift = world.shift(capacity=2)
    world.fill(shift, waiting=1)
    with pytest.raises(ShiftFull) as refused:
        world.sign_up(shift, world.person(), queue=False)
    assert (refused.value.capacity, refused.value.taken, refused.value.place_in_line) == (2, 2, 2)
    assert len(world.states(shift)) == 3


def test_the_shifts_own_limit_of_the_line_wins(world: World) -> None:
    shift = world.shift(capacity=1, waitlist_limit=1)
    world.fill(shift, waiting=1)
    with pytest.raises(WaitlistFull) as refused:
        world.sign_up(shift, world.person())
    assert refused.value.limit == 1


def test_the_usual_limit_of_the_line(world: World) -> None:
    shift = world.shift(capacity=1)
    world.fill(shift)
    with pytest.raises(WaitlistFull) as refused:
        world.sign_up(shift, world.person(), queue=False, rules=Rules(waitlist_limit=0))
    assert refused.value.limit == 0


def test_twice_is_refused_with_what_one_has(world: World) -> None:
    shift, first, second = world.shift(capacity=1), world.person(), world.person()
    seat = world.sign_up(shift, first)
    place = world.sign_up(shift, second)
    with pytest.raises(AlreadyRegistered) as has_seat:
        world.sign_up(shift, first)
    with pytest.raises(AlreadyRegistered) as waits:
        world.sign_up(shift, second)
    assert (has_seat.value.registration_id, has_seat.value.state) == (seat.registration_id, "confirmed")
    assert has_seat.value.place_in_line is None
    assert vars(waits.value) == {"registration_id": place.registration_id, "state": "waiting", "place_in_line": 1}


def test_nobody_knows_who_this_is(world: World) -> None:
    shift = world.shift()
    with pytest.raises(ProfileMissing) as refused:
        registrations.sign_up(world.db, shift.id, None, "o-x", NOW)
    assert refused.value.fields == ("name", "phone")


def test_sign_up_window(world: World) -> None:
    opens, closes = NOW + hours(1), NOW + hours(5)
    shift, person = world.shift(signup_opens_at=opens, signup_closes_at=closes), world.person()
    with pytest.raises(SignupNotOpen) as early:
        world.sign_up(shift, person, now=opens - timedelta(seconds=1))
    with pytest.raises(SignupClosed) as late:
        world.sign_up(shift, person, now=closes)
    assert (early.value.opens_at, late.value.closed_at) == (opens, closes)
    assert world.sign_up(shift, person, now=opens).state == "confirmed"


def test_after_the_start(world: World) -> None:
    shift = world.shift()
    with pytest.raises(ShiftStarted):
        world.sign_up(shift, world.person(), now=shift.starts_at)


def test_cancelled_unknown_and_unpublished(world: World) -> None:
    shift, draft = world.shift(), world.shift(state="draft")
    activities.cancel(world.db, shift.activity_id, "台风", NOW)
    with pytest.raises(ActivityCancelled) as refused:
        world.sign_up(shift, world.person())
    assert refused.value.reason == "台风"
    with pytest.raises(ShiftUnknown):
        world.sign_up(draft, world.person())
    with pytest.raises(ShiftUnknown):
        registrations.sign_up(world.db, 4711, world.person(), "o", NOW)


def test_two_things_at_once(world: World) -> None:
    person = world.person()
    first = world.shift(starts_in=hours(50), lasts=2.5, title="敬老院陪伴日")
    overlapping = world.shift(starts_in=hours(52), lasts=2)
    kept = world.sign_up(first, person)
    with pytest.raises(TimeConflict) as refused:
        world.sign_up(overlapping, person)
    assert refused.value.other.registration_id == kept.registration_id
    assert refused.value.other.title == "敬老院陪伴日"
    assert (refused.value.other.starts_at, refused.value.other.ends_at) == (first.starts_at, first.ends_at)


def test_close_by_is_a_hint_and_touching_is_allowed(world: World) -> None:
    person = world.person()
    first = world.shift(starts_in=hours(50), lasts=2)
    world.sign_up(first, person)
    touching = world.sign_up(world.shift(starts_in=hours(52)), person)
    an_hour_later = world.sign_up(world.shift(starts_in=hours(55)), person)
    assert [other.starts_at for other in touching.close_by] == [first.starts_at]
    assert an_hour_later.close_by == ()


def test_refusals_come_in_the_order_of_the_gates(world: World) -> None:
    shift, person = world.shift(signup_closes_at=NOW + hours(1)), world.person()
    world.sign_up(shift, person)
    activities.cancel(world.db, world.shift().activity_id, "x", NOW)
    later = shift.starts_at + hours(1)
    found = registrations.objections(world.db, shift.id, person, later)
    assert [refusal.code for refusal in found] == ["CLOSED", "STARTED", "ALREADY_IN"]
    nobody = registrations.objections(world.db, shift.id, None, later)
    assert [refusal.code for refusal in nobody] == ["CLOSED", "STARTED", "PROFILE_MISSING"]


def test_an_activity_cancelled_before_it_opened_names_no_hour(world: World) -> None:
    shift = world.shift(signup_opens_at=NOW + hours(1))
    activities.cancel(world.db, shift.activity_id, "场地检修", NOW)
    assert [type(found) for found in registrations.objections(world.db, shift.id, world.person(), NOW)] == [
        ActivityCancelled
    ]


def test_every_refusal_has_its_own_code() -> None:
    codes = [refusal.code for refusal in Refused.__subclasses__()]
    assert len(codes) > 15
    assert len(set(codes)) == len(codes)


def test_a_refusal_changes_nothing(world: World) -> None:
    shift = world.shift(capacity=1, waitlist_limit=0)
    world.fill(shift)
    world.db.commit()
    with pytest.raises(WaitlistFull):
        world.sign_up(shift, world.person())
    world.db.commit()
    assert world.db.scalar(select(func.count()).select_from(Registration)) == 1


def test_nobody_is_put_before_those_who_were_told_their_place(world: World) -> None:
    """Two arrive together; the one whose clock read earlier gets the lock later."""
    shift = world.shift(capacity=1)
    world.fill(shift)
    first = world.sign_up(shift, world.person(), now=NOW + timedelta(milliseconds=2))
    second = world.sign_up(shift, world.person(), now=NOW)
    assert (first.place_in_line, second.place_in_line) == (1, 2)
    assert registrations.mine(world.db, 2, NOW)[0].place_in_line == 1


# -- shortly before the start nobody is offered seats, but who asks is served in order --------------------


def test_shortly_before_the_start_the_first_in_line_may_ask(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    soon = shift.starts_at - hours(1)
    assert registrations.cancel(world.db, seat, soon).passed_on is False
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, 3, now=soon)
    with pytest.raises(ShiftFull):
        world.sign_up(shift, world.person(), now=soon, queue=False)
    assert world.sign_up(shift, 2, now=soon).state == "confirmed"
    assert world.states(shift)[:3] == ["cancelled_late", "confirmed", "waiting"]


def test_a_seat_nobody_in_line_can_take_goes_to_the_newcomer(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(50))
    seat, waiting = world.fill(shift, waiting=1)
    world.sign_up(world.shift(starts_in=hours(50)), 2)
    assert registrations.cancel(world.db, seat, NOW).passed_on is False
    assert world.sign_up(shift, world.person()).state == "confirmed"


# -- mine -------------------------------------------------------------------------------------------------


def test_mine_is_what_lies_ahead(world: World) -> None:
    person = world.person()
    later, sooner, past = world.shift(starts_in=hours(60)), world.shift(starts_in=hours(30)), world.shift()
    for shift in (later, sooner, past):
        world.sign_up(shift, person)
    registrations.cancel(world.db, 3, NOW)
    mine = registrations.mine(world.db, person, NOW)
    assert [(one.shift_id, one.state) for one in mine] == [(sooner.id, "confirmed"), (later.id, "confirmed")]
    assert registrations.mine(world.db, person, later.ends_at) == []


def test_one_person_with_two_accounts_is_one_person(world: World) -> None:
    shift = world.shift()
    follower = people.follow(world.db, "phone-1", "", NOW)
    first = people.save_profile(world.db, world.cipher, follower, "王小雨", "13900000001", NOW)
    other = people.follow(world.db, "phone-2", "", NOW)
    second = people.save_profile(world.db, world.cipher, other, "王小雨", "+86 139-0000-0001", NOW)
    assert first.id == second.id
    world.sign_up(shift, first.id)
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, second.id)
