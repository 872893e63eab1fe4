"""The leader's word: 到 王晓雨. Who is meant, and since when they have been there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import audience, authority, presence
from bot.services.announcements import notify
from bot.services.profiles import normal_name
from bot.services.refusals.attendance import NobodySo, SeveralSo
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import LISTED, Kind, window
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, AttendanceEvent, Person, Registration, Shift


def leader_says(
    db: Session,
    shift_id: int,
    name: str,
    actor: str,
    now: datetime,
    rules: Rules = USUAL,
    *,
    phone_end: str = "",
    cipher: Cipher | None = None,
    kind: Kind = "in",
    nonce: str = "",
) -> AttendanceEvent:
    """Somebody on the list is there (or leaves), says who leads; a code tried before counts from when it was tried.

    The verdict tells what became of it (repeated, outside_window). Raises NobodySo, or SeveralSo: then ask for the
    last four digits of the phone, which only ``cipher`` can read.
    """
    writing(db)
    registration = listed_as(db, cipher, shift_id, name, phone_end)
    tried = _tried(db, registration) if kind == "in" else None
    at = tried.captured_at if tried is not None else now
    event = presence.record(
        db,
        shift_id=shift_id,
        person_id=registration.person_id,
        kind=kind,
        captured_at=at,
        channel="leader",
        entered_by=actor,
        nonce=nonce or f"leader:{registration.id}:{kind}:{now.isoformat()}",
        now=now,
        rules=rules,
        answers_id=tried.id if tried is not None else None,
    )
    if tried is not None and event.verdict == "accepted":
        for openid in audience.of_person(db, event.person_id):
            notify(db, openid, "attendance.confirmed", f"{event.id}:{openid}", now, urgent=True, event_id=event.id)
    return event


def listed_as(db: Session, cipher: Cipher | None, shift_id: int, name: str, phone_end: str = "") -> Registration:
    """The one registration of this name on the shift's list."""
    wanted = normal_name(name)
    found = (
        select(Registration)
        .join(Person, Registration.person_id == Person.id)
        .where(Registration.shift_id == shift_id, Registration.state.in_(LISTED), Person.name == wanted)
        .order_by(Registration.id)
    )
    rows = list(db.scalars(found))
    if phone_end and cipher is not None:
        rows = [row for row in rows if _phone(cipher, row.person).endswith(phone_end)]
    if not rows:
        raise NobodySo(wanted)
    if len(rows) > 1:
        raise SeveralSo(wanted, len(rows))
    return rows[0]


def _tried(db: Session, registration: Registration) -> AttendanceEvent | None:
    """The first right try to check in since the last one that counted."""
    of_row = select(AttendanceEvent).where(AttendanceEvent.registration_id == registration.id)
    last = db.scalars(
        of_row.where(AttendanceEvent.verdict == "accepted").order_by(AttendanceEvent.id.desc()).limit(1)
    ).one_or_none()
    tries = of_row.where(
        AttendanceEvent.kind == "in",
        AttendanceEvent.verdict.in_(("needs_person", "too_far")),
        AttendanceEvent.channel.in_(("code", "qr", "location")),
        AttendanceEvent.id > (last.id if last is not None else 0),
    )
    return db.scalars(tries.order_by(AttendanceEvent.id).limit(1)).one_or_none()


def _phone(cipher: Cipher, person: Person) -> str:
    return cipher.decrypt(person.phone_encrypted) if person.phone_encrypted else ""


def led_now(db: Session, openid: str, now: datetime, rules: Rules = USUAL, code: str = "") -> list[Shift]:
    """Shifts that this account leads and whose window is open, the nearest start first; of ``code`` if given."""
    near = timedelta(minutes=max(rules.attendance.opens_before_minutes, rules.attendance.closes_after_minutes))
    begun = select(Shift).join(Activity, Shift.activity_id == Activity.id).where(Activity.state == "open")
    begun = begun.where(Shift.starts_at <= now + near, func.coalesce(Shift.ended_at, Shift.ends_at) >= now - near)
    if code:
        begun = begun.where(Activity.code == code)
    shifts = [
        shift
        for shift in db.scalars(begun.order_by(Shift.starts_at, Shift.id))
        if window(shift, rules).opens_at <= now <= window(shift, rules).closes_at
        and authority.leader_of(db, openid, shift.activity) is not None
    ]
    return sorted(shifts, key=lambda shift: abs(shift.starts_at - now))
