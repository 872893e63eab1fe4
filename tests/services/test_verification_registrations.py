"""Each rule about parties, reservations, swaps and ages notices its breach, and a sound county breaks none."""

from __future__ import annotations

from datetime import date

import pytest

from bot.services import reservations
from bot.services.parties import Party
from bot.services.verification.registrations import RULES
from bot.storage.models import Person, Registration, Reservation, Shift, Swap
from tests.fixtures.world import NOW, World, hours
from tests.services.test_parties import child_of
from tests.services.test_reservations import team_of


def breaches(world: World) -> set[str]:
    world.db.flush()
    return {breach.rule for rule in RULES for breach in rule(world.db, world.cipher, NOW)}


@pytest.fixture
def county(world: World) -> World:
    """A family, a team that holds seats, somebody who gives a seat away."""
    shift, mother, leader = world.shift(min_age=8), world.known_person(), world.person()
    world.sign_up(shift, mother, party=Party(children=(child_of(world, mother),)))
    reservations.reserve(world.db, shift.id, team_of(world, leader), leader, "leader", 2, NOW)
    giver = world.sign_up(shift, world.known_person()).registration_id
    world.write(Swap(registration_id=giver, code="ABC234", state="open", expires_at=NOW + hours(9), asked_at=NOW))
    return world


def test_a_sound_county(county: World) -> None:
    assert breaches(county) == set()


@pytest.mark.parametrize(
    "rule",
    [
        "party_seats", "party_headless", "party_twice", "reservation_state", "reservation_overused",
        "reservation_unreleased", "swap_state", "swap_taken", "too_young",
    ],
)  # fmt: skip
def test_each_breach_is_noticed(county: World, rule: str) -> None:
    head, companion, giver = county.db.query(Registration).order_by(Registration.id)
    held, swap = county.db.query(Reservation).one(), county.db.query(Swap).one()
    match rule:
        case "party_seats":
            head.party_size = 1
        case "party_headless":
            head.state = "cancelled"
        case "party_twice":
            companion.party_size = 1
        case "reservation_state":
            held.state = "lost"
        case "reservation_overused":
            held.seats, giver.reservation_id = 0, held.id
        case "reservation_unreleased":
            held.expires_at = NOW - hours(1)
            shift = county.db.get_one(Shift, held.shift_id)
            shift.starts_at, shift.ends_at = NOW - hours(5), NOW - hours(3)
        case "swap_state":
            swap.state = "lost"
        case "swap_taken":
            swap.state = "taken"
        case "too_young":
            county.db.get_one(Person, giver.person_id).birth_date = date(2019, 1, 1)
    assert rule in breaches(county)
