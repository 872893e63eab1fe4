"""Hours, sign-ups and follows of a day or a month are counted from an index, not by reading the county's rows."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ledger_entries_effective_on", "ledger_entries", ["effective_on", "minutes"])
    op.create_index("ix_registrations_created_at", "registrations", ["created_at"])
    op.create_index("ix_followers_followed_at", "followers", ["followed_at"])
    op.create_index("ix_followers_unfollowed_at", "followers", ["unfollowed_at"])


def downgrade() -> None:
    op.drop_index("ix_followers_unfollowed_at", "followers")
    op.drop_index("ix_followers_followed_at", "followers")
    op.drop_index("ix_registrations_created_at", "registrations")
    op.drop_index("ix_ledger_entries_effective_on", "ledger_entries")
