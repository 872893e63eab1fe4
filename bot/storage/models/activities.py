"""Activities and their shifts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base


class Activity(Base):
    """Something staff organise. ``code`` (A12) is what people type; ``state`` is open, draft or cancelled."""

    __tablename__ = "activities"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    title: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16), default="volunteer")
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    place: Mapped[str] = mapped_column(String(128))
    content: Mapped[str] = mapped_column(Text, default="")
    risk: Mapped[str] = mapped_column(Text, default="")
    bring: Mapped[str] = mapped_column(Text, default="")
    insurance: Mapped[str] = mapped_column(Text, default="")
    organiser: Mapped[str] = mapped_column(String(64), default="")
    leader: Mapped[str] = mapped_column(String(64), default="")
    contact: Mapped[str] = mapped_column(String(64), default="")
    cancel_reason: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    shifts: Mapped[list[Shift]] = relationship(back_populates="activity", order_by="Shift.starts_at")


class Shift(Base):
    """One stretch of time with seats. Free seats and places in line are counted from rows, never stored.

    ``moved_at``: when time or place last changed; who had registered before may cancel without being noted as late.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"), index=True)
    role: Mapped[str] = mapped_column(String(64), default="")
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    waitlist_limit: Mapped[int | None]
    signup_opens_at: Mapped[datetime | None]
    signup_closes_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    activity: Mapped[Activity] = relationship(back_populates="shifts")
