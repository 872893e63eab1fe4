"""Activities and their shifts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.base import Base


class Activity(Base):
    """Something staff or a team organise. ``code`` (A12) is what people type.

    ``state``: draft → submitted → (rejected | open); open → withdrawn (nobody registered yet) or cancelled. What a
    clock decides (closed, running, over, settled) is computed from the shifts. ``kind``: volunteer (the only one
    whose minutes count, 67号令 第19条), training, league, meeting, entertainment, selection, campaign (the parent of
    others, without shifts). ``visibility``: public, or team (members of ``team_id`` only). ``approval``: each sign-up
    waits for the leader. ``author``, ``reviewer``: actors (see bot/services/actors.py). ``campaign_id``: the activity
    this one is part of; ``claimed_by`` the team that took it on.
    ``agreement_required``: for one of the reasons of 浙江省条例 第21条 beyond what the other fields say.
    """

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
    author: Mapped[str] = mapped_column(String(32), default="")
    reviewer: Mapped[str] = mapped_column(String(32), default="")
    submitted_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(String(255), default="")
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"), index=True)
    claimable: Mapped[bool] = mapped_column(default=False)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    visibility: Mapped[str] = mapped_column(String(16), default="public")
    approval: Mapped[bool] = mapped_column(default=False)
    dangerous: Mapped[bool] = mapped_column(default=False)
    large: Mapped[bool] = mapped_column(default=False)
    agreement_required: Mapped[bool] = mapped_column(default=False)
    area: Mapped[str] = mapped_column(String(32), default="", index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    radius_m: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    shifts: Mapped[list[Shift]] = relationship(back_populates="activity", order_by="Shift.starts_at")


class Shift(Base):
    """One stretch of time with seats. Free seats and places in line are counted from rows, never stored.

    ``moved_at``: when time or place last changed; who had registered before may cancel without being noted as late.
    ``ended_at``: when the leader said it was over, earlier or (before settlement) later than planned. ``settled_at``:
    every person there has an entry or a decision. ``needs``: what a volunteer must bring for this role, a JSON object
    with any of ``courses``, ``skills`` (lists of names) and ``gender`` (a note, not a gate). ``roster_id``,
    ``roster_slot`` (2026-03-07/1): for shifts made from a template.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity >= 0", name="capacity"),
        Index("uq_shifts_roster_slot", "roster_id", "roster_slot", unique=True),
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
    break_minutes: Mapped[int] = mapped_column(default=0)
    cap_minutes: Mapped[int | None]
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    needs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    insurance_closes_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    roster_id: Mapped[int | None] = mapped_column(ForeignKey("rosters.id"))
    roster_slot: Mapped[str | None] = mapped_column(String(16))
    activity: Mapped[Activity] = relationship(back_populates="shifts")


class Roster(Base):
    """A template of recurring shifts of one activity (微笑驿站: two seats a day of 2.5 h).

    ``slots``: a list of ``{"starts": "09:00", "ends": "11:30", "seats": 1, "role": "", "min_age": null}`` for each day
    in ``weekdays`` (0 = Monday) from ``first_on`` to ``last_on``; ``made_until``: the last day whose shifts exist.
    """

    __tablename__ = "rosters"
    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"), index=True)
    weekdays: Mapped[list[int]] = mapped_column(JSON)
    slots: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    first_on: Mapped[date]
    last_on: Mapped[date]
    except_on: Mapped[list[str]] = mapped_column(JSON, default=list)
    made_until: Mapped[date | None]


class Policy(Base):
    """An insurance policy: 最高 ``accident_yuan`` 意外伤害, ``hospital_days`` 住院定额."""

    __tablename__ = "policies"
    id: Mapped[int] = mapped_column(primary_key=True)
    insurer: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(64), unique=True)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    accident_yuan: Mapped[int | None]
    hospital_days: Mapped[int | None]
    claims_phone: Mapped[str] = mapped_column(String(32), default="")


class InsuranceRoster(Base):
    """Whom the insurer was told about for a shift: ``people`` are ids, ``sha256`` of the list that was handed out."""

    __tablename__ = "insurance_rosters"
    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"), index=True)
    people: Mapped[list[int]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    cut_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(32))


class Poster(Base):
    """The code on the sheet that hangs at the entrance of a shift, asked for at the console and fetched by the worker.

    ``url``: what the code holds, empty until WeChat gave it, which keeps it until ``good_until``; ``error``: why not.
    """

    __tablename__ = "posters"
    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"), unique=True)
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    url: Mapped[str] = mapped_column(String(255), default="")
    good_until: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(255), default="")
