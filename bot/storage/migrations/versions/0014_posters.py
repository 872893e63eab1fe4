"""Posters: the code at the entrance of a shift; records entered later are found without reading everybody's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_attendance_events_offline", "id", "channel = 'offline'"),
    ("ix_attendance_events_answers", "answers_id", "answers_id IS NOT NULL"),
)


def upgrade() -> None:
    op.create_table(
        "posters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name="fk_posters_shift_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posters"),
        sa.UniqueConstraint("shift_id", name="uq_posters_shift_id"),
    )
    for name, column, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, "attendance_events", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _, _ in PARTIAL:
        op.drop_index(name, "attendance_events")
    op.drop_table("posters")
