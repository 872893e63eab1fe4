"""The outbox: everything the account owes somebody unprompted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class Push(Base):
    """One thing said first to one follower.

    ``state``: due → sending → sent / failed / unknown / expired / superseded, or unreached (kept for the
    follower's next message). ``key`` makes planning idempotent. ``payload`` holds ids, never phone numbers.
    ``fence`` grows with each claim: a paused worker's late result no longer matches and changes nothing.
    ``not_before`` puts a retry off without moving ``due_at``, from which lateness is counted; ``tried_at`` is the first
    call (WeChat forgets a client_msg_id after ten minutes); ``doubts`` counts calls whose outcome nobody knows.
    """

    __tablename__ = "pushes"
    __table_args__ = (
        Index("ix_pushes_state_due", "state", "due_at"),
        # Alerts go first: found without looking at a county's other rows.
        Index("ix_pushes_kind_state", "kind", "state", "due_at"),
        Index("ix_pushes_openid_state", "openid", "state"),
        Index("ix_pushes_wechat_id", "wechat_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    openid: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16), default="due")
    attempts: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(16), default="")
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str] = mapped_column(String(64), default="")
    fence: Mapped[int] = mapped_column(default=0)
    wechat_id: Mapped[str] = mapped_column(String(32), default="")
    error: Mapped[str] = mapped_column(String(255), default="")
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    doubts: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
