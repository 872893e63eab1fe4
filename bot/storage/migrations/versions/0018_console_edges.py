"""Why an export failed; the last code of a second factor, which lets nobody in twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("export_jobs", sa.Column("error", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("totp_step", sa.Integer(), nullable=True))
