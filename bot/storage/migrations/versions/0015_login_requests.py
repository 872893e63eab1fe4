"""Logging in by WeChat: what a browser asked, who confirmed it; and the audit log found by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_login_requests_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_login_requests"),
        sa.UniqueConstraint("code_hash", name="uq_login_requests_code_hash"),
    )
    op.create_index("ix_login_requests_browser_hash", "login_requests", ["browser_hash"])
    op.create_index("ix_login_requests_address", "login_requests", ["address"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
