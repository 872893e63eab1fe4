"""青年之声: words kept for answers, which drafts began with them, and when a question was emptied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canned_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_canned_answers"),
    )
    op.create_index("ix_canned_answers_topic", "canned_answers", ["topic"], unique=False)
    # In words of its own: SQLite takes a reference with a new column, not one after the other.
    op.execute(
        "ALTER TABLE question_entries ADD COLUMN canned_id INTEGER"
        " CONSTRAINT fk_question_entries_canned_id REFERENCES canned_answers (id)"
    )
    op.add_column("questions", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("questions", "emptied_at")
    with op.batch_alter_table("question_entries") as entries:
        entries.drop_constraint("fk_question_entries_canned_id", type_="foreignkey")
        entries.drop_column("canned_id")
    op.drop_table("canned_answers")
