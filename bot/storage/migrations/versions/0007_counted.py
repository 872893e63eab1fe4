"""Seats are counted from an index alone: in a rush every sign-up counts, and a line of a thousand is no longer read."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = ["shift_id", "state", "party_size", "party_of", "queued_at"]


def upgrade() -> None:
    op.create_index("ix_registrations_counted", "registrations", COLUMNS)
    op.drop_index("ix_registrations_shift_state", "registrations")


def downgrade() -> None:
    op.create_index("ix_registrations_shift_state", "registrations", ["shift_id", "state"])
    op.drop_index("ix_registrations_counted", "registrations")
