"""What a supervisor is shown, and what is no reason to be shown anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import anomalies
from bot.storage.models import Person
from tests.fixtures.world import World
from tests.services.presence_world import Afternoon, saturday

SUNDAY = saturday("10:00", day=8)


@pytest.fixture
def afternoon(db: Session, world: World) -> Afternoon:
    return Afternoon(db, world, placed=True)


def join(afternoon: Afternoon, number: int) -> list[int]:
    people = [afternoon.person, *afternoon.world.people(number - 1)]
    for person in people[1:]:
        afternoon.world.sign_up(afternoon.shift, person)
    return people


def come(afternoon: Afternoon, people: list[int], apart_s: int = 90, distance_m: int = 40, **more: object) -> None:
    for number, person in enumerate(people):
        at = saturday("12:50") + timedelta(seconds=number * apart_s)
        given = {"note": f"from {person}", "distance_m": distance_m, "radius_m": 500, **more}
        afternoon.try_("in", "", at=at, person=person, **given)


def kinds(db: Session, **more: int) -> list[str]:
    return [one.kind for one in anomalies.found(db, SUNDAY, **more)]


def test_people_who_arrive_are_nothing_odd(db: Session, afternoon: Afternoon) -> None:
    come(afternoon, join(afternoon, 4))
    assert kinds(db) == []


def test_nobody_came(db: Session, afternoon: Afternoon) -> None:
    join(afternoon, 4)
    afternoon.try_("in", "12:50", is_right=False)
    (one,) = anomalies.found(db, SUNDAY)
    assert (one.kind, one.code, one.facts) == ("nobody_there", "A12", {"listed": 4})
    assert anomalies.found(db, saturday("16:00")) == []  # somebody may still be entered
    assert anomalies.found(db, saturday("16:00", day=30), days=7) == []


def test_an_activity_that_nobody_signed_up_for_is_nothing_odd(db: Session, world: World) -> None:
    world.shift(starts_at=saturday("13:00"))
    assert kinds(db) == []


def test_all_within_a_minute(db: Session, afternoon: Afternoon) -> None:
    come(afternoon, join(afternoon, 4), apart_s=20)
    (one,) = anomalies.found(db, SUNDAY)
    assert (one.kind, one.facts) == ("all_at_once", {"people": 4, "seconds": 60})


def test_a_minute_and_a_second_or_two_people_are_nothing_odd(db: Session, world: World, afternoon: Afternoon) -> None:
    come(afternoon, join(afternoon, 3), apart_s=31)
    pair = Afternoon.__new__(Afternoon)
    pair.__dict__ |= {**vars(afternoon), "shift": world.shift(code="B07", starts_at=saturday("13:00"))}
    people = world.people(2)
    for person in people:
        world.sign_up(pair.shift, person)
    come(pair, people, apart_s=1)
    assert kinds(db) == []


def test_a_leader_who_calls_the_roll_is_nothing_odd(db: Session, afternoon: Afternoon) -> None:
    come(afternoon, join(afternoon, 4), apart_s=1, channel="leader", note="")
    assert kinds(db) == []


def test_most_are_elsewhere(db: Session, afternoon: Afternoon) -> None:
    people = join(afternoon, 3)
    come(afternoon, people[:1], distance_m=100)
    come(afternoon, people[1:], distance_m=900)
    (one,) = [one for one in anomalies.found(db, SUNDAY) if one.kind == "elsewhere"]
    assert one.facts == {"people": 3, "metres": 900, "radius": 500}


def test_the_place_found_at_the_second_try_counts(db: Session, afternoon: Afternoon) -> None:
    people = join(afternoon, 3)
    come(afternoon, people, distance_m=900)
    come(afternoon, people, apart_s=91, distance_m=30)
    assert kinds(db) == []


def test_a_code_that_was_passed_on(db: Session, afternoon: Afternoon) -> None:
    come(afternoon, join(afternoon, 1), distance_m=12_000)
    found = {one.kind: one.facts for one in anomalies.found(db, SUNDAY)}
    assert found["code_from_afar"] == {"people": 1, "metres": 12_000}


def test_one_account_for_two_and_one_phone_for_three(db: Session, afternoon: Afternoon) -> None:
    people = join(afternoon, 3)
    for person in people:
        db.get_one(Person, person).phone_hash = "same"
    db.flush()
    come(afternoon, people[:2], note="from one")
    come(afternoon, people[2:], note="from other")
    found = {one.kind: one.facts for one in anomalies.found(db, SUNDAY)}
    assert found == {"one_account": {"people": 2}, "one_phone": {"people": 3}}
