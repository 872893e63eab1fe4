"""Breaches about teams and outcomes are noticed, and a sound database has none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from bot.services import outcomes, teams
from bot.services.verification.teams import RULES
from bot.storage.crypto import Cipher
from bot.storage.models import Membership, Outcome, Team
from tests.fixtures.world import NOW, World, hours


def rules_broken(db: Session, cipher: Cipher) -> set[str]:
    return {breach.rule for rule in RULES for breach in rule(db, cipher, NOW)}


@pytest.fixture
def sound(db: Session, world: World) -> Session:
    """A team with a leader, a member and an applicant; another one closed; an outcome."""
    team, other = teams.create(db, "城东队", NOW), teams.create(db, "城西队", NOW)
    leader = world.person()
    teams.lead(db, team.id, leader, "system", NOW)
    teams.decide(db, teams.join(db, team.id, world.person(), NOW).id, True, f"person:{leader}", NOW)
    teams.join(db, team.id, world.person(), NOW)
    teams.join(db, other.id, world.person(), NOW)
    teams.close(db, other.id, NOW)
    outcomes.record(db, world.shift(starts_at=NOW).id, "12.5公斤垃圾", "person:1", NOW + hours(3))
    return db


BREACHES: dict[str, Callable[[Session], object]] = {
    "membership_state": lambda db: setattr(db.get_one(Membership, 2), "role", "boss"),
    "membership_reason": lambda db: setattr(db.get_one(Membership, 2), "state", "removed"),
    "membership_closed": lambda db: setattr(db.get_one(Team, 1), "closed_at", NOW),
    "team_without_leader": lambda db: setattr(db.get_one(Membership, 1), "state", "left"),
    "outcome_amount": lambda db: setattr(db.get_one(Outcome, 1), "amount", "很多"),
}


def test_a_sound_database_has_no_breach(sound: Session, cipher: Cipher) -> None:
    assert rules_broken(sound, cipher) == set()


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_noticed(sound: Session, cipher: Cipher, rule: str) -> None:
    BREACHES[rule](sound)
    sound.flush()
    assert rules_broken(sound, cipher) == {rule}
