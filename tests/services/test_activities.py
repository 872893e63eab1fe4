"""Publishing, moving, cancelling, changing the number of seats; codes; who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import activities, codes, registrations
from bot.services.activities import NewActivity
from bot.services.refusals import ActivityIncomplete, CapacityBelowTaken, ShiftUnknown
from bot.storage.models import Activity, Offer, Push, Shift
from tests.fixtures.world import NOW, WORDS, World, hours

GOOD = NewActivity(**WORDS, capacity=20, starts_at=NOW + hours(30), ends_at=NOW + hours(32))


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"risk": " "}, ("risk",)),
        ({"title": "", "content": "", "leader": ""}, ("title", "content", "leader")),
        ({"ends_at": GOOD.starts_at}, ("ends_at",)),
        ({"starts_at": NOW, "capacity": 0}, ("starts_at", "capacity")),
        ({"signup_closes_at": GOOD.ends_at}, ("signup_closes_at",)),
        ({"signup_opens_at": GOOD.starts_at}, ("signup_opens_at",)),
        ({"title": "长" * 65, "code": "TOOLONG99"}, ("title", "code")),
    ],
)
def test_what_forbids_publishing_is_named_all_at_once(world: World, change: dict[str, object], fields: tuple) -> None:
    with pytest.raises(ActivityIncomplete) as refused:
        activities.create(world.db, replace(GOOD, **change), NOW)  # type: ignore[arg-type]
    assert refused.value.fields == fields
    assert world.db.scalars(select(Activity)).all() == []


def test_a_draft_may_lack_words_and_is_shown_to_nobody(world: World) -> None:
    draft = activities.create(world.db, replace(GOOD, state="draft", risk="", content=""), NOW)
    assert activities.listed(world.db, NOW) == []
    assert activities.find(world.db, NOW, draft.code) == []
    with pytest.raises(ShiftUnknown):
        activities.detail(world.db, draft.shifts[0].id, NOW)


def test_codes_follow_each_other_and_a_wish_is_respected(world: World) -> None:
    made = [activities.create(world.db, GOOD, NOW).code for _ in range(2)]
    made.append(activities.create(world.db, replace(GOOD, code="M26"), NOW).code)
    made.append(activities.create(world.db, GOOD, NOW).code)
    assert made == ["A01", "A02", "M26", "M27"]
    with pytest.raises(ActivityIncomplete) as refused:
        activities.create(world.db, replace(GOOD, code="A01"), NOW)
    assert refused.value.fields == ("code",)


def test_the_sequence_of_codes_has_no_double_and_no_letter_like_a_digit() -> None:
    sequence = [codes.nth(rank) for rank in range(1, 6000)]
    assert sequence[:2] == ["A01", "A02"] and sequence[98:100] == ["A99", "B01"]
    assert sequence[23 * 99 - 1 : 23 * 99 + 1] == ["Z99", "A100"]
    assert len(set(sequence)) == len(sequence)
    assert not any(code[0] in "IOT" for code in sequence)
    assert all(codes.CODE.fullmatch(code) for code in sequence)


def test_moving_tells_everybody_registered_and_takes_reminders_back(world: World) -> None:
    shift = world.shift(capacity=1)
    world.fill(shift, waiting=1)
    moved = activities.move(world.db, shift.id, NOW + hours(60), NOW + hours(62), "新址", now=NOW)
    assert moved.told == 2
    pushes = world.db.scalars(select(Push).order_by(Push.id)).all()
    assert [(push.kind, push.openid, push.due_at) for push in pushes] == [
        ("change", "o-1", NOW + timedelta(minutes=5)),
        ("change", "o-2", NOW + timedelta(minutes=5)),
    ]
    one = activities.detail(world.db, shift.id, NOW)
    assert (one.starts_at, one.ends_at, one.place) == (NOW + hours(60), NOW + hours(62), "新址")


def test_moving_twice_within_minutes_is_heard_once(world: World) -> None:
    shift = world.shift(capacity=1)
    world.fill(shift)
    activities.move(world.db, shift.id, NOW + hours(60), NOW + hours(62), now=NOW)
    activities.move(world.db, shift.id, NOW + hours(61), NOW + hours(63), now=NOW + timedelta(minutes=2))
    states = world.db.scalars(select(Push.state).order_by(Push.id)).all()
    assert states == ["superseded", "due"]


def test_moving_to_where_it_is_tells_nobody(world: World) -> None:
    shift = world.shift(capacity=1)
    world.fill(shift)
    assert activities.move(world.db, shift.id, shift.starts_at, shift.ends_at, now=NOW).told == 0
    assert world.db.scalars(select(Push)).all() == []


def test_moving_names_those_who_are_now_in_two_places(world: World) -> None:
    shift, other = world.shift(starts_in=hours(30)), world.shift(starts_in=hours(60))
    person = world.person()
    mine = world.sign_up(shift, person).registration_id
    there = world.sign_up(other, person).registration_id
    moved = activities.move(world.db, shift.id, NOW + hours(60), NOW + hours(62), now=NOW)
    assert [(registration, found.registration_id) for registration, found in moved.conflicts] == [(mine, there)]


def test_the_end_of_sign_up_moves_along(world: World) -> None:
    shift = world.shift(starts_in=hours(50), signup_closes_at=NOW + hours(40))
    activities.move(world.db, shift.id, NOW + hours(60), NOW + hours(62), now=NOW)
    assert shift.signup_closes_at == NOW + hours(50)


def test_a_new_place_concerns_all_shifts_of_the_activity(world: World) -> None:
    shift = world.shift(capacity=1)
    later = Shift(starts_at=NOW + hours(200), ends_at=NOW + hours(202), capacity=1, activity_id=shift.activity_id)
    world.db.add(later)
    world.db.flush()
    world.db.refresh(shift.activity)
    world.fill(shift)
    world.fill(later)
    assert activities.move(world.db, shift.id, NOW + hours(60), NOW + hours(62), now=NOW).told == 1
    assert activities.move(world.db, shift.id, NOW + hours(60), NOW + hours(62), "新址", now=NOW).told == 2
    assert activities.detail(world.db, shift.id, NOW).other_shifts == (later.id,)


def test_impossible_moves(world: World) -> None:
    shift = world.shift()
    for starts_at, ends_at in [(NOW, NOW + hours(1)), (NOW + hours(5), NOW + hours(5))]:
        with pytest.raises(ActivityIncomplete):
            activities.move(world.db, shift.id, starts_at, ends_at, now=NOW)
    with pytest.raises(ShiftUnknown):
        activities.move(world.db, 4711, NOW + hours(5), NOW + hours(6), now=NOW)


def test_cancelling_tells_everybody_once_and_ends_offers(world: World) -> None:
    shift = world.shift(capacity=2)
    first, *_ = world.fill(shift, waiting=2)
    registrations.cancel(world.db, first, NOW)
    assert activities.cancel(world.db, shift.activity_id, "台风红色预警", NOW) == 3
    assert activities.cancel(world.db, shift.activity_id, "again", NOW) == 0
    assert world.states(shift) == ["cancelled"] + ["activity_cancelled"] * 3
    assert world.db.scalars(select(Offer.answer)).all() == ["withdrawn"]
    told = world.db.execute(select(Push.kind, Push.openid).where(Push.state == "due").order_by(Push.id)).all()
    assert [tuple(row) for row in told] == [("cancelled", "o-2"), ("cancelled", "o-3"), ("cancelled", "o-4")]
    assert activities.listed(world.db, NOW) == []
    assert activities.detail(world.db, shift.id, NOW).cancel_reason == "台风红色预警"
    with pytest.raises(ShiftUnknown):
        activities.set_capacity(world.db, shift.id, 9, NOW)


def test_cancelling_needs_a_reason_and_an_activity(world: World) -> None:
    with pytest.raises(ActivityIncomplete):
        activities.cancel(world.db, world.shift().activity_id, " ", NOW)
    with pytest.raises(ShiftUnknown):
        activities.cancel(world.db, 4711, "x", NOW)


def test_more_seats_are_offered_fewer_than_taken_are_refused(world: World) -> None:
    shift = world.shift(capacity=2)
    world.fill(shift, waiting=3)
    with pytest.raises(CapacityBelowTaken) as refused:
        activities.set_capacity(world.db, shift.id, 1, NOW)
    assert refused.value.taken == 2
    assert len(activities.set_capacity(world.db, shift.id, 4, NOW)) == 2
    assert world.states(shift) == ["confirmed"] * 2 + ["offered"] * 2 + ["waiting"]
    with pytest.raises(CapacityBelowTaken):
        activities.set_capacity(world.db, shift.id, 3, NOW)
    with pytest.raises(ActivityIncomplete):
        activities.set_capacity(world.db, shift.id, 0, NOW)
