"""Alerts to those on duty, what was said about them, and staff who are bound to a WeChat account and on duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    _staff()
    _alerts()
    _alert_notes()


def downgrade() -> None:
    op.drop_table("alert_notes")
    op.drop_table("alerts")
    op.drop_index("ix_staff_bind_hash", "staff")
    op.drop_index("ix_staff_openid", "staff")
    with op.batch_alter_table("staff") as staff:
        for column in ("bound_at", "bind_hash", "bind_until", "on_duty"):
            staff.drop_column(column)
    op.create_index("ix_staff_openid", "staff", ["openid"])


def _staff() -> None:
    op.add_column("staff", sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff", sa.Column("bind_hash", sa.String(length=64), nullable=True))
    op.add_column("staff", sa.Column("bind_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff", sa.Column("on_duty", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_staff_bind_hash", "staff", ["bind_hash"])
    # Commands come from the bound account: it must name one person. One that names two is nobody's until bound anew.
    op.execute(
        "UPDATE staff SET openid = NULL WHERE openid IN (SELECT openid FROM staff GROUP BY openid HAVING count(*) > 1)"
    )
    op.drop_index("ix_staff_openid", "staff")
    op.create_index("ix_staff_openid", "staff", ["openid"], unique=True)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["staff.id"], name="fk_alerts_acknowledged_by"),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"], name="fk_alerts_closed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index(
        "uq_alerts_open", "alerts", ["openid"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def _alert_notes() -> None:
    op.create_table(
        "alert_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_notes_alert_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_alert_notes_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_notes"),
    )
    op.create_index("ix_alert_notes_alert_id", "alert_notes", ["alert_id"])
