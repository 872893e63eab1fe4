"""Broadcasts with their calls and recipients, tags of followers, every change of a consent to notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_pushes_kind_state", "pushes", ["kind", "state", "due_at"], unique=False)
    op.create_table(
        "notice_consent_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_consent_events"),
        sa.UniqueConstraint("key", name="uq_notice_consent_events_key"),
    )
    op.create_index("ix_notice_consent_events_openid", "notice_consent_events", ["openid"], unique=False)
    # What was counted before changes were kept is where the changes begin.
    op.execute(
        "INSERT INTO notice_consent_events (key, openid, template_id, source, change, at)"
        " SELECT 'opening:' || openid || ':' || template_id, openid, template_id, 'opening', remaining, updated_at"
        " FROM notice_consents WHERE remaining <> 0"
    )
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("picture", sa.String(length=255), nullable=False),
        sa.Column("link", sa.String(length=1024), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("review_note", sa.String(length=255), nullable=False),
        sa.Column("previewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size_submitted", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name="fk_broadcasts_activity_id"),
        sa.PrimaryKeyConstraint("id", name="pk_broadcasts"),
        sa.UniqueConstraint("code", name="uq_broadcasts_code"),
    )
    op.create_index("ix_broadcasts_activity_id", "broadcasts", ["activity_id"], unique=False)
    op.create_index("ix_broadcasts_state_due", "broadcasts", ["state", "due_at"], unique=False)
    op.create_table(
        "follower_tags",
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["openid"], ["followers.openid"], name="fk_follower_tags_openid"),
        sa.PrimaryKeyConstraint("openid", "name", name="pk_follower_tags"),
    )
    op.create_index("ix_follower_tags_name", "follower_tags", ["name"], unique=False)
    op.create_table(
        "broadcast_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("client_msg_id", sa.String(length=32), nullable=False),
        sa.Column("wechat_id", sa.String(length=32), nullable=False),
        sa.Column("draft_id", sa.String(length=128), nullable=False),
        sa.Column("url", sa.String(length=1024), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=64), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("total_count", sa.Integer(), nullable=True),
        sa.Column("filter_count", sa.Integer(), nullable=True),
        sa.Column("sent_count", sa.Integer(), nullable=True),
        sa.Column("error_count", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name="fk_broadcast_batches_broadcast_id"),
        sa.PrimaryKeyConstraint("id", name="pk_broadcast_batches"),
        sa.UniqueConstraint("client_msg_id", name="uq_broadcast_batches_client_msg_id"),
    )
    op.create_index("ix_broadcast_batches_state", "broadcast_batches", ["state", "not_before"], unique=False)
    op.create_index("ix_broadcast_batches_tried_at", "broadcast_batches", ["tried_at"], unique=False)
    op.create_index("ix_broadcast_batches_wechat_id", "broadcast_batches", ["wechat_id"], unique=False)
    op.create_index("uq_broadcast_batches_number", "broadcast_batches", ["broadcast_id", "number"], unique=True)
    op.create_table(
        "broadcast_recipients",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("push_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["broadcast_batches.id"], name="fk_broadcast_recipients_batch_id"),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name="fk_broadcast_recipients_broadcast_id"),
        sa.ForeignKeyConstraint(["push_id"], ["pushes.id"], name="fk_broadcast_recipients_push_id"),
        sa.PrimaryKeyConstraint("broadcast_id", "openid", name="pk_broadcast_recipients"),
    )
    op.create_index("ix_broadcast_recipients_batch_id", "broadcast_recipients", ["batch_id"], unique=False)
    op.create_index("ix_broadcast_recipients_openid", "broadcast_recipients", ["openid"], unique=False)
    op.create_index("ix_broadcast_recipients_push_id", "broadcast_recipients", ["push_id"], unique=False)
    op.create_index(
        "ix_broadcast_recipients_state",
        "broadcast_recipients",
        ["broadcast_id", "state", "batch_id", "push_id"],
        unique=False,
    )
    op.add_column("followers", sa.Column("broadcasts", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_index("ix_pushes_kind_state", table_name="pushes")
    op.drop_column("followers", "broadcasts")
    op.drop_index("ix_broadcast_recipients_state", table_name="broadcast_recipients")
    op.drop_index("ix_broadcast_recipients_push_id", table_name="broadcast_recipients")
    op.drop_index("ix_broadcast_recipients_openid", table_name="broadcast_recipients")
    op.drop_index("ix_broadcast_recipients_batch_id", table_name="broadcast_recipients")
    op.drop_table("broadcast_recipients")
    op.drop_index("uq_broadcast_batches_number", table_name="broadcast_batches")
    op.drop_index("ix_broadcast_batches_wechat_id", table_name="broadcast_batches")
    op.drop_index("ix_broadcast_batches_tried_at", table_name="broadcast_batches")
    op.drop_index("ix_broadcast_batches_state", table_name="broadcast_batches")
    op.drop_table("broadcast_batches")
    op.drop_index("ix_follower_tags_name", table_name="follower_tags")
    op.drop_table("follower_tags")
    op.drop_index("ix_broadcasts_state_due", table_name="broadcasts")
    op.drop_index("ix_broadcasts_activity_id", table_name="broadcasts")
    op.drop_table("broadcasts")
    op.drop_index("ix_notice_consent_events_openid", table_name="notice_consent_events")
    op.drop_table("notice_consent_events")
