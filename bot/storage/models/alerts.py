"""Alerts to those on duty: somebody may be in danger, who took it over, and everything said about it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base
from bot.storage.models.people import Staff


class Alert(Base):
    """Open until ``closed_at``, at most one for each follower; ``kind``: mind, medical, fire or violence.

    ``last_message_at`` is the follower's last word about it, ``answered_at`` staff's last word to the follower.
    Rows are kept for ever.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "uq_alerts_open", "openid", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    last_message_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    keeper: Mapped[Staff | None] = relationship(foreign_keys=[acknowledged_by])
    notes: Mapped[list[AlertNote]] = relationship(back_populates="alert", order_by="AlertNote.id")

    @property
    def code(self) -> str:
        """J12: what those on duty type."""
        return f"J{self.id}"


class AlertNote(Base):
    """One thing that happened, never changed afterwards: who (``staff_id``; empty = the follower), when, in what words.

    ``kind``: said, place, acknowledged, answered, closed. The words are encrypted.
    """

    __tablename__ = "alert_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text_encrypted: Mapped[bytes | None]
    at: Mapped[datetime]
    alert: Mapped[Alert] = relationship(back_populates="notes")
    staff: Mapped[Staff | None] = relationship()
