"""Sign-ups that a leader decides: asked, told to the leader, decided with the seats counted again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import actors, registrations
from bot.services.refusals import AlreadyRegistered, ShiftFull, TimeConflict
from bot.services.refusals.registrations import NotPending
from bot.storage.models import AuditEntry, Person, Push, Registration, Shift
from tests.fixtures.world import NOW, World, hours


def led(world: World, **more: object) -> tuple[Shift, int]:
    shift, leader = world.shift(**more), world.person("王老师", "leader")  # type: ignore[arg-type]
    shift.activity.approval, shift.activity.leader_id = True, leader
    world.db.flush()
    return shift, leader


def told(world: World) -> list[tuple[str, str]]:
    rows = world.db.scalars(select(Push).where(Push.kind == "notice").order_by(Push.id))
    return [(row.openid, row.payload["notice"]) for row in rows]


def test_asked_and_approved(world: World) -> None:
    shift, leader = led(world, capacity=1)
    person = world.person("张小青")
    outcome = world.sign_up(shift, person)
    assert (outcome.state, outcome.free) == ("pending", 1)
    (asking,) = registrations.pending(world.db, shift.id)
    assert (asking.name, asking.seats, asking.code) == ("张小青", 1, shift.activity.code)
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, person)
    actor = actors.person(leader)
    row = registrations.decide(world.db, outcome.registration_id, True, actor, NOW)
    assert row.state == "confirmed"
    assert registrations.pending(world.db) == []
    assert told(world) == [("leader", "registrations.asked"), (f"o-{person}", "registrations.decided")]
    entry = world.db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.before, entry.after) == (actor, {"state": "pending"}, {"state": "confirmed"})
    with pytest.raises(NotPending):
        registrations.decide(world.db, outcome.registration_id, False, actor, NOW)


def test_refused_with_a_reason(world: World) -> None:
    shift, leader = led(world)
    id = world.sign_up(shift, world.person()).registration_id
    registrations.decide(world.db, id, False, actors.person(leader), NOW, "需要驾照")
    row = world.db.get_one(Registration, id)
    assert (row.state, row.reason) == ("rejected", "需要驾照")


def test_seats_and_gates_are_asked_again(world: World) -> None:
    shift, leader = led(world, capacity=1, starts_in=hours(50))
    first, second, third = (world.sign_up(shift, person).registration_id for person in world.people(3))
    actor = actors.person(leader)
    elsewhere = world.db.get_one(Registration, first).person_id
    world.sign_up(world.shift(starts_in=hours(50)), elsewhere)
    with pytest.raises(TimeConflict):
        registrations.decide(world.db, first, True, actor, NOW)
    registrations.decide(world.db, second, True, actor, NOW)
    with pytest.raises(ShiftFull):
        registrations.decide(world.db, third, True, actor, NOW)
    assert world.db.get_one(Registration, third).state == "pending"


def test_a_request_may_be_taken_back_and_holds_no_seat(world: World) -> None:
    shift, _ = led(world, capacity=1)
    id = world.sign_up(shift, world.person()).registration_id
    assert registrations.cancel(world.db, id, NOW).was == "pending"
    assert registrations.pending(world.db) == []


def test_the_name_is_the_persons_now(world: World) -> None:
    shift, _ = led(world)
    person = world.person("张三")
    world.sign_up(shift, person)
    world.db.get_one(Person, person).name = "张三丰"
    world.db.flush()
    assert registrations.pending(world.db)[0].name == "张三丰"
