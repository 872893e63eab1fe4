"""Teams of volunteers, who belongs to them, and seats that a team reserved for members yet to confirm."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.activities import Shift
from bot.storage.models.base import Base
from bot.storage.models.people import Person


class Team(Base):
    """``code`` (T05) is what people type; ``kind``: team, league_branch, station, association, committee.

    ``department`` is its code in 志愿汇; ``parent_id`` the team it belongs to.
    """

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("department"))
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16), default="team")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    department: Mapped[str | None] = mapped_column(String(32))
    area: Mapped[str] = mapped_column(String(32), default="", index=True)
    specialties: Mapped[list[str]] = mapped_column(JSON, default=list)
    about: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(String(64), default="")
    open_to_join: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Membership(Base):
    """``role``: member, core or leader. ``state``: applied → active | refused; active → left | removed."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index(
            "uq_memberships_live", "team_id", "person_id", unique=True,
            sqlite_where=text("state IN ('applied', 'active')"),
            postgresql_where=text("state IN ('applied', 'active')"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(16), default="member")
    state: Mapped[str] = mapped_column(String(16))
    state_since: Mapped[datetime]
    applied_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(255), default="")
    decided_by: Mapped[str] = mapped_column(String(32), default="")
    team: Mapped[Team] = relationship()
    person: Mapped[Person] = relationship()


class Reservation(Base):
    """``seats`` of a shift held for a team until ``expires_at``; each member's own registration takes one of them.

    ``state``: open, expired, cancelled. What it holds is seats minus the live registrations that point to it.
    """

    __tablename__ = "reservations"
    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    openid: Mapped[str] = mapped_column(String(64))
    seats: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="open")
    state_since: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    team: Mapped[Team] = relationship()
    shift: Mapped[Shift] = relationship()
    names: Mapped[list[Invitation]] = relationship(back_populates="reservation", order_by="Invitation.id")


class Invitation(Base):
    """Somebody named by a team or a friend for a seat, who must say yes themselves: found by their number or a code.

    Belongs to a reservation (a team's list) or to a registration (a friend's party). ``answer``: accepted, declined;
    NULL while open.
    """

    __tablename__ = "invitations"
    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"), index=True)
    party_of: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    name: Mapped[str] = mapped_column(String(64), default="")
    phone_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    code_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(16))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    reservation: Mapped[Reservation | None] = relationship(back_populates="names")
