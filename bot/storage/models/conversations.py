"""Conversations with people (转人工): who asked, who took it, and everything both wrote, sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base
from bot.storage.models.people import Staff


class Conversation(Base):
    """``state``: waiting (nobody took it yet) → open → ended; at most one that has not ended for each follower.

    ``last_message_at``: of either side. ``ended_by``: an actor. ``openid`` is empty once the account was erased.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index(
            "uq_conversations_live", "openid", unique=True,
            sqlite_where=text("state <> 'ended'"), postgresql_where=text("state <> 'ended'"),
        ),
        Index("ix_conversations_state", "state", "last_message_at"),
        Index("ix_conversations_openid", "openid"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    opened_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    taken_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(96), default="")
    keeper: Mapped[Staff | None] = relationship()
    messages: Mapped[list[ConversationMessage]] = relationship(
        back_populates="conversation", order_by="ConversationMessage.id"
    )

    @property
    def code(self) -> str:
        """H12: what staff type."""
        return f"H{self.id}"


class ConversationMessage(Base):
    """One thing written, never changed afterwards. ``direction``: in (of the follower) or out (of ``staff_id``).

    ``kind``: text, picture, voice, video, place, link, other. ``media_id``: as WeChat names it; it is looked at in
    WeChat's own console.
    """

    __tablename__ = "conversation_messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    direction: Mapped[str] = mapped_column(String(3))
    kind: Mapped[str] = mapped_column(String(8), default="text")
    text_encrypted: Mapped[bytes | None]
    media_id: Mapped[str] = mapped_column(String(128), default="")
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    conversation: Mapped[Conversation] = relationship(back_populates="messages")
    staff: Mapped[Staff | None] = relationship()
