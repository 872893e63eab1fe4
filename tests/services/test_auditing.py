"""The audit log: every watched change leaves one row, rows are chained, and a changed row is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from bot.services import actors, auditing, registrations
from bot.storage.database import writing
from bot.storage.models import AuditEntry
from tests.fixtures.world import NOW, World


def test_a_registration_tells_its_story(world: World, db: Session) -> None:
    shift, person = world.shift(), world.person()
    actors.acting(db, actors.person(person))
    made = world.sign_up(shift, person)
    registrations.cancel(db, made.registration_id, NOW, "发烧")
    first, last = auditing.history(db, f"registrations:{made.registration_id}")
    assert first.before == {} and first.after["state"] == "confirmed"
    assert (last.before, last.after, last.reason) == ({"state": "confirmed"}, {"state": "cancelled"}, "发烧")
    assert last.actor == f"person:{person}"


def test_what_is_rolled_back_leaves_nothing(world: World, db: Session) -> None:
    world.shift()
    assert db.query(AuditEntry).count() > 0
    db.rollback()
    assert db.query(AuditEntry).count() == 0


def sealed(world: World, db: Session) -> int:
    world.fill(world.shift(capacity=4), waiting=2)
    count = auditing.seal(db, limit=3) + auditing.seal(db, limit=3)
    assert count == 6
    while more := auditing.seal(db):
        count += more
    return count


def test_the_chain_grows_in_turns_and_fits(world: World, db: Session) -> None:
    count = sealed(world, db)
    numbers = [row.sealed for row in db.query(AuditEntry).order_by(AuditEntry.sealed)]
    assert numbers == list(range(1, count + 1))
    assert auditing.seal(db) == 0
    assert auditing.check_chain(db) is None


@pytest.mark.parametrize(
    "tampering",
    ["UPDATE audit_entries SET reason = 'x' WHERE id = 2", "DELETE FROM audit_entries WHERE id = 2",
     "UPDATE audit_entries SET hash = 'x' WHERE id = 2"],
)  # fmt: skip
def test_the_database_refuses_tampering_and_the_chain_would_show_it(world: World, db: Session, tampering: str) -> None:
    sealed(world, db)
    db.commit()
    writing(db)
    with pytest.raises(DatabaseError, match="append only"):
        db.execute(text(tampering))
    db.rollback()
    writing(db)
    drop_guards(db)
    db.execute(text(tampering))
    broken = auditing.check_chain(db)
    assert broken is not None and broken.entry_id in (2, 3)


def drop_guards(db: Session) -> None:
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        return
    for name in db.scalars(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entries'")
    ).all():
        db.execute(text(f"DROP TRIGGER {name}"))
