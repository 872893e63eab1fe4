"""Becoming a volunteer, guardians and children: ages, two people, codes that live a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import actors, guardians, registrations, volunteers
from bot.services.refusals.hours import AlreadyDecided, HoursImpossible, TwoPeopleNeeded
from bot.services.refusals.people import (
    AlreadyVolunteer,
    BirthDateMissing,
    CodeUnknown,
    GuardianUnfit,
    NeedsGuardian,
    NothingToWithdraw,
    TooManyTries,
    TooYoung,
)
from bot.storage.crypto import Cipher
from bot.storage.models import Consent, Person, Registration
from tests.fixtures.world import NOW, World

STAFF = "staff:9"
ADULT, MINOR, CHILD = date(2000, 1, 1), date(2011, 1, 1), date(2015, 6, 1)


def person(world: World, db: Session, born: date | None) -> int:
    id = world.person()
    db.get_one(Person, id).birth_date = born
    db.flush()
    return id


def test_an_adult_applies_and_is_registered_with_a_number(world: World, db: Session) -> None:
    first, second = person(world, db, ADULT), person(world, db, ADULT)
    for one in (first, second):
        volunteers.apply(db, one, NOW)
    assert [each.person_id for each in volunteers.pending(db)] == [first, second]
    assert volunteers.decide(db, first, True, STAFF, NOW).number == "QS2026000001"
    with pytest.raises(HoursImpossible):
        volunteers.decide(db, second, False, STAFF, NOW)
    assert volunteers.decide(db, second, False, STAFF, NOW, "姓名不全").number is None
    volunteers.apply(db, second, NOW)
    assert volunteers.decide(db, second, True, STAFF, NOW).number == "QS2026000002"
    with pytest.raises(AlreadyVolunteer):
        volunteers.apply(db, second, NOW)
    with pytest.raises(AlreadyDecided):
        volunteers.decide(db, second, True, STAFF, NOW)


def test_nobody_decides_about_themselves(world: World, db: Session) -> None:
    one = person(world, db, ADULT)
    volunteers.apply(db, one, NOW)
    with pytest.raises(TwoPeopleNeeded):
        volunteers.decide(db, one, True, actors.person(one), NOW)


def test_who_left_keeps_the_number_and_may_come_back(world: World, db: Session) -> None:
    one = person(world, db, ADULT)
    volunteers.apply(db, one, NOW)
    number = volunteers.decide(db, one, True, STAFF, NOW).number
    assert volunteers.leave(db, one, NOW).state == "left"
    volunteers.apply(db, one, NOW)
    assert volunteers.decide(db, one, True, STAFF, NOW).number == number


@pytest.mark.parametrize(
    ("born", "refusal"),
    [(None, BirthDateMissing), (date(2012, 3, 4), TooYoung), (date(2012, 3, 3), NeedsGuardian),
     (date(2008, 3, 4), NeedsGuardian), (date(2008, 3, 3), None)],
)  # fmt: skip
def test_ages_to_the_day(world: World, db: Session, born: date | None, refusal: type[Exception] | None) -> None:
    """NOW is 3 March 2026 in Shanghai."""
    one = person(world, db, born)
    if refusal is None:
        assert volunteers.apply(db, one, NOW).state == "applied"
    else:
        with pytest.raises(refusal):
            volunteers.apply(db, one, NOW)


def test_who_was_born_on_leap_day_waits_until_1_march(world: World, db: Session) -> None:
    one = person(world, db, date(2016, 2, 29))
    with pytest.raises(TooYoung) as refused:
        volunteers.apply(db, one, NOW)
    assert refused.value.until == date(2030, 3, 1)


def test_a_guardian_says_yes_with_the_code_once(world: World, db: Session, cipher: Cipher) -> None:
    minor, guardian = person(world, db, MINOR), person(world, db, None)
    code = guardians.ask(db, cipher, minor, NOW)
    link = guardians.asked_with(db, cipher, code.lower(), "o-mother", NOW + timedelta(hours=23))
    with pytest.raises(GuardianUnfit):
        guardians.agree(db, link.id, minor, "母亲", "2026-11", NOW)
    guardians.agree(db, link.id, guardian, "母亲", "2026-11", NOW)
    assert guardians.has_consent(db, minor) and volunteers.apply(db, minor, NOW)
    assert [consent.given_by for consent in db.query(Consent).filter(Consent.person_id == minor)] == [guardian]
    with pytest.raises(CodeUnknown):
        guardians.asked_with(db, cipher, code, "o-other", NOW)


def test_a_code_dies_after_a_day_and_when_a_new_one_is_asked(world: World, db: Session, cipher: Cipher) -> None:
    minor = person(world, db, MINOR)
    first = guardians.ask(db, cipher, minor, NOW)
    second = guardians.ask(db, cipher, minor, NOW)
    with pytest.raises(CodeUnknown):
        guardians.asked_with(db, cipher, first, "o", NOW)
    with pytest.raises(CodeUnknown):
        guardians.asked_with(db, cipher, second, "o", NOW + timedelta(hours=24))


def test_nobody_guesses_codes(db: Session, cipher: Cipher) -> None:
    for _ in range(5):
        with pytest.raises(CodeUnknown):
            guardians.asked_with(db, cipher, "222222", "o-thief", NOW)
    with pytest.raises(TooManyTries):
        guardians.asked_with(db, cipher, "222222", "o-thief", NOW + timedelta(minutes=1))
    with pytest.raises(CodeUnknown):
        guardians.asked_with(db, cipher, "222222", "o-other", NOW)
    with pytest.raises(CodeUnknown):
        guardians.asked_with(db, cipher, "222222", "o-thief", NOW + timedelta(minutes=11))


def test_withdrawing_ends_what_is_coming(world: World, db: Session, cipher: Cipher) -> None:
    minor, guardian = person(world, db, MINOR), person(world, db, None)
    link = guardians.asked_with(db, cipher, guardians.ask(db, cipher, minor, NOW), "o", NOW)
    guardians.agree(db, link.id, guardian, "父亲", "2026-11", NOW)
    made = world.sign_up(world.shift(), minor)
    assert guardians.withdraw(db, guardian, minor, NOW) == 1
    assert db.get_one(Registration, made.registration_id).state == "cancelled"
    assert not guardians.has_consent(db, minor)
    with pytest.raises(NothingToWithdraw):
        guardians.withdraw(db, guardian, minor, NOW)
    assert registrations.mine(db, minor, NOW) == []


def test_a_younger_child_stands_under_the_guardian(world: World, db: Session) -> None:
    guardian = person(world, db, ADULT)
    child = guardians.add_child(db, guardian, "王小宝", CHILD, "母亲", NOW)
    assert guardians.add_child(db, guardian, "王小宝", CHILD, "母亲", NOW).id == child.id
    assert list(guardians.children_of(db, guardian)) == [child] and guardians.has_consent(db, child.id)
    for born in (date(2020, 1, 1), MINOR):
        with pytest.raises(GuardianUnfit):
            guardians.add_child(db, guardian, "王小宝", born, "母亲", NOW)
