"""Who was there and when, and the minutes that follow from it: events and ledger entries are only ever added."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.activities import Shift
from bot.storage.models.base import Base
from bot.storage.models.people import Person
from bot.storage.models.registrations import Registration

_OFFLINE, _ANSWERS = text("channel = 'offline'"), text("answers_id IS NOT NULL")


class AttendanceEvent(Base):
    """One try to check in or out, accepted or not; never changed (a trigger says so), failures kept.

    ``kind``: in, out. ``channel``: code, qr, location, leader, offline. ``verdict``: accepted, repeated, not_listed,
    outside_window, too_far, wrong_code, needs_person, refused. An event that needed a person is answered by another one
    whose ``answers_id`` points to it. ``place_encrypted`` (latitude,longitude) may be emptied later, nothing else.
    """

    __tablename__ = "attendance_events"
    __table_args__ = (
        UniqueConstraint("nonce"),
        Index("ix_attendance_events_shift_person", "shift_id", "person_id"),
        # The few entered later and the few answered, found among everybody's.
        Index("ix_attendance_events_offline", "id", sqlite_where=_OFFLINE, postgresql_where=_OFFLINE),
        Index("ix_attendance_events_answers", "answers_id", sqlite_where=_ANSWERS, postgresql_where=_ANSWERS),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    captured_at: Mapped[datetime]
    received_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    distance_m: Mapped[int | None]
    place_encrypted: Mapped[bytes | None]
    nonce: Mapped[str] = mapped_column(String(96))
    entered_by: Mapped[str] = mapped_column(String(32), default="")
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("attendance_events.id"))
    note: Mapped[str] = mapped_column(String(255), default="")


class Appeal(Base):
    """A volunteer says that the record is not right; a person decides.

    ``kind``: check_in (补签到 / 我到了), check_out (补签退), hours (申诉). ``claimed_in`` / ``claimed_out``: the times
    claimed. ``state``: open → upheld | refused | escalated (then decided by the committee); ``due_at``: by when.
    """

    __tablename__ = "appeals"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"))
    kind: Mapped[str] = mapped_column(String(16))
    claimed_in: Mapped[datetime | None]
    claimed_out: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    state_since: Mapped[datetime]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(32), default="")
    answer: Mapped[str] = mapped_column(String(255), default="")
    registration: Mapped[Registration] = relationship()


class LedgerEntry(Base):
    """Minutes given, plus or minus; never changed (a trigger says so): a correction is a reversal and a new one.

    ``kind``: credit (recorded by check-in and check-out), honour (entered by two people), import (from 志愿汇).
    ``effective_on``: the day the shift began, as people there date it. ``detail`` says how the minutes came about
    (see bot/services/ledger.py). ``rule_since``: which version of the rules counted. ``source`` + ``external_id`` make
    imports idempotent, ``settled:<registration>`` settlements.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        UniqueConstraint("reverses_id"),
        Index("ix_ledger_entries_person", "person_id", "kind", "effective_on", "minutes"),
        Index("ix_ledger_entries_effective_on", "effective_on", "minutes"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shifts.id"), index=True)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    minutes: Mapped[int]
    effective_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(String(255), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    rule_since: Mapped[date]
    entered_by: Mapped[str] = mapped_column(String(32))
    approved_by: Mapped[str] = mapped_column(String(32), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"))
    source: Mapped[str | None] = mapped_column(String(16))
    external_id: Mapped[str | None] = mapped_column(String(96))
    created_at: Mapped[datetime]
    person: Mapped[Person] = relationship()


class ManualEntry(Base):
    """Honour minutes proposed by one person and decided by another; only then they become a ledger entry.

    ``state``: proposed → approved | refused. ``evidence_sha256``: of the file shown; ``alerts`` name what looks odd.
    """

    __tablename__ = "manual_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"), index=True)
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shifts.id"))
    minutes: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(255))
    evidence: Mapped[str] = mapped_column(String(128), default="")
    evidence_sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    alerts: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(16), default="proposed", index=True)
    entered_by: Mapped[str] = mapped_column(String(32), index=True)
    entered_at: Mapped[datetime] = mapped_column(index=True)
    decided_by: Mapped[str] = mapped_column(String(32), default="")
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(255), default="")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"))
    person: Mapped[Person] = relationship()
    shift: Mapped[Shift | None] = relationship()


class Outcome(Base):
    """What an activity achieved, told by its leader: 3.7 吨 垃圾, 50 户, 120 人次."""

    __tablename__ = "outcomes"
    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"), index=True)
    amount: Mapped[str] = mapped_column(String(16))
    unit: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[datetime]
