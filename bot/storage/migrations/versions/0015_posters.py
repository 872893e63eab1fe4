"""Posters: the code that hangs at the entrance of a shift, asked for at the console."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    op.drop_table("posters")
