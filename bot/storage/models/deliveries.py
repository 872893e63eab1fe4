"""What keeps effects single: deliveries already answered, leases of timers, sessions saved in an outage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class Delivery(Base):
    """A message that changed something, committed together with the change; a repeat finds the same reply here."""

    __tablename__ = "deliveries"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    reply: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(index=True)


class Lease(Base):
    """A timer's turn, or a process's heartbeat: whoever holds it until ``until`` is alone."""

    __tablename__ = "leases"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]
    beat_at: Mapped[datetime]
    fence: Mapped[int] = mapped_column(default=0)


class SavedSession(Base):
    """A follower's session while Valkey could not be written."""

    __tablename__ = "saved_sessions"
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
