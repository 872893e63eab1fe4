"""Pictures of questions, kept encrypted; and the list of problems as an article in WeChat's draft box."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_pictures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("problem", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("content_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_question_pictures_question_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["question_entries.id"], name="fk_question_pictures_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_question_pictures"),
        sa.UniqueConstraint("entry_id", name="uq_question_pictures_entry_id"),
    )
    op.create_index("ix_question_pictures_question_id", "question_pictures", ["question_id"])
    op.create_index("ix_question_pictures_state", "question_pictures", ["state", "next_at"])
    op.add_column("problem_lists", sa.Column("article", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("problem_lists", sa.Column("article_id", sa.String(length=128), nullable=False, server_default=""))
    op.add_column("problem_lists", sa.Column("article_at", sa.DateTime(timezone=True), nullable=True))
