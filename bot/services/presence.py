"""Who was there and when: every try is judged and kept, states follow, and what is left open is closed in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import audience, identities
from bot.services.announcements import notify
from bot.services.attendance_events import Interval, about_minutes, by_nonce, intervals, registration_of
from bot.services.offline import LATEST, OFFLINE, approve_offline, offline_end, offline_pending, propose_offline
from bot.services.refusals import ShiftUnknown
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import Kind, judge, window
from bot.storage.database import locked, writing
from bot.storage.models import Activity, AttendanceEvent, Person, Registration, Shift

__all__ = [
    "LATEST", "OFFLINE", "Interval", "about_minutes", "approve_offline", "close", "intervals", "offline_end",
    "offline_pending", "propose_offline", "record", "registration_of", "shifts_to_close",
]  # fmt: skip


def record(
    db: Session,
    *,
    shift_id: int,
    person_id: int,
    kind: Kind,
    captured_at: datetime,
    channel: str,
    entered_by: str,
    nonce: str,
    now: datetime,
    rules: Rules = USUAL,
    is_right: bool = True,
    distance_m: int | None = None,
    radius_m: int | None = None,
    place_encrypted: bytes | None = None,
    needs_person: bool = False,
    answers_id: int | None = None,
    note: str = "",
) -> AttendanceEvent:
    """Judge one try and keep it, whatever the verdict; the same ``nonce`` again returns the first event.

    ``is_right``: whether the code was. ``needs_person``: right so far, but somebody must still confirm. Raises
    ShiftUnknown.
    """
    writing(db)
    person_id = identities.current(db, person_id)
    locked(db, Person, person_id)  # two accounts of one person come one after the other
    if (known := by_nonce(db, nonce)) is not None:
        return known
    shift = db.get(Shift, shift_id, populate_existing=True)
    if shift is None:
        raise ShiftUnknown
    registration = registration_of(db, shift_id, person_id)
    verdict = judge(
        kind,
        captured_at,
        registration.state if registration else None,
        window(shift, rules),
        is_right=is_right,
        distance_m=distance_m,
        radius_m=radius_m,
        needs_person=needs_person,
    )
    event = AttendanceEvent(
        shift_id=shift_id,
        person_id=person_id,
        registration_id=registration.id if registration else None,
        kind=kind,
        captured_at=captured_at,
        received_at=now,
        channel=channel,
        verdict=verdict,
        distance_m=distance_m,
        place_encrypted=place_encrypted,
        nonce=nonce,
        entered_by=entered_by,
        answers_id=answers_id,
        note=note[:255],
    )
    db.add(event)
    if registration is not None and verdict == "accepted":
        registration.state, registration.state_since = ("checked_in" if kind == "in" else "checked_out"), now
    db.flush()
    return event


# -- when the time is over ----------------------------------------------------------------------------


def shifts_to_close(db: Session, now: datetime, rules: Rules) -> list[int]:
    """Shifts whose window is over while somebody on their list is still expected, or has not left."""
    over = now - timedelta(minutes=rules.attendance.closes_after_minutes)
    open_ = (
        select(Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .join(Registration, Registration.shift_id == Shift.id)
        .where(Registration.state.in_(("confirmed", "checked_in")), Activity.state == "open")
        .where(func.coalesce(Shift.ended_at, Shift.ends_at) < over)
        .distinct()
    )
    return sorted(db.scalars(open_))


def close(db: Session, shift_id: int, now: datetime, rules: Rules = USUAL) -> int:
    """After the window: who did not check out is unclosed, who never checked in absent; both are told. Idempotent.

    What ended so long ago that nobody may appeal any more (a database from before) is closed without a word.
    """
    writing(db)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    open_ = window(shift, rules)
    if now <= open_.closes_at or shift.activity.state != "open":
        return 0
    tell = now - open_.closes_at <= timedelta(hours=rules.attendance.appeal_hours)
    closed = 0
    for row in _open_rows(db, shift_id):
        registration = locked(db, Registration, row)
        if registration is None or registration.state not in ("confirmed", "checked_in"):
            continue
        registration.state = "unclosed" if registration.state == "checked_in" else "absent"
        registration.state_since = now
        closed += 1
        for openid in audience.of_person(db, registration.person_id) if tell else ():
            key = f"{registration.id}:{openid}"
            notify(db, openid, f"attendance.{registration.state}", key, now, registration_id=registration.id)
    db.flush()
    return closed


def _open_rows(db: Session, shift_id: int) -> list[int]:
    rows = select(Registration.id).where(
        Registration.shift_id == shift_id, Registration.state.in_(("confirmed", "checked_in"))
    )
    return list(db.scalars(rows.order_by(Registration.id)))
