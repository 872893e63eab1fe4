"""The audit log: every change of a state, with who, before, after and why, chained by hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class AuditEntry(Base):
    """One change. ``actor``: staff:3, person:7, follower:<openid>, system. ``subject``: registrations:55.

    Written with the change; a little later the worker gives it its place in the chain: ``sealed`` (1, 2, 3 …) and
    ``hash`` = SHA-256 of the hash before it and this row. Never changed otherwise, never deleted (a trigger says so).
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject"),
        Index("ix_audit_entries_at", "at"),
        Index("uq_audit_entries_sealed", "sealed", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(48))
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reason: Mapped[str] = mapped_column(String(255), default="")
    sealed: Mapped[int | None]
    hash: Mapped[str | None] = mapped_column(String(64))
