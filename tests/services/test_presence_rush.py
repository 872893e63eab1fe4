"""Many check-ins at once, from several processes; the twin shows that the lock is what keeps them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bot.services import presence
from bot.services.verification.attendance import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import AttendanceEvent
from tests.fixtures.world import World
from tests.services.presence_world import Afternoon, saturday
from tests.services.rush import Rush

AT = saturday("12:58").isoformat()
TRIES = 8


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    started = Rush()
    yield started
    started.stop()


@pytest.fixture
def seated(database: Database, cipher: Cipher) -> tuple[int, int, int]:
    """Shift, person, registration."""
    with database.session() as db:
        afternoon = Afternoon(db, World(db, cipher))
        db.commit()
        return afternoon.shift.id, afternoon.person, afternoon.registration_id


def from_many_phones(seated: tuple[int, int, int]) -> list[list[object]]:
    shift_id, person, _ = seated
    return [["check_in", shift_id, person, f"phone-{number}", AT] for number in range(TRIES)]


def test_one_person_from_several_accounts_checks_in_once(
    rush: Rush, database: Database, database_url: str, cipher: Cipher, seated: tuple[int, int, int]
) -> None:
    outcomes = rush(database_url, from_many_phones(seated), pause_s=0.02)
    assert Counter(outcomes) == Counter(accepted=1, repeated=TRIES - 1)
    with database.session() as db:
        assert len(presence.intervals(db, seated[2])) == 1
        assert [breach for rule in RULES for breach in rule(db, cipher, None)] == []


def test_twin_without_the_guard_checks_in_twice(rush: Rush, database_url: str, seated: tuple[int, int, int]) -> None:
    outcomes = Counter(rush(database_url, from_many_phones(seated), guard=False, pause_s=0.05))
    assert outcomes["accepted"] > 1


def test_one_message_delivered_three_times_is_one_event(
    rush: Rush, database: Database, database_url: str, seated: tuple[int, int, int]
) -> None:
    shift_id, person, _ = seated
    outcomes = rush(database_url, [["check_in", shift_id, person, "message-1", AT]] * TRIES, pause_s=0.02)
    assert outcomes == ["accepted"] * TRIES
    with database.session() as db:
        assert db.scalars(select(AttendanceEvent.nonce)).all() == ["message-1"]
