"""Whom the office enters: in line before, seated at the door, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import activity_states, desk_sign_ups, registrations, seats, verification
from bot.services.refusals import ActivityCancelled, PhoneInvalid, TimeConflict
from bot.services.refusals.registrations import ConsentMissing, NoSeatLeft
from bot.storage.crypto import Cipher
from bot.storage.models import Consent, Follower, Person, Registration, Shift
from tests.fixtures.world import NOW, World, hours

STARTS = NOW + hours(2)
PHONE = "13900001111"


def enter(
    db: Session, cipher: Cipher, shift: Shift, name: str = "钱多多", phone: str = PHONE, **more: Any
) -> desk_sign_ups.Entered:
    now = more.pop("now", NOW)
    return desk_sign_ups.enter(
        db, cipher, shift.id, name, phone, "staff:1", now,
        **{"agreed": True, "nonce": f"{name}{phone}{now.isoformat()}", **more},
    )  # fmt: skip


def test_by_telephone_somebody_new_waits_like_any_other(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=1)
    first = enter(db, cipher, shift)
    second = enter(db, cipher, shift, "孙二", "13900002222")
    assert (first.state, second.state, second.place_in_line) == ("confirmed", "waiting", 1)
    assert enter(db, cipher, shift, "孙二", "13900002222") == second, "entering again changes nothing"
    person = db.scalars(select(Person).where(Person.name == "钱多多")).one()
    assert cipher.decrypt(person.phone_encrypted or b"") == PHONE
    assert db.scalars(select(Consent.purpose).where(Consent.person_id == person.id)).all() == ["sign_up"]
    assert verification.check(db, cipher, now=NOW) == []


def test_who_is_known_is_found_and_heard_in_wechat(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift()
    known = world.person("王晓雨")
    phone = cipher.decrypt(db.get_one(Person, known).phone_encrypted or b"")
    made = enter(db, cipher, shift, "王晓雨", f"+86 {phone}")
    row = db.get_one(Registration, made.registration_id)
    assert row.person_id == known and row.openid == db.scalars(select(Follower.openid)).one()


def test_at_the_door_a_free_seat_is_taken_and_checked_in(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=3, starts_at=STARTS, signup_closes_at=NOW + hours(1))
    world.sign_up(shift, world.person("王晓雨"))
    now = STARTS + hours(0.2)
    made = enter(db, cipher, shift, now=now)
    assert made.state == "checked_in" and db.get_one(Registration, made.registration_id).source == "desk"
    assert desk_sign_ups.takes_at_once(shift, now) and not desk_sign_ups.takes_at_once(shift, NOW - hours(5))
    assert sorted(world.states(shift)) == ["checked_in", "confirmed"]
    assert seats.of(db, shift).taken == 2
    enter(db, cipher, shift, "孙二", "13900002222", now=now)
    with pytest.raises(NoSeatLeft):
        enter(db, cipher, shift, "周三", "13900003333", now=now)
    assert verification.check(db, cipher, now=now) == []


def test_who_waits_and_comes_gets_a_seat_with_the_party(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=2, starts_at=STARTS)
    head = world.person("王晓雨")
    rows = [world.sign_up(shift, world.person()) for _ in range(2)]
    waiting = world.sign_up(shift, head)
    assert waiting.state == "waiting"
    registrations.cancel(db, rows[0].registration_id, NOW)
    phone = cipher.decrypt(db.get_one(Person, head).phone_encrypted or b"")
    made = enter(db, cipher, shift, "王晓雨", phone, now=STARTS)
    assert made == desk_sign_ups.Entered(waiting.registration_id, "checked_in")
    assert verification.check(db, cipher, now=STARTS) == []


def test_what_stands_in_the_way(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(starts_at=STARTS)
    with pytest.raises(ConsentMissing):
        enter(db, cipher, shift, agreed=False)
    with pytest.raises(PhoneInvalid):
        enter(db, cipher, shift, phone="123")
    elsewhere = world.shift(starts_at=STARTS, title="别处")
    enter(db, cipher, elsewhere)
    with pytest.raises(TimeConflict):
        enter(db, cipher, shift, now=STARTS)
    activity_states.cancel(db, shift.activity_id, "大雨", NOW)
    with pytest.raises(ActivityCancelled):
        enter(db, cipher, shift, "孙二", "13900002222", now=STARTS)


def test_the_office_says_who_is_there(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(starts_at=STARTS)
    twins = [world.sign_up(shift, world.person("王晓雨")).registration_id for _ in range(2)]
    now = STARTS + hours(0.1)
    said = [desk_sign_ups.says(db, cipher, id, "in", "staff:1", now, nonce=f"in{id}") for id in twins]
    assert said == ["accepted", "accepted"], "two of one name are told apart by their numbers"
    assert desk_sign_ups.says(db, cipher, twins[0], "in", "staff:1", now + hours(0.1), nonce="again") == "repeated"
    assert desk_sign_ups.says(db, cipher, twins[0], "out", "staff:1", now + hours(0.2), nonce="out") == "accepted"
    assert sorted(world.states(shift)) == ["checked_in", "checked_out"]
