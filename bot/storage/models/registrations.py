"""Who registered for a shift, who waits in line, and the seats offered to the next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.activities import Shift
from bot.storage.models.base import Base
from bot.storage.models.people import Person

SEATED_STATES = ("confirmed", "offered", "checked_in", "checked_out", "unclosed", "completed")
"""States that hold seats of the shift; an open offer does."""
LIVE_STATES = (*SEATED_STATES, "pending", "waiting")
"""A person has at most one registration of a shift in one of these."""
_LIVE = text("state IN ({})".format(", ".join(f"'{state}'" for state in LIVE_STATES)))


class Registration(Base):
    """One person and one shift; rows are kept for ever.

    ``state``: pending (待审核), waiting (候补), offered (候补邀请), confirmed (已报名), checked_in, checked_out,
    unclosed (待补签退), completed; ended: cancelled, cancelled_late, declined, offer_expired, activity_cancelled,
    rejected, absent (未到). ``party_size``: seats this row holds, its companions' among them; a companion's
    own row holds none (0) and points to it by ``party_of``. ``reservation_id``: the team's, whose seat this is.
    ``auto_accept``: 直接报上, no offer is needed. ``priority``: higher first in line, by a published rule only.
    ``skipped``: how often a party was passed over for want of enough seats together. ``uninsured``: joined
    after the list went to the insurer.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        Index(
            "uq_registrations_live",
            "shift_id",
            "person_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        # What counting seats reads, so that it need not look at the rows themselves.
        Index("ix_registrations_counted", "shift_id", "state", "party_size", "party_of", "queued_at"),
        Index("ix_registrations_person_state", "person_id", "state"),
        Index("ix_registrations_created_at", "created_at"),
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
    party_size: Mapped[int] = mapped_column(default=1)
    party_of: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"), index=True)
    auto_accept: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    uninsured: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(16), default="chat")
    # Read only: what a flush would ask of a relationship that may be set costs a seventh of a sign-up.
    shift: Mapped[Shift] = relationship(viewonly=True)
    person: Mapped[Person] = relationship(viewonly=True)


class Offer(Base):
    """A free seat held for the next in line until ``expires_at``.

    ``answer``: accepted, declined, expired, withdrawn; open while it is NULL, and then its registration is offered.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "uq_offers_open",
            "registration_id",
            unique=True,
            sqlite_where=text("answer IS NULL"),
            postgresql_where=text("answer IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(16))
    delivered_at: Mapped[datetime | None]
    registration: Mapped[Registration] = relationship()


class Swap(Base):
    """A roster seat offered by its holder to somebody else: to anybody of the line, or in exchange for another seat.

    ``state``: open → taken | withdrawn | expired. ``wanted_shift_id``: set when the holder wants that seat in return.
    """

    __tablename__ = "swaps"
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    wanted_shift_id: Mapped[int | None] = mapped_column(ForeignKey("shifts.id"))
    code: Mapped[str] = mapped_column(String(8), index=True)
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    taken_at: Mapped[datetime | None]
    registration: Mapped[Registration] = relationship(foreign_keys=[registration_id])
