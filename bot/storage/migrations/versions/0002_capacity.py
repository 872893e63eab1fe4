"""The database itself refuses more seats taken than there are: the second guard, also against scripts and imports."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEATED = "('confirmed', 'offered')"

# `unless` lets an update pass that takes no further seat.
_SQLITE_REGISTRATION = """
CREATE TRIGGER registrations_capacity_{event} BEFORE {when} ON registrations
WHEN NEW.state IN {seated} {unless}
BEGIN
    SELECT RAISE(ABORT, 'capacity: every seat of this shift is taken')
    WHERE (SELECT count(*) FROM registrations WHERE shift_id = NEW.shift_id AND state IN {seated})
        >= (SELECT capacity FROM shifts WHERE id = NEW.shift_id);
END
"""
_SQLITE_SHIFT = f"""
CREATE TRIGGER shifts_capacity BEFORE UPDATE OF capacity ON shifts
WHEN NEW.capacity < OLD.capacity
BEGIN
    SELECT RAISE(ABORT, 'capacity: more seats of this shift are taken')
    WHERE (SELECT count(*) FROM registrations WHERE shift_id = NEW.id AND state IN {SEATED}) > NEW.capacity;
END
"""
# Counting is only exact while nobody else takes a seat, so the trigger locks the shift itself: under READ COMMITTED
# the statement after the lock sees what was committed before it.
_POSTGRES_REGISTRATION = f"""
CREATE FUNCTION registrations_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE seats integer;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state IN {SEATED} AND OLD.shift_id = NEW.shift_id THEN
        RETURN NEW;
    END IF;
    SELECT capacity INTO seats FROM shifts WHERE id = NEW.shift_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM registrations WHERE shift_id = NEW.shift_id AND state IN {SEATED}) >= seats THEN
        RAISE EXCEPTION 'capacity: every seat of this shift is taken' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
_POSTGRES_SHIFT = f"""
CREATE FUNCTION shifts_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM registrations WHERE shift_id = NEW.id AND state IN {SEATED}) > NEW.capacity THEN
        RAISE EXCEPTION 'capacity: more seats of this shift are taken' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("registrations_capacity_insert", "registrations_capacity_update", "shifts_capacity"):
            op.execute(f"DROP TRIGGER {name}")
        return
    op.execute("DROP FUNCTION registrations_capacity() CASCADE")
    op.execute("DROP FUNCTION shifts_capacity() CASCADE")


def _sqlite() -> list[str]:
    seat_before = f"AND (OLD.state NOT IN {SEATED} OR OLD.shift_id <> NEW.shift_id)"
    return [
        _SQLITE_REGISTRATION.format(event="insert", when="INSERT", seated=SEATED, unless=""),
        _SQLITE_REGISTRATION.format(
            event="update", when="UPDATE OF state, shift_id", seated=SEATED, unless=seat_before
        ),
        _SQLITE_SHIFT,
    ]


def _postgresql() -> list[str]:
    return [
        _POSTGRES_REGISTRATION,
        f"""CREATE TRIGGER registrations_capacity BEFORE INSERT OR UPDATE OF state, shift_id ON registrations
        FOR EACH ROW WHEN (NEW.state IN {SEATED}) EXECUTE FUNCTION registrations_capacity()""",
        _POSTGRES_SHIFT,
        """CREATE TRIGGER shifts_capacity BEFORE UPDATE OF capacity ON shifts
        FOR EACH ROW WHEN (NEW.capacity < OLD.capacity) EXECUTE FUNCTION shifts_capacity()""",
    ]
