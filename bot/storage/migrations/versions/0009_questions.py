"""青年之声: questions, what was said about each, their clocks, and who answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_numbers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_question_numbers"),
    )
    op.create_table(
        "experts",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("title", sa.String(length=32), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("away_from", sa.Date(), nullable=True),
        sa.Column("away_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_experts_staff_id"),
        sa.PrimaryKeyConstraint("staff_id", name="pk_experts"),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("is_minor", sa.Boolean(), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("transferred_to", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_questions_alert_id"),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name="fk_questions_assignee_id"),
        sa.ForeignKeyConstraint(["merged_into"], ["questions.id"], name="fk_questions_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("number", name="uq_questions_number"),
    )
    op.create_index("ix_questions_alert_id", "questions", ["alert_id"], unique=False)
    op.create_index("ix_questions_assignee_id", "questions", ["assignee_id"], unique=False)
    op.create_index("ix_questions_merged_into", "questions", ["merged_into"], unique=False)
    op.create_index("ix_questions_openid", "questions", ["openid"], unique=False)
    op.create_index("ix_questions_state_since", "questions", ["state", "state_since"], unique=False)
    op.create_table(
        "question_clocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_question_clocks_question_id"),
        sa.PrimaryKeyConstraint("id", name="pk_question_clocks"),
    )
    op.create_index("ix_question_clocks_stopped_at", "question_clocks", ["stopped_at", "warn_at"], unique=False)
    op.create_index("uq_question_clocks_round", "question_clocks", ["question_id", "kind", "round"], unique=True)
    op.create_table(
        "question_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("media_id", sa.String(length=128), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["question_entries.id"], name="fk_question_entries_draft_id"),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_question_entries_question_id"),
        sa.PrimaryKeyConstraint("id", name="pk_question_entries"),
    )
    op.create_index("ix_question_entries_question_id", "question_entries", ["question_id"], unique=False)
    op.create_table(
        "problem_lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_problem_lists"),
        sa.UniqueConstraint("month", name="uq_problem_lists_month"),
    )
    op.create_table(
        "problem_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["problem_lists.id"], name="fk_problem_items_list_id"),
        sa.PrimaryKeyConstraint("id", name="pk_problem_items"),
    )
    op.create_index("ix_problem_items_list_id", "problem_items", ["list_id"], unique=False)


def downgrade() -> None:
    questions = ("question_entries", "question_clocks", "questions", "question_numbers")
    for table in ("problem_items", "problem_lists", *questions, "experts"):
        op.drop_table(table)
