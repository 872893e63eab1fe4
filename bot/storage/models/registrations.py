"""Who registered for a shift, who waits in line, and the seats offered to the next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.activities import Shift
from bot.storage.models.base import Base
from bot.storage.models.people import Person

LIVE_STATES = ("confirmed", "waiting", "offered")


class Registration(Base):
    """``state``: confirmed, waiting, offered; ended: cancelled, cancelled_late, declined, offer_expired,
    activity_cancelled. Rows are kept for ever; a person has at most one live row per shift."""

    __tablename__ = "registrations"
    __table_args__ = (
        Index(
            "uq_registrations_live",
            "shift_id",
            "person_id",
            unique=True,
            sqlite_where=text("state IN ('confirmed', 'waiting', 'offered')"),
            postgresql_where=text("state IN ('confirmed', 'waiting', 'offered')"),
        ),
        Index("ix_registrations_shift_state", "shift_id", "state"),
        Index("ix_registrations_person_state", "person_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    openid: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(24))
    state_since: Mapped[datetime]
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(255), default="")
    shift: Mapped[Shift] = relationship()
    person: Mapped[Person] = relationship()


class Offer(Base):
    """A free seat held for the next in line until ``expires_at``.

    ``answer``: accepted, declined, expired, withdrawn; open while it is NULL, and then its registration is offered.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "uq_offers_open", "registration_id", unique=True,
            sqlite_where=text("answer IS NULL"), postgresql_where=text("answer IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(16))
    registration: Mapped[Registration] = relationship()
