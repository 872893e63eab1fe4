"""Each rule about hours, presence, persons and the audit log notices its breach; a sound database has none."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.services import auditing, settlement, verification
from bot.services.verification.hours import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from tests.fixtures.world import World
from tests.services.presence_world import Afternoon, saturday

ENTRY = (
    "INSERT INTO ledger_entries (person_id, shift_id, registration_id, kind, minutes, effective_on, title, reason,"
    " detail, rule_since, entered_by, approved_by, reverses_id, created_at) SELECT person_id, {shift}, {registration},"
    " '{kind}', {minutes}, effective_on, title, reason, detail, rule_since, '{by}', '{approved}', {reverses},"
    " created_at"
    " FROM ledger_entries WHERE id = 1"
)
AS_IT_IS = {
    "shift": "shift_id", "registration": "registration_id", "kind": "credit", "minutes": "minutes", "by": "staff:1",
    "approved": "", "reverses": "NULL",
}  # fmt: skip


def entry(**more: object) -> str:
    return ENTRY.format(**{**AS_IT_IS, **more})


BREACHES = [
    ("credit_unfounded", entry(registration="NULL")),
    ("honour_alone", entry(kind="honour", approved="staff:1")),
    ("not_volunteering", "UPDATE activities SET kind = 'meeting'"),
    ("reversal_odd", entry(minutes="-1", reverses="1")),
    ("counted_twice", entry()),
    ("over_plan", entry(kind="honour", approved="staff:2")),
    ("credit_without_presence", "UPDATE attendance_events SET verdict = 'repeated'"),
    ("completed_unrecorded", "DELETE FROM ledger_entries"),
    (
        "manual_entry",
        "INSERT INTO manual_entries (person_id, minutes, starts_at, ends_at, reason, evidence, evidence_sha256, alerts,"
        " state, entered_by, entered_at, decided_by, answer) SELECT person_id, 1, created_at, created_at, '', '', '',"
        " '[]', 'approved', 'staff:1', created_at, '', '' FROM ledger_entries WHERE id = 1",
    ),
    ("event_verdict", "UPDATE attendance_events SET verdict = 'perhaps'"),
    (
        "volunteer_unnumbered",
        "INSERT INTO volunteers (person_id, state, applied_at, decided_by, reason, education, job, political)"
        " SELECT id, 'registered', created_at, '', '', '', '', '' FROM people WHERE id = 1",
    ),
    (
        "guardian_unfit",
        "INSERT INTO guardianships (minor_id, guardian_id, relation, state, asked_at)"
        " SELECT id, id, '', 'active', created_at FROM people WHERE id = 1",
    ),
    ("erased_but_known", "UPDATE people SET erased_at = created_at"),
    ("audit_chain", "UPDATE audit_entries SET reason = 'x' WHERE sealed = 1"),
]


@pytest.fixture
def settled(world: World, db: Session) -> Afternoon:
    afternoon = Afternoon(db, world)
    afternoon.try_("in", "13:00")
    afternoon.try_("out", "15:30")
    settlement.settle(db, afternoon.shift.id, "staff:1", saturday("16:00"))
    auditing.seal(db)
    db.commit()
    return afternoon


def test_a_settled_afternoon_is_sound(settled: Afternoon, db: Session, cipher: Cipher) -> None:
    assert verification.check(db, cipher) == []
    assert set(RULES) <= set(verification.RULES)


@pytest.mark.parametrize(("rule", "statement"), BREACHES, ids=[rule for rule, _ in BREACHES])
def test_each_rule_notices_its_breach(
    settled: Afternoon, db: Session, cipher: Cipher, rule: str, statement: str
) -> None:
    writing(db)
    without_guards(db)
    db.execute(text(statement))
    found = {breach.rule for check in RULES for breach in check(db, cipher, None)}
    assert rule in found


def without_guards(db: Session) -> None:
    """The tables as somebody would find them who writes past the program and its triggers."""
    if db.get_bind().dialect.name == "postgresql":
        for table in ("ledger_entries", "attendance_events", "audit_entries"):
            db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    for name in db.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        db.execute(text(f"DROP TRIGGER {name}"))
