"""Seats a team reserves: by its leader, from what nobody else has a claim to, until a time, each saying yes himself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import registrations, reservations, seats
from bot.services.refusals.registrations import (
    InvitationUnknown,
    NamesUnclear,
    NotOnTheList,
    NotTheLeader,
    SeatsTooFew,
)
from bot.storage.crypto import Cipher
from bot.storage.models import Invitation, Membership, Push, Registration, Reservation, Team
from tests.fixtures.world import NOW, World, hours


def team_of(world: World, leader: int) -> int:
    team = Team(code="T05", name="绿水队", created_at=NOW)
    world.db.add(team)
    world.db.flush()
    world.db.add(
        Membership(
            team_id=team.id, person_id=leader, role="leader", state="active", state_since=NOW, applied_at=NOW
        )
    )
    world.db.flush()
    return team.id


def reserved(world: World, *, capacity: int = 5, wanted: int = 3) -> Reservation:
    shift, leader = world.shift(capacity=capacity), world.person("队长", "leader")
    return reservations.reserve(world.db, shift.id, team_of(world, leader), leader, "leader", wanted, NOW)


def test_seats_are_held_from_the_moment_of_reserving(world: World) -> None:
    held = reserved(world)
    assert seats.of(world.db, held.shift).free == 2
    assert held.expires_at == NOW + reservations.HELD_FOR
    for person in world.people(2):
        world.sign_up(held.shift, person)
    assert world.sign_up(held.shift, world.person()).state == "waiting"


def test_only_a_leader_and_only_free_seats(world: World) -> None:
    held = reserved(world)
    with pytest.raises(NotTheLeader):
        reservations.reserve(world.db, held.shift_id, held.team_id, world.person(), "o", 1, NOW)
    with pytest.raises(SeatsTooFew) as refused:
        reservations.reserve(world.db, held.shift_id, held.team_id, held.person_id, "leader", 3, NOW)
    assert refused.value.free == 2


def test_a_list_of_names_as_people_type_it(world: World) -> None:
    typed = "1. 张小青 13900000001\n王小明：139-0000-0002\n\n13900000003，阿依古丽·买买提\n王小明 13900000002"
    assert reservations.parse(typed) == [
        ("张小青", "13900000001"), ("王小明", "13900000002"), ("阿依古丽·买买提", "13900000003"),
    ]  # fmt: skip
    with pytest.raises(NamesUnclear) as refused:
        reservations.parse("张小青 13900000001\n李四\n王五 139")
    assert refused.value.lines == ("李四", "王五 139")


def test_members_say_yes_themselves_and_seats_are_used_up(world: World, cipher: Cipher) -> None:
    held = reserved(world, wanted=2)
    named = world.person("张小青")  # 13800000002
    code, told = reservations.name(
        world.db, cipher, held.id, [("张小青", "13800000002"), ("王小明", "13900000009")], NOW
    )
    assert told == 1
    assert world.db.scalars(select(Push.openid).where(Push.kind == "notice")).all() == ["o-2"]
    assert [one.id for one in reservations.waiting_for(world.db, named, NOW)] == [held.id]
    assert world.db.scalars(select(Registration)).all() == [], "nobody is enrolled by a list"
    with pytest.raises(NotOnTheList):
        reservations.join(world.db, held.id, world.person("路人"), "o", NOW)
    assert reservations.join(world.db, held.id, named, "o-2", NOW).state == "confirmed"
    assert reservations.waiting_for(world.db, named, NOW) == []
    assert seats.of(world.db, held.shift).taken == 2
    assert len(code) == 4


def test_the_code_takes_what_is_not_named(world: World, cipher: Cipher) -> None:
    held = reserved(world, wanted=2)
    reservations.name(world.db, cipher, held.id, [("王小明", "13900000009")], NOW)
    reservations.join(world.db, held.id, world.person("路人"), "o", NOW)
    with pytest.raises(NotOnTheList):
        reservations.join(world.db, held.id, world.person("又一个"), "o", NOW)
    with pytest.raises(SeatsTooFew):
        reservations.name(world.db, cipher, held.id, [("甲乙", "13900000010"), ("丙丁", "13900000011")], NOW)


def test_unconfirmed_seats_go_to_the_line_when_the_time_is_over(world: World, cipher: Cipher) -> None:
    held = reserved(world, capacity=2, wanted=2)
    member, waiting = world.people(2)
    reservations.join(world.db, held.id, member, "o", NOW)
    assert world.sign_up(held.shift, waiting).state == "waiting"
    assert reservations.expire(world.db, held.expires_at - hours(0.1)) == []
    assert [one.state for one in reservations.expire(world.db, held.expires_at)] == ["expired"]
    assert world.states(held.shift) == ["confirmed", "offered"]
    assert "registrations.released" in {
        row.payload["notice"] for row in world.db.scalars(select(Push).where(Push.kind == "notice"))
    }
    with pytest.raises(InvitationUnknown):
        reservations.join(world.db, held.id, world.person(), "o", held.expires_at)


def test_who_said_no_stays_off_the_list(world: World, cipher: Cipher) -> None:
    held = reserved(world)
    named = world.person("张小青")
    reservations.name(world.db, cipher, held.id, [("张小青", "13800000002")], NOW)
    reservations.refuse(world.db, held.id, named, NOW)
    assert reservations.waiting_for(world.db, named, NOW) == []
    assert world.db.scalars(select(Invitation.answer).where(Invitation.phone_hash.is_not(None))).all() == ["declined"]


def test_a_member_who_cancels_gives_the_seat_back_to_the_team(world: World) -> None:
    held = reserved(world, capacity=3, wanted=3)
    row = reservations.join(world.db, held.id, world.person(), "o", NOW).registration_id
    waiting = world.sign_up(held.shift, world.person())
    registrations.cancel(world.db, row, NOW)
    assert (waiting.state, seats.of(world.db, held.shift).taken) == ("waiting", 3)
