"""db verify finds what is wrong: each rule is broken once, behind the guards' back, and named."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from bot.services import activities, registrations, verification
from bot.services.samples.loading import load_samples
from bot.services.verification import check
from bot.storage import backup
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Registration
from tests.fixtures.world import NOW, World, hours


def run(world: World, statement: str) -> None:
    world.db.flush()
    world.db.connection().execute(text(statement))
    world.db.expire_all()


def rules(world: World) -> set[str]:
    return {breach.rule for breach in check(world.db, world.cipher, now=NOW + hours(1))}


@pytest.fixture
def busy(world: World) -> World:
    """Shift 1: two seats, one confirmed, one on offer, two waiting; shift 2 at the same time, empty."""
    shift = world.shift(capacity=2, starts_in=hours(90))
    first, *_ = world.fill(shift, waiting=3)
    registrations.cancel(world.db, first, NOW)
    world.shift(capacity=9, starts_in=hours(90))
    assert rules(world) == set()
    return world


BREACHES: dict[str, str] = {
    "overbooked": "UPDATE registrations SET state = 'confirmed' WHERE id = 4",
    "registration_state": "UPDATE registrations SET state = 'lost' WHERE id = 1",
    "no_place_in_line": "UPDATE registrations SET queued_at = NULL WHERE id = 5",
    "cancelled_but_live": "UPDATE activities SET state = 'cancelled' WHERE id = 1",
    "offer_adrift": "UPDATE registrations SET state = 'confirmed' WHERE id = 3",
    "offered_nothing": "UPDATE offers SET answer = 'declined', answered_at = offered_at",
    "offer_answer": "UPDATE offers SET answer = 'perhaps'",
    "offer_unsaid": "DELETE FROM pushes",
    "overtaken": "UPDATE registrations SET state = 'waiting' WHERE id = 1",
    "seat_not_offered": "UPDATE shifts SET capacity = 3 WHERE id = 1",
    "push_state": "UPDATE pushes SET state = 'lost'",
    "push_kind": "UPDATE pushes SET kind = 'spam'",
    "push_unsettled": "UPDATE pushes SET state = 'failed'",
    "push_unleased": "UPDATE pushes SET state = 'sending'",
    "push_channel": "UPDATE pushes SET state = 'sent', settled_at = created_at",
    "phone_half": "UPDATE people SET phone_encrypted = NULL WHERE id = 1",
    "phone_hash": "UPDATE people SET phone_hash = 'x' WHERE id = 1",
    "person_twice": "UPDATE people SET phone_hash = 'x', name = 'x' WHERE id IN (1, 2)",
}


@pytest.mark.parametrize("rule", BREACHES)
def test_each_rule_notices_its_breach(busy: World, rule: str) -> None:
    if rule == "overbooked":
        drop_guard(busy)
    if rule == "overtaken":
        run(busy, "UPDATE registrations SET queued_at = created_at WHERE id = 1")
    run(busy, BREACHES[rule])
    assert rule in rules(busy)


def drop_guard(world: World) -> None:
    if world.db.get_bind().dialect.name == "sqlite":
        run(world, "DROP TRIGGER registrations_capacity_update")
    else:
        run(world, "ALTER TABLE registrations DISABLE TRIGGER USER")


def test_a_missing_index_would_show(busy: World) -> None:
    run(busy, "DROP INDEX uq_registrations_live")
    run(busy, "UPDATE registrations SET person_id = 4 WHERE id = 5")
    assert rules(busy) == {"registered_twice"}


def test_engaged_twice(busy: World) -> None:
    run(busy, "UPDATE registrations SET shift_id = 2, person_id = 2, openid = 'o-2', state = 'confirmed' WHERE id = 1")
    assert "engaged_twice" in rules(busy)
    run(busy, f"UPDATE shifts SET moved_at = '{NOW:%Y-%m-%d %H:%M:%S}' WHERE id = 2")
    assert "engaged_twice" not in rules(busy)


def test_a_delivery_without_a_reply(busy: World) -> None:
    run(busy, f"INSERT INTO deliveries (key, reply, at) VALUES ('m', '{{}}', '{NOW:%Y-%m-%d %H:%M:%S}')")
    assert rules(busy) == {"delivery_reply"}


def test_seated_past_the_line(busy: World) -> None:
    drop_guard(busy)
    run(busy, "UPDATE registrations SET state = 'confirmed', queued_at = NULL WHERE id = 5")
    assert "overtaken" in rules(busy)


def test_another_key_cannot_read_the_numbers(busy: World) -> None:
    found = check(busy.db, Cipher(Cipher.generate_key()))
    assert {breach.rule for breach in found} == {"phone_sealed"}
    assert len(found) == 5
    assert not any("138" in breach.text for breach in found)


def test_a_reference_to_nothing(sqlite_database: Database, cipher: Cipher) -> None:
    consent = "INSERT INTO consents (person_id, purpose, text_version, given_at) VALUES (4711, 'x', '1', '2026-03-03')"
    with sqlite3.connect(str(sqlite_database.url.database)) as other:  # a program that checks no references
        other.execute(consent)
    with sqlite_database.session() as db:
        assert [breach.rule for breach in check(db, cipher)] == ["reference_broken"]


def test_what_was_restored_is_sound(database: Database, database_url: str, cipher: Cipher, tmp_path: Path) -> None:
    with database.session() as db:
        load_samples(db, cipher, NOW)
        db.commit()
    backup.backup(database_url, tmp_path / "copy")
    with database.session() as db:
        writing(db)
        db.execute(delete(Registration))
        db.commit()
    backup.restore(database_url, tmp_path / "copy")
    with database.session() as db:
        assert check(db, cipher, now=NOW) == []
        assert len(db.scalars(select(Registration)).all()) == 93


def test_being_passed_over_while_engaged_elsewhere_is_right(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(50))
    seat, *_ = world.fill(shift, waiting=2)
    elsewhere = world.sign_up(world.shift(starts_in=hours(50)), 2).registration_id
    registrations.cancel(world.db, seat, NOW)
    assert rules(world) == set()
    registrations.cancel(world.db, elsewhere, NOW)
    assert rules(world) == set()


def test_a_full_life_leaves_no_breach(world: World) -> None:
    writing(world.db)
    load_samples(world.db, world.cipher, NOW)
    full = next(one for one in activities.listed(world.db, NOW, limit=20) if one.waiting)
    seated = select(Registration.id).where(Registration.shift_id == full.shift_id, Registration.state == "confirmed")
    registrations.cancel(world.db, world.db.scalars(seated.limit(1)).one(), NOW)
    activities.set_capacity(world.db, full.shift_id, 3, NOW)
    activities.move(world.db, full.shift_id, full.starts_at + hours(1), full.ends_at + hours(1), now=NOW)
    registrations.expire_offers(world.db, NOW + hours(30))
    activities.cancel(world.db, activities.listed(world.db, NOW)[0].activity_id, "雨", NOW)
    assert check(world.db, world.cipher, now=NOW + hours(30)) == []


def test_every_rule_is_tried_here() -> None:
    """Damage to the file itself has its own test."""
    source = Path(verification.__file__).read_text("utf-8")
    in_code = set(re.findall(r'Breach\("(\w+)"', source)) | set(re.findall(r'"(push_\w+)": \(', source))
    # Alerts have theirs in test_alerts.py.
    by_hand = {"registered_twice", "engaged_twice", "delivery_reply", "phone_sealed", "reference_broken"}
    assert in_code - by_hand - {"file_damaged", "alert_sealed"} == set(BREACHES)
