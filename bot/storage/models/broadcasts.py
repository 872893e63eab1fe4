"""Broadcasts: one word to many, who it is for, the calls that carry it, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class Broadcast(Base):
    """``state``: draft → submitted → approved → sending ⇄ paused → done or stopped; a rejected one is a draft again.

    ``audience``: a rule, read again when the sending begins. ``channel``: auto, mass (群发), article (draft and
    publish), notice (subscribe notice), custom (within customer-service windows). ``picture``: a file below the data
    folder. ``code``: names the link whose clicks are counted. ``size_submitted``: how many it was for when the reviewer
    saw it; ``size``: for how many rows were made. ``visits``: openings of the link by nobody we know. ``error``: what
    paused it, in words.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (Index("ix_broadcasts_state_due", "state", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    title: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text, default="")
    picture: Mapped[str] = mapped_column(String(255), default="")
    link: Mapped[str] = mapped_column(String(1024), default="")
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"), index=True)
    audience: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    channel: Mapped[str] = mapped_column(String(16), default="auto")
    state: Mapped[str] = mapped_column(String(16), default="draft")
    author: Mapped[str] = mapped_column(String(64))
    reviewer: Mapped[str] = mapped_column(String(64), default="")
    review_note: Mapped[str] = mapped_column(String(255), default="")
    previewed_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    size_submitted: Mapped[int | None]
    size: Mapped[int | None]
    visits: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Batch(Base):
    """One call of mass sending or publishing; what is said to single people goes through the outbox instead.

    ``call``: openids (2 to 10,000), tag, everybody, article. ``state``: filling (its recipients are still being
    written) → due → sending → accepted (WeChat works on it) → done, failed or unknown. ``client_msg_id``: the same for
    every try, so that a retry is no second broadcast; WeChat answers 45065 to it and ``wechat_id`` is the message of
    the first. ``draft_id``: the article in WeChat's draft box that this call sends or publishes, ``url`` where a
    published one is read. ``tried_at``: the first call that may have used up quota. The four counts are WeChat's own
    report. ``settled_at``: its recipients know what became of it. ``fence`` grows with each claim, as in the outbox.
    """

    __tablename__ = "broadcast_batches"
    __table_args__ = (
        Index("uq_broadcast_batches_number", "broadcast_id", "number", unique=True),
        Index("ix_broadcast_batches_state", "state", "not_before"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    number: Mapped[int]
    call: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="due")
    client_msg_id: Mapped[str] = mapped_column(String(32), unique=True)
    wechat_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    draft_id: Mapped[str] = mapped_column(String(128), default="")
    url: Mapped[str] = mapped_column(String(1024), default="")
    size: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    tried_at: Mapped[datetime | None] = mapped_column(index=True)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str] = mapped_column(String(64), default="")
    fence: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int | None]
    filter_count: Mapped[int | None]
    sent_count: Mapped[int | None]
    error_count: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(255), default="")
    accepted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class Recipient(Base):
    """One follower for whom a broadcast is. ``state``: due → sent → delivered, or failed, refused, unreached, unknown,
    stopped. By ``batch_id`` it is carried by a call, by ``push_id`` by the outbox. ``clicked_at``: the first click.
    """

    __tablename__ = "broadcast_recipients"
    __table_args__ = (
        Index("ix_broadcast_recipients_state", "broadcast_id", "state", "batch_id", "push_id"),
        Index("ix_broadcast_recipients_openid", "openid"),
    )
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"), primary_key=True)
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("broadcast_batches.id"), index=True)
    push_id: Mapped[int | None] = mapped_column(ForeignKey("pushes.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="due")
    channel: Mapped[str] = mapped_column(String(16), default="")
    error: Mapped[str] = mapped_column(String(255), default="")
    clicked_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class FollowerTag(Base):
    """A tag staff gave a follower; audiences and conditional menus ask for it.

    ``told_at``: WeChat knows of the row as it is. ``taken_at``: taken away; the row goes when WeChat knows of that.
    ``error``: why WeChat will not have it.
    """

    __tablename__ = "follower_tags"
    openid: Mapped[str] = mapped_column(ForeignKey("followers.openid"), primary_key=True)
    name: Mapped[str] = mapped_column(String(30), primary_key=True, index=True)
    given_by: Mapped[str] = mapped_column(String(64), default="")
    given_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(255), default="")
