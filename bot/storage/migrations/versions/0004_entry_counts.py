"""How often each entry was answered, offered, chosen and rejected, by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "entry", name="pk_entry_counts"),
    )


def downgrade() -> None:
    op.drop_table("entry_counts")
