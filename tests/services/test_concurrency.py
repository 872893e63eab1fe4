"""Many at once, from several processes, on both databases; each with its twin whose guard is off."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.services import registrations, reservations, verification
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Registration
from tests.fixtures.world import NOW, World, hours
from tests.services.rush import Rush, perform
from tests.services.test_parties import child_of
from tests.services.test_reservations import team_of

PAUSE_S = 0.01
SEATS, PEOPLE = 5, 30


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    started = Rush()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def sixteen() -> Iterator[Rush]:
    started = Rush(16)
    yield started
    started.stop()


@pytest.fixture
def crowd(database: Database, cipher: Cipher) -> tuple[int, list[int]]:
    """A shift with few seats, and many who want one."""
    with database.session() as db:
        world = World(db, cipher)
        shift, people = world.shift(capacity=SEATS), world.people(PEOPLE)
        db.commit()
        return shift.id, people


def drop_triggers(database: Database) -> None:
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER registrations_capacity_insert"))
            connection.execute(text("DROP TRIGGER registrations_capacity_update"))
            connection.execute(text("DROP TRIGGER reservations_capacity_insert"))
            connection.execute(text("DROP TRIGGER reservations_capacity_update"))
        else:
            for table in ("registrations", "reservations"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def confirmed(database: Database) -> int:
    with database.session() as db:
        return db.query(Registration).filter(Registration.state == "confirmed").count()


def breaches(database: Database, cipher: Cipher) -> list[verification.Breach]:
    with database.session() as db:
        return verification.check(db, cipher, now=NOW)


def test_seats_are_exact_and_the_line_is_in_order(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher
) -> None:
    shift_id, people = crowd
    outcomes = rush(database_url, [["sign_up", shift_id, person] for person in people], pause_s=PAUSE_S)
    assert Counter(outcomes) == Counter(
        ["confirmed"] * SEATS + [f"waiting {place}" for place in range(1, PEOPLE - SEATS + 1)]
    )
    assert confirmed(database) == SEATS
    assert breaches(database, cipher) == []


def test_twin_without_the_guard_seats_are_sold_twice(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher
) -> None:
    shift_id, people = crowd
    drop_triggers(database)
    rush(database_url, [["sign_up", shift_id, person] for person in people], guard=False, pause_s=PAUSE_S)
    assert confirmed(database) > SEATS
    assert "overbooked" in {breach.rule for breach in breaches(database, cipher)}


def test_the_second_guard_alone_keeps_the_seats_exact(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]]
) -> None:
    shift_id, people = crowd
    outcomes = rush(database_url, [["sign_up", shift_id, person] for person in people], guard=False, pause_s=PAUSE_S)
    assert confirmed(database) <= SEATS
    assert {"INTEGRITY", "Busy"} & set(outcomes)


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_one_person_cannot_be_in_two_places(
    rush: Rush, database: Database, database_url: str, cipher: Cipher, guard: bool
) -> None:
    with database.session() as db:
        world = World(db, cipher)
        person = world.person()
        shifts = [world.shift(capacity=9, starts_in=hours(50 + number / 10)).id for number in range(8)]
        db.commit()
    outcomes = rush(database_url, [["sign_up", shift, person] for shift in shifts], guard=guard, pause_s=PAUSE_S)
    twice = "engaged_twice" in {breach.rule for breach in breaches(database, cipher)}
    if guard:
        assert Counter(outcomes) == Counter(["confirmed"] + ["TIME_CONFLICT_HARD"] * 7)
        assert not twice
    else:
        assert outcomes.count("confirmed") > 1
        assert twice


def test_the_same_message_at_once_is_one_registration(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher
) -> None:
    shift_id, people = crowd
    outcomes = rush(database_url, [["sign_up", shift_id, people[0]]] * 12, pause_s=PAUSE_S)
    assert Counter(outcomes) == Counter(["confirmed"] + ["ALREADY_IN"] * 11)
    assert breaches(database, cipher) == []


def test_every_freed_seat_is_offered_once(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher
) -> None:
    shift_id, people = crowd
    with database.session() as db:
        seated = [registrations.sign_up(db, shift_id, person, "o", NOW).registration_id for person in people][:SEATS]
        db.commit()
    sweeps = [["promote", shift_id]] * 8
    outcomes = rush(database_url, [["cancel", seat] for seat in seated] + sweeps, pause_s=PAUSE_S)
    assert outcomes == ["passed on"] * SEATS + ["promoted 0"] * 8
    with database.session() as db:
        states = Counter(row.state for row in db.query(Registration))
    assert states == {"cancelled": SEATS, "offered": SEATS, "waiting": PEOPLE - 2 * SEATS}
    assert breaches(database, cipher) == []


def test_two_sweeps_expire_an_offer_once(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher
) -> None:
    shift_id, people = crowd
    with database.session() as db:
        seated = [registrations.sign_up(db, shift_id, person, "o", NOW).registration_id for person in people][:SEATS]
        for seat in seated:
            registrations.cancel(db, seat, NOW)
        World(db, cipher).tell()
        db.commit()
    outcomes = rush(database_url, [["expire", (NOW + hours(13)).isoformat()]] * 8)
    assert Counter(outcomes) == Counter([f"expired {SEATS}"] + ["expired 0"] * 7)
    assert breaches(database, cipher) == []


def test_everything_at_once_leaves_nothing_wrong(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher
) -> None:
    shift_id, people = crowd
    with database.session() as db:
        rows = [registrations.sign_up(db, shift_id, person, f"o-{person}", NOW).registration_id for person in people]
        db.commit()
    chance = random.Random(20260303)
    names = ["cancel", "accept", "decline"]
    operations = [[chance.choice(names), chance.choice(rows)] for _ in range(120)]
    operations += [["sign_up", shift_id, chance.choice(people)] for _ in range(40)]
    operations += [["expire", (NOW + hours(13)).isoformat()], ["promote", shift_id]] * 4
    chance.shuffle(operations)
    outcomes = rush(database_url, operations)
    assert {"INTEGRITY", "Busy", "Unavailable"}.isdisjoint(outcomes)
    assert len(set(outcomes)) > 6
    assert breaches(database, cipher) == []


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_sixteen_processes_with_parties_and_teams(
    sixteen: Rush, database: Database, database_url: str, cipher: Cipher, guard: bool
) -> None:
    """Mothers with children, friends, teams that reserve, people who cancel, accept and come: never a seat too many."""
    with database.session() as db:
        world = World(db, cipher)
        shift, people, mothers, leader = world.shift(capacity=25), world.people(40), world.people(10), world.person()
        families = [(mother, [child_of(world, mother), child_of(world, mother, "王小贝")]) for mother in mothers]
        team = team_of(world, leader)
        reservations.reserve(db, shift.id, team, leader, f"o-{leader}", 3, NOW)
        rows = [world.sign_up(shift, person).registration_id for person in people[:10]]
        db.commit()
        shift_id = shift.id
    if not guard:
        drop_triggers(database)
    chance = random.Random(20260304)
    operations = [["party", shift_id, mother, children, 0] for mother, children in families]
    operations += [["party", shift_id, person, [], chance.choice((0, 1, 2))] for person in people[10:]]
    operations += [["reserve", shift_id, team, leader, chance.choice((1, 2, 3))] for _ in range(6)]
    operations += [["cancel", chance.choice(rows)] for _ in range(30)]
    operations += [[chance.choice(("accept", "decline")), chance.choice(rows)] for _ in range(12)]
    operations += [["promote", shift_id], ["expire", (NOW + hours(13)).isoformat()]] * 4
    chance.shuffle(operations)
    outcomes = sixteen(database_url, operations, guard=guard, pause_s=PAUSE_S)
    found = {breach.rule for breach in breaches(database, cipher)}
    if guard:
        assert found == set()
        assert {"INTEGRITY", "Busy", "Unavailable"}.isdisjoint(outcomes)
        assert {"confirmed", "waiting", "cancelled"} <= set(outcomes)
    else:
        assert "overbooked" in found


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_at_the_door_the_last_seats_are_given_once(
    rush: Rush, database: Database, database_url: str, crowd: tuple[int, list[int]], cipher: Cipher, guard: bool
) -> None:
    shift_id, _ = crowd
    key, begun, numbers = Cipher.generate_key(), (NOW + hours(99)).isoformat(), range(SEATS * 3)
    with database.session() as db:
        other = World(db, cipher).shift(starts_in=hours(200)).id
        for number in numbers:  # they were here before: nothing about them is written that would make anybody wait
            perform(db, "enter", other, key, number, NOW.isoformat())
        db.commit()
    if not guard:
        drop_triggers(database)
    entered = [["enter", shift_id, key, number, begun] for number in numbers]
    outcomes = Counter(rush(database_url, entered, guard=guard, pause_s=PAUSE_S))
    if guard:
        assert outcomes == {"checked_in": SEATS, "NO_SEAT_LEFT": SEATS * 2}
    else:
        assert outcomes["checked_in"] > SEATS
