"""Attendance events as rows: kept once for each nonce, and read as pairs of coming and leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import identities
from bot.services.crediting import Plan, credit
from bot.services.rules import USUAL, Rules, in_force
from bot.services.verdicts import LISTED
from bot.storage.database import locked
from bot.storage.models import AttendanceEvent, Registration


@dataclass(frozen=True)
class Interval:
    """From a check-in to the check-out after it. ``channel``: how the check-in was given."""

    in_at: datetime
    out_at: datetime | None
    in_event_id: int
    out_event_id: int | None
    channel: str


def keep(
    db: Session,
    registration: Registration,
    kind: str,
    captured_at: datetime,
    *,
    channel: str,
    entered_by: str,
    nonce: str,
    now: datetime,
    verdict: str,
    answers_id: int | None = None,
    note: str = "",
) -> AttendanceEvent:
    """An event that a person entered or decided about, outside every window; its state is the caller's to set."""
    if (known := by_nonce(db, nonce)) is not None:
        return known
    event = AttendanceEvent(
        shift_id=registration.shift_id, person_id=registration.person_id, registration_id=registration.id,
        kind=kind, captured_at=captured_at, received_at=now, channel=channel, verdict=verdict, nonce=nonce,
        entered_by=entered_by, answers_id=answers_id, note=note[:255],
    )  # fmt: skip
    db.add(event)
    db.flush()
    return event


def registration_of(db: Session, shift_id: int, person_id: int) -> Registration | None:
    """This person's registration on the list of the shift, as it is now and nobody else's to change."""
    listed = (
        select(Registration)
        .where(Registration.shift_id == shift_id, Registration.person_id.in_(identities.same(person_id)))
        .where(Registration.state.in_(LISTED))
        .order_by(Registration.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found = db.scalars(listed).one_or_none()
    return locked(db, Registration, found.id) if found is not None else None


def intervals(db: Session, registration_id: int) -> list[Interval]:
    """In/out pairs of accepted events in the order of their times; the last may still be open. Reads only."""
    accepted = (
        select(AttendanceEvent)
        .where(AttendanceEvent.registration_id == registration_id, AttendanceEvent.verdict == "accepted")
        .order_by(AttendanceEvent.captured_at, AttendanceEvent.id)
    )
    pairs: list[Interval] = []
    came: AttendanceEvent | None = None
    for event in db.scalars(accepted):
        if event.kind == "in":
            came = came or event
        elif came is not None:
            pairs.append(Interval(came.captured_at, event.captured_at, came.id, event.id, came.channel))
            came = None
    if came is not None:
        pairs.append(Interval(came.captured_at, None, came.id, None, came.channel))
    return pairs


def about_minutes(
    db: Session, registration_id: int, rules: Rules = USUAL, *, left_at: datetime | None = None
) -> int | None:
    """What the ledger would credit so far, time spent elsewhere aside; with ``left_at`` as if they had left then.

    None where no minutes count (a training, a meeting).
    """
    shift = db.get_one(Registration, registration_id).shift
    if shift.activity.kind != "volunteer":
        return None
    version = in_force(rules.volunteering.hours, shift.starts_at.astimezone(rules.timezone).date())
    plan = Plan(
        shift.starts_at, shift.ended_at or shift.ends_at, shift.break_minutes, shift.cap_minutes, version.snap_minutes,
        version.presence_percent,
    )  # fmt: skip
    ends = [(pair.in_at, pair.out_at or left_at) for pair in intervals(db, registration_id)]
    return credit(plan, [(came, left) for came, left in ends if left is not None]).minutes


def by_nonce(db: Session, nonce: str) -> AttendanceEvent | None:
    return db.scalars(select(AttendanceEvent).where(AttendanceEvent.nonce == nonce)).one_or_none()
