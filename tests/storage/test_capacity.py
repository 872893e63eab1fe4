"""The second guard: whoever writes to the tables, no more seats are taken than there are."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from bot.storage.database import Database, writing
from bot.storage.models import Activity, Person, Registration, Shift

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)


@pytest.fixture
def connection(database: Database) -> Connection:
    """Two shifts of two seats: the first full with one waiting, the second with one taken. Plain SQL, no guard."""
    with database.session() as db:
        writing(db)
        people = [Person(name=f"p{number}", created_at=NOW) for number in range(5)]
        activity = Activity(code="A01", title="t", place="p", created_at=NOW, updated_at=NOW)
        shifts = [Shift(starts_at=NOW, ends_at=NOW + timedelta(hours=1), capacity=2) for _ in range(2)]
        activity.shifts.extend(shifts)
        db.add_all([activity, *people])
        db.flush()
        seats = [(0, "confirmed"), (0, "offered"), (0, "waiting"), (1, "confirmed"), (1, "cancelled")]
        for person, (shift, state) in zip(people, seats, strict=True):
            db.add(
                Registration(
                    shift_id=shifts[shift].id,
                    person_id=person.id,
                    openid="o",
                    state=state,
                    state_since=NOW,
                    created_at=NOW,
                )  # fmt: skip
            )
        db.commit()
    return database.engine.connect()


INSERT = """INSERT INTO registrations (shift_id, person_id, openid, state, state_since, created_at, reason)
SELECT {shift}, {person}, 'o', '{state}', state_since, created_at, '' FROM registrations WHERE id = 1"""


@pytest.mark.parametrize(
    "statement",
    [
        INSERT.format(shift=1, person=4, state="confirmed"),
        INSERT.format(shift=1, person=4, state="offered"),
        "UPDATE registrations SET state = 'confirmed' WHERE id = 3",
        "UPDATE registrations SET state = 'offered' WHERE id = 3",
        "UPDATE registrations SET shift_id = 1 WHERE id = 4",
        "UPDATE shifts SET capacity = 1 WHERE id = 1",
    ],
)
def test_refused(connection: Connection, statement: str) -> None:
    with connection, pytest.raises(IntegrityError, match="capacity"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        INSERT.format(shift=1, person=4, state="waiting"),
        INSERT.format(shift=2, person=1, state="confirmed"),
        "UPDATE registrations SET state = 'confirmed' WHERE id = 2",
        "UPDATE registrations SET reason = 'x', state = 'confirmed' WHERE id = 1",
        "UPDATE registrations SET state = 'cancelled' WHERE id = 1",
        "UPDATE registrations SET state = 'confirmed' WHERE id = 5",
        "UPDATE registrations SET shift_id = 2 WHERE id = 1",
        "UPDATE shifts SET capacity = 3 WHERE id = 1",
        "UPDATE shifts SET capacity = 1 WHERE id = 2",
    ],
)
def test_allowed(connection: Connection, statement: str) -> None:
    with connection:
        assert connection.execute(text(statement)).rowcount == 1
