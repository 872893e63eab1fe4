"""Why an export failed; the last code of a second factor; what one administrator wishes and another agrees to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("export_jobs", sa.Column("error", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.add_column("staff", sa.Column("wanted", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("wanted_by", sa.Integer(), nullable=True))
    op.add_column("staff", sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True))
