"""What must hold of points, redemptions and stars: each rule is broken once, behind the guards' back, and named."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.services import points, redemptions, stars
from bot.services.verification.merits import RULES
from bot.storage.database import Database
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, ticket, volunteer


def found(world: World) -> set[str]:
    world.db.expire_all()
    return {breach.rule for rule in RULES for breach in rule(world.db, world.cipher, NOW)}


@pytest.fixture
def sound(world: World, database: Database) -> World:
    """Person 1: 100 hours, 10 points put aside for redemption 1 of reward 1 (one piece), star 1 announced."""
    person = world.person()
    volunteer(world.db, person)
    credit(world.db, person, 6000)
    points.issue(world.db, person, NOW)
    reward = ticket(world.db, cost=100, stock=1)
    redemptions.order(world.db, world.cipher, reward.id, person, "o", NOW)
    award = stars.apply(world.db, person, NOW)
    stars.decide(world.db, award.id, True, "staff:99", NOW)
    assert found(world) == set()
    connection = world.db.connection()
    if database.is_sqlite:
        for table in ("points_transactions", "points_legs"):
            connection.execute(text(f"DROP TRIGGER {table}_update"))
            connection.execute(text(f"DROP TRIGGER {table}_delete"))
    else:
        for table in ("points_transactions", "points_legs"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    return world


LEG = "INSERT INTO points_legs (transaction_id, account, amount, lot_id) VALUES "
BREACHES = {
    "points_unbalanced": "UPDATE points_legs SET amount = amount + 1 WHERE account = 'system:issue'",
    "points_overdrawn": LEG + "(1, 'user:1', -2000, 1), (1, 'system:adjust', 2000, NULL)",
    "points_without_lot": LEG + "(1, 'user:1', 5, NULL), (1, 'system:adjust', -5, NULL)",
    "points_owed": LEG + "(1, 'user:1', -5, NULL), (1, 'system:adjust', 5, NULL)",
    "lot_unknown": "DELETE FROM points_lots",
    "redemption_state": "UPDATE redemptions SET state = 'lost'",
    "redemption_escrow": "UPDATE redemptions SET state = 'cancelled'",
    "reward_oversold": "UPDATE rewards SET stock = 0",
    "star_state": "UPDATE star_awards SET state = 'lost'",
    "star_skipped": "UPDATE star_awards SET announced_until = NULL",
    "star_early": "UPDATE star_awards SET state = 'granted', granted_at = state_since",
}


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_noticed(sound: World, rule: str) -> None:
    sound.db.flush()
    sound.db.connection().execute(text(BREACHES[rule]))
    assert rule in found(sound)
