"""Followers: following, being heard without needless writes, saying who one is, agreeing and taking it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import people, registrations
from bot.services.refusals import NameInvalid, PhoneInvalid
from bot.storage.crypto import Cipher
from bot.storage.database import is_writing
from bot.storage.models import Consent, Follower, Person, Registration
from tests.fixtures.world import NOW, World, hours


def test_following_again_is_one_follower_with_the_first_scene(db: Session) -> None:
    people.follow(db, "o", "A12", NOW)
    people.unfollow(db, "o", NOW + hours(1))
    gone = db.get_one(Follower, "o")
    assert (gone.followed, gone.unfollowed_at) == (False, NOW + hours(1))
    again = people.follow(db, "o", "poster", NOW + hours(2))
    assert (again.followed, again.unfollowed_at, again.first_scene) == (True, None, "A12")
    assert again.followed_at == NOW + hours(2)
    assert db.scalars(select(func.count()).select_from(Follower)).one() == 1


def test_unfollowing_without_having_followed(db: Session) -> None:
    people.unfollow(db, "o", NOW)
    assert people.follower(db, "o") is None


def test_a_message_opens_the_window_and_is_written_rarely(db: Session) -> None:
    follower = people.follow(db, "o", "", NOW)
    db.commit()
    assert people.heard(db, follower, "message", NOW) is True
    db.commit()
    assert people.heard(db, follower, "message", NOW + timedelta(minutes=9)) is False
    assert not is_writing(db)
    assert people.heard(db, follower, "message", NOW + timedelta(minutes=10)) is True
    assert (follower.last_message_at, follower.message_used) == (NOW + timedelta(minutes=10), 0)
    assert follower.last_click_at is None


def test_what_was_used_comes_back_with_the_next_message(db: Session) -> None:
    follower = people.follow(db, "o", "", NOW)
    people.heard(db, follower, "message", NOW)
    people.heard(db, follower, "click", NOW)
    follower.message_used, follower.click_used = 5, 3
    db.commit()
    assert people.heard(db, follower, "message", NOW + timedelta(seconds=1)) is True
    assert (follower.message_used, follower.click_used) == (0, 3)
    assert people.heard(db, follower, "click", NOW + timedelta(seconds=1)) is True
    assert follower.click_used == 0


def test_unfollowing_shuts_the_windows(db: Session) -> None:
    follower = people.follow(db, "o", "", NOW)
    people.heard(db, follower, "message", NOW)
    people.unfollow(db, "o", NOW)
    assert (follower.last_message_at, follower.last_click_at) == (None, None)


def test_the_number_is_stored_sealed_and_shown_masked(db: Session, cipher: Cipher) -> None:
    follower = people.follow(db, "o", "", NOW)
    person = people.save_profile(db, cipher, follower, " 王小雨 ", "+86 138-0013-8000", NOW)
    assert (person.name, follower.person_id) == ("王小雨", person.id)
    assert person.phone_encrypted is not None and b"138" not in person.phone_encrypted
    assert cipher.decrypt(person.phone_encrypted) == "13800138000"
    assert people.phone_masked(cipher, person) == "138****8000"
    assert people.phone_masked(cipher, Person(name="x", created_at=NOW)) == ""


def test_correcting_ones_profile_keeps_the_person(db: Session, cipher: Cipher) -> None:
    follower = people.follow(db, "o", "", NOW)
    before = people.save_profile(db, cipher, follower, "王小雨", "13800138000", NOW)
    after = people.save_profile(db, cipher, follower, "王晓雨", "13800138001", NOW)
    assert after.id == before.id
    assert (after.name, people.phone_masked(cipher, after)) == ("王晓雨", "138****8001")


def test_the_same_number_with_another_name_is_somebody_else(db: Session, cipher: Cipher) -> None:
    mother = people.save_profile(db, cipher, people.follow(db, "o1", "", NOW), "李梅", "13800138000", NOW)
    child = people.save_profile(db, cipher, people.follow(db, "o2", "", NOW), "王小雨", "13800138000", NOW)
    assert mother.id != child.id


def test_a_bad_name_or_number_changes_nothing(db: Session, cipher: Cipher) -> None:
    follower = people.follow(db, "o", "", NOW)
    with pytest.raises(NameInvalid):
        people.save_profile(db, cipher, follower, "1", "13800138000", NOW)
    with pytest.raises(PhoneInvalid):
        people.save_profile(db, cipher, follower, "王小雨", "123", NOW)
    assert db.scalars(select(Person)).all() == []


def test_consent_is_kept_once_for_each_version_and_can_be_withdrawn(db: Session, world: World) -> None:
    person = db.get_one(Person, world.person())
    people.consent(db, person, "sign_up", "1", NOW)
    people.consent(db, person, "sign_up", "1", NOW + hours(1))
    assert people.has_consented(db, person.id, "sign_up", "1")
    assert not people.has_consented(db, person.id, "sign_up", "2")
    assert not people.has_consented(db, person.id, "photos", "1")
    assert people.withdraw_consent(db, person.id, "sign_up", NOW + hours(2)) == 1
    assert not people.has_consented(db, person.id, "sign_up", "1")
    people.consent(db, person, "sign_up", "1", NOW + hours(3))
    kept = db.execute(select(Consent.given_at, Consent.withdrawn_at).order_by(Consent.id)).all()
    assert [tuple(row) for row in kept] == [(NOW, NOW + hours(2)), (NOW + hours(3), None)]


# -- two records turn out to be one human being ----------------------------------------------------------


def merged(world: World, old: int, new: int) -> Person:
    """The follower of ``old`` says the name and number of ``new``."""
    db, person = world.db, world.db.get_one(Person, new)
    phone = world.cipher.decrypt(person.phone_encrypted or b"")
    follower = db.scalars(select(Follower).where(Follower.person_id == old)).one()
    return people.save_profile(db, world.cipher, follower, person.name, phone, NOW)


def test_registrations_move_to_the_record_that_stays(world: World) -> None:
    shift, other = world.shift(), world.shift(starts_in=hours(30))
    old, new = world.person(), world.person()
    moved = world.sign_up(shift, old).registration_id
    kept = world.sign_up(other, new).registration_id
    people.consent(world.db, world.db.get_one(Person, old), "sign_up", "1", NOW)
    assert merged(world, old, new).id == new
    assert {mine.registration_id for mine in registrations.mine(world.db, new, NOW)} == {moved, kept}
    assert registrations.mine(world.db, old, NOW) == []
    assert people.has_consented(world.db, new, "sign_up", "1")


def test_registered_twice_for_one_shift_gives_one_seat_back(world: World) -> None:
    shift = world.shift(capacity=2)
    old, new, waiting = world.person(), world.person(), world.person()
    first = world.sign_up(shift, old).registration_id
    second = world.sign_up(shift, new).registration_id
    third = world.sign_up(shift, waiting).registration_id
    merged(world, old, new)
    states = {row.id: row.state for row in world.db.scalars(select(Registration))}
    assert states == {first: "cancelled", second: "confirmed", third: "offered"}
    assert world.db.get_one(Registration, first).person_id == new


def test_while_somebody_else_is_still_that_person_nothing_moves(world: World) -> None:
    shift = world.shift()
    old, new = world.person(), world.person()
    world.sign_up(shift, old)
    people.follow(world.db, "second phone", "", NOW).person_id = old
    world.db.flush()
    db = world.db
    follower = db.scalars(select(Follower).where(Follower.openid == "o-1")).one()
    person = db.get_one(Person, new)
    phone = world.cipher.decrypt(person.phone_encrypted or b"")
    people.save_profile(db, world.cipher, follower, person.name, phone, NOW)
    assert follower.person_id == new
    assert len(registrations.mine(db, old, NOW)) == 1
