"""Presence noted on paper: entered later by one person, approved by another, and only then it counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session, aliased

from bot.services import actors, audience
from bot.services.announcements import notify
from bot.services.attendance_events import by_nonce, keep
from bot.services.offers import lock_registration
from bot.services.refusals import NotRegistered
from bot.services.refusals.attendance import ClaimImpossible, EventAnswered, EventUnknown, SamePerson
from bot.services.verdicts import LISTED
from bot.storage.database import writing
from bot.storage.models import AttendanceEvent

OFFLINE = "offline"
"""The channel of records entered later by one person and approved by another."""
LATEST = timedelta(days=1)
"""How far before the start and after the end a time entered later may lie: a slip in the date is none of theirs."""


def propose_offline(
    db: Session, registration_id: int, in_at: datetime, out_at: datetime, actor: str, nonce: str, now: datetime
) -> AttendanceEvent:
    """补录 13:02 到 15:30 for somebody whose presence was only noted on paper: both wait for a second person.

    Returns the check-in, whose id names the pair. Staff who decide about manual hours are told.
    """
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    first, last = shift.starts_at - LATEST, min(now, shift.ends_at + LATEST)
    if not first < in_at < out_at <= last:
        raise ClaimImpossible(first, last)
    if registration.state not in LISTED:
        raise NotRegistered(registration.state)
    came, _ = [
        keep(
            db, registration, kind, at, channel=OFFLINE, entered_by=actor, nonce=f"{nonce}:{kind}", now=now,
            verdict="needs_person",
        )
        for kind, at in (("in", in_at), ("out", out_at))
    ]  # fmt: skip
    for openid in audience.of_deciders(db, "manual_hours"):
        notify(db, openid, "attendance.offline", f"{came.id}:{openid}", now, event_id=came.id)
    return came


def offline_pending(db: Session) -> list[AttendanceEvent]:
    """Check-ins entered later that nobody has decided about, oldest first."""
    answer = aliased(AttendanceEvent)
    waiting = select(AttendanceEvent).where(
        AttendanceEvent.channel == literal_column(f"'{OFFLINE}'"),  # as the partial index says it
        AttendanceEvent.kind == "in",
        AttendanceEvent.verdict == "needs_person",
        ~select(answer.id).where(answer.answers_id == AttendanceEvent.id).exists(),
    )
    return list(db.scalars(waiting.order_by(AttendanceEvent.id)))


def approve_offline(
    db: Session, event_id: int, actor: str, now: datetime, *, approve: bool = True, note: str = ""
) -> list[AttendanceEvent]:
    """The second person's word on a pair entered later: the answering events, accepted or refused.

    Raises EventUnknown, EventAnswered, SamePerson (whoever entered it, or whose record it is).
    """
    writing(db)
    came = db.get(AttendanceEvent, event_id)
    if came is None or came.channel != OFFLINE or came.kind != "in" or came.registration_id is None:
        raise EventUnknown(event_id)
    registration, _ = lock_registration(db, came.registration_id)
    if db.scalars(select(AttendanceEvent.id).where(AttendanceEvent.answers_id == came.id).limit(1)).first():
        raise EventAnswered(event_id)
    for other in (came.entered_by, actors.person(registration.person_id)):
        if actors.is_same_human(db, actor, other):
            raise SamePerson
    left = _left(db, came)
    verdict = "accepted" if approve else "refused"
    answers = [
        keep(
            db, registration, event.kind, event.captured_at, channel=OFFLINE, entered_by=actor,
            nonce=f"answer:{event.id}", now=now, verdict=verdict, answers_id=event.id, note=note,
        )
        for event in (came, left) if event is not None
    ]  # fmt: skip
    if approve:
        registration.state, registration.state_since = "checked_out", now
        db.flush()
    return answers


def offline_end(db: Session, came: AttendanceEvent) -> datetime | None:
    """When the person left, as entered with this check-in."""
    left = _left(db, came)
    return left.captured_at if left is not None else None


def _left(db: Session, came: AttendanceEvent) -> AttendanceEvent | None:
    return by_nonce(db, came.nonce.removesuffix(":in") + ":out")
