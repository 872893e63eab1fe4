"""What the database itself refuses: more seats taken than there are, parties and teams too; changes of the ledgers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SEATED = "('confirmed', 'offered', 'checked_in', 'checked_out', 'unclosed', 'completed')"
LIVE = "state IN ('confirmed', 'offered', 'checked_in', 'checked_out', 'unclosed', 'completed', 'pending', 'waiting')"
GROWS = (
    f"NEW.state IN {SEATED} AND (OLD.state NOT IN {SEATED} OR OLD.shift_id <> NEW.shift_id"
    " OR NEW.party_size > OLD.party_size)"
)
# Seats of those who are in, and what teams still hold for members who have not said yes.
TAKEN = f"""(
    (SELECT coalesce(sum(party_size), 0) FROM registrations WHERE shift_id = {{shift}} AND state IN {SEATED})
    + (SELECT coalesce(sum(CASE WHEN held.seats > held.used THEN held.seats - held.used ELSE 0 END), 0) FROM (
        SELECT reservations.seats AS seats, (
            SELECT coalesce(sum(party_size), 0) FROM registrations
            WHERE registrations.reservation_id = reservations.id AND registrations.state IN {SEATED}
        ) AS used
        FROM reservations WHERE reservations.shift_id = {{shift}} AND reservations.state = 'open'
    ) AS held)
)"""
LEDGERS = ("ledger_entries", "points_transactions", "points_legs")
EVENT_COLUMNS = (
    "id, shift_id, person_id, registration_id, kind, captured_at, received_at, channel, verdict, distance_m, nonce,"
    " entered_by, answers_id, note"
)
AUDIT_COLUMNS = "id, at, actor, subject, before, after, reason"


def upgrade() -> None:
    op.drop_index("uq_registrations_live", "registrations")
    where = sa.text(LIVE)
    op.create_index(
        "uq_registrations_live", "registrations", ["shift_id", "person_id"], unique=True,
        sqlite_where=where, postgresql_where=where,
    )  # fmt: skip
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before: the older guards do not know parties and teams")


def _sqlite() -> list[str]:
    dropped = ("registrations_capacity_insert", "registrations_capacity_update", "shifts_capacity")
    refused = "SELECT RAISE(ABORT, 'capacity: every seat of this shift is taken')"
    check = (
        f"{refused} WHERE {TAKEN.format(shift='NEW.shift_id')} > (SELECT capacity FROM shifts WHERE id = NEW.shift_id);"
    )
    fewer = f"{refused} WHERE {TAKEN.format(shift='NEW.id')} > NEW.capacity;"
    held = "WHEN NEW.state = 'open'"
    return [
        *(f"DROP TRIGGER {name}" for name in dropped),
        f"CREATE TRIGGER registrations_capacity_insert AFTER INSERT ON registrations WHEN NEW.state IN {SEATED}"
        f" BEGIN {check} END",
        "CREATE TRIGGER registrations_capacity_update AFTER UPDATE OF state, shift_id, party_size, reservation_id"
        f" ON registrations WHEN {GROWS} BEGIN {check} END",
        f"CREATE TRIGGER reservations_capacity_insert AFTER INSERT ON reservations {held} BEGIN {check} END",
        f"CREATE TRIGGER reservations_capacity_update AFTER UPDATE OF seats, state ON reservations {held}"
        f" BEGIN {check} END",
        "CREATE TRIGGER shifts_capacity AFTER UPDATE OF capacity ON shifts WHEN NEW.capacity < OLD.capacity"
        f" BEGIN {fewer} END",
        *(statement for table in LEDGERS for statement in _sqlite_frozen(table)),
        *_sqlite_frozen("attendance_events", f"OF {EVENT_COLUMNS} "),
        *_sqlite_frozen("audit_entries", f"OF {AUDIT_COLUMNS} "),
        "CREATE TRIGGER audit_entries_sealed BEFORE UPDATE OF sealed, hash ON audit_entries WHEN OLD.hash IS NOT NULL"
        " BEGIN SELECT RAISE(ABORT, 'append only: audit_entries'); END",
    ]


def _sqlite_frozen(table: str, columns: str = "") -> list[str]:
    refused = f"BEGIN SELECT RAISE(ABORT, 'append only: {table}'); END"
    return [
        f"CREATE TRIGGER {table}_update BEFORE UPDATE {columns}ON {table} {refused}",
        f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refused}",
    ]


def _postgresql() -> list[str]:
    # Counting is only exact while nobody else takes a seat, so the trigger locks the shift itself: under READ
    # COMMITTED the statement after the lock sees what was committed before it.
    check = f"""
DECLARE seats_there integer;
BEGIN
    SELECT capacity INTO seats_there FROM shifts WHERE id = NEW.shift_id FOR NO KEY UPDATE;
    IF {TAKEN.format(shift="NEW.shift_id")} > seats_there THEN
        RAISE EXCEPTION 'capacity: every seat of this shift is taken' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END"""
    fewer = f"""
BEGIN
    IF {TAKEN.format(shift="NEW.id")} > NEW.capacity THEN
        RAISE EXCEPTION 'capacity: more seats of this shift are taken' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END"""
    frozen = """
BEGIN
    RAISE EXCEPTION 'append only: %', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END"""
    return [
        "DROP FUNCTION registrations_capacity() CASCADE",
        "DROP FUNCTION shifts_capacity() CASCADE",
        f"CREATE FUNCTION seats_capacity() RETURNS trigger LANGUAGE plpgsql AS $${check} $$",
        f"CREATE FUNCTION shifts_capacity() RETURNS trigger LANGUAGE plpgsql AS $${fewer} $$",
        f"CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $${frozen} $$",
        "CREATE TRIGGER registrations_capacity_insert AFTER INSERT ON registrations"
        f" FOR EACH ROW WHEN (NEW.state IN {SEATED}) EXECUTE FUNCTION seats_capacity()",
        "CREATE TRIGGER registrations_capacity_update AFTER UPDATE OF state, shift_id, party_size, reservation_id"
        f" ON registrations FOR EACH ROW WHEN ({GROWS}) EXECUTE FUNCTION seats_capacity()",
        "CREATE TRIGGER reservations_capacity AFTER INSERT OR UPDATE OF seats, state ON reservations"
        " FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION seats_capacity()",
        "CREATE TRIGGER shifts_capacity AFTER UPDATE OF capacity ON shifts"
        " FOR EACH ROW WHEN (NEW.capacity < OLD.capacity) EXECUTE FUNCTION shifts_capacity()",
        *(_postgresql_frozen(table, "UPDATE OR DELETE") for table in LEDGERS),
        _postgresql_frozen("attendance_events", f"UPDATE OF {EVENT_COLUMNS} OR DELETE"),
        _postgresql_frozen("audit_entries", f"UPDATE OF {AUDIT_COLUMNS} OR DELETE"),
        "CREATE TRIGGER audit_entries_sealed BEFORE UPDATE OF sealed, hash ON audit_entries"
        " FOR EACH ROW WHEN (OLD.hash IS NOT NULL) EXECUTE FUNCTION append_only()",
    ]


def _postgresql_frozen(table: str, when: str) -> str:
    return f"CREATE TRIGGER {table}_frozen BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
