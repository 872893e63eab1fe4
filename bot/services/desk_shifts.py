"""Who comes to one shift, as the office watches it: one line for each with presence, and the sums. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from bot.services import actors, ages, guardians, name_lists, presence, promotions, seats
from bot.services.profiles import masked_name
from bot.services.rules import Rules
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, AttendanceEvent, AuditEntry, Person, Registration, Shift

LISTED = name_lists.LISTED
SEATED = tuple(state for state in LISTED if state not in ("pending", "waiting"))
HAPPENED = ("cancelled", "cancelled_late", "declined", "offer_expired", "rejected", "activity_cancelled")
NOTED_FOR = timedelta(minutes=30)
"""A page that refreshes itself is one reading."""


@dataclass(frozen=True)
class Line:
    """``came_at``, ``left_at``: the first accepted check-in and the last check-out. ``tail``: of the phone number.

    ``tried``: a try to check in that still waits for somebody's word. ``why``: of who waits, what keeps them.
    """

    row: Registration
    name: str
    tail: str
    place_in_line: int | None
    minor: bool
    consent: bool
    came_at: datetime | None
    left_at: datetime | None
    tried: bool
    companion_of: str
    why: promotions.Why | None


@dataclass(frozen=True)
class Present:
    """Of those with a seat: how many are expected, there, gone again, never came; as the line at the top says."""

    seated: int
    there: int
    gone: int
    expected: int
    absent: int


def present(db: Session, shift_ids: Sequence[int]) -> dict[int, Present]:
    """Sums by shift id, of all that have a registration with a seat."""
    states: dict[int, dict[str, int]] = {id: {} for id in shift_ids}
    rows = select(Registration.shift_id, Registration.state).where(
        Registration.shift_id.in_(shift_ids), Registration.state.in_((*seats.ENGAGED, "absent"))
    )
    for shift_id, state in db.execute(rows):
        states[shift_id][state] = states[shift_id].get(state, 0) + 1
    return {shift_id: _sums(of) for shift_id, of in states.items()}


def _sums(of: dict[str, int]) -> Present:
    gone = of.get("checked_out", 0) + of.get("completed", 0)
    there = of.get("checked_in", 0) + of.get("unclosed", 0)
    expected, absent = of.get("confirmed", 0), of.get("absent", 0)
    return Present(gone + there + expected + absent, there, gone, expected, absent)


def lines(
    db: Session,
    cipher: Cipher,
    shift: Shift,
    now: datetime,
    rules: Rules,
    *,
    full: bool,
    states: Sequence[str] = LISTED,
) -> list[Line]:
    """Seats first, then who asks, then who waits in order. ``full``: with names and four digits of the phone."""
    wanted = (Registration.shift_id == shift.id, Registration.state.in_(states))
    order = (Registration.state == "waiting", Registration.state != "pending", Registration.queued_at, Registration.id)
    rows = select(Registration, Person).join(Person, Registration.person_id == Person.id).where(*wanted)
    found = db.execute(rows.order_by(*order)).all()
    events = _events(db, shift)
    explained = promotions.explain(db, shift.id, now, rules=rules) if "waiting" in states else []
    whys = {why.registration_id: why for why in explained}
    names = {row.id: _name(person, full) for row, person in found}
    return [
        Line(
            row=row,
            name=names[row.id],
            tail=_tail(cipher, person) if full else "",
            place_in_line=seats.place_in_line(db, row),
            minor=(minor := _is_minor(person, shift, rules)),
            consent=minor and guardians.has_consent(db, person.id),
            came_at=_at(events, row, "in"),
            left_at=_at(events, row, "out"),
            tried=_tried(events, row),
            companion_of=names.get(row.party_of, "") if row.party_of else "",
            why=whys.get(row.id),
        )
        for row, person in found
    ]


def read_full(db: Session, shift: Shift, actor: str, now: datetime, rules: Rules) -> bool:
    """Whether names may stand there in full today; then that ``actor`` reads them is noted, once in half an hour."""
    first, last = name_lists.window(shift, rules=rules)
    if not first <= now.astimezone(rules.timezone).date() <= last:
        return False
    subject = f"shifts:{shift.id}"
    lately = select(AuditEntry.id).where(
        AuditEntry.subject == subject, AuditEntry.actor == actor, AuditEntry.reason == name_lists.READ,
        AuditEntry.at > now - NOTED_FOR,
    )  # fmt: skip
    if db.scalars(lately.limit(1)).first() is None:
        writing(db)
        actors.acting(db, actor)
        audit.note(db, subject, name_lists.READ)
    return True


def reveal_phone(db: Session, cipher: Cipher, registration_id: int, actor: str) -> str:
    """The whole number, for a call that cannot wait; that it was read stays in the audit log. Empty: none is known."""
    row = db.get(Registration, registration_id)
    if row is None or not row.person.phone_encrypted:
        return ""
    writing(db)
    actors.acting(db, actor)
    audit.note(db, f"registrations:{row.id}", "a phone number was read")
    return cipher.decrypt(row.person.phone_encrypted)


def late_entries(db: Session, shift_id: int) -> list[AttendanceEvent]:
    """Presence entered afterwards for this shift that waits for a second person."""
    return [event for event in presence.offline_pending(db) if event.shift_id == shift_id]


def of_day(db: Session, start: datetime, end: datetime) -> list[Shift]:
    """Published shifts that begin within [start, end), or began in the day before and go on into it."""
    found = select(Shift).join(Shift.activity).options(contains_eager(Shift.activity)).where(Activity.state == "open")
    found = found.where(Shift.starts_at >= start - timedelta(days=1), Shift.starts_at < end, Shift.ends_at > start)
    return list(db.scalars(found.order_by(Shift.starts_at, Shift.id)))


def _events(db: Session, shift: Shift) -> dict[int, list[AttendanceEvent]]:
    by_row: dict[int, list[AttendanceEvent]] = {}
    events = select(AttendanceEvent).where(AttendanceEvent.shift_id == shift.id).order_by(AttendanceEvent.id)
    for event in db.scalars(events):
        if event.registration_id is not None:
            by_row.setdefault(event.registration_id, []).append(event)
    return by_row


def _at(events: dict[int, list[AttendanceEvent]], row: Registration, kind: str) -> datetime | None:
    times = [one.captured_at for one in events.get(row.id, ()) if one.kind == kind and one.verdict == "accepted"]
    return (min(times) if kind == "in" else max(times)) if times else None


def _tried(events: dict[int, list[AttendanceEvent]], row: Registration) -> bool:
    tries = [one.verdict for one in events.get(row.id, ()) if one.kind == "in" and one.channel != presence.OFFLINE]
    return bool(tries) and "accepted" not in tries and tries[-1] in ("needs_person", "too_far")


def _name(person: Person, full: bool) -> str:
    return (person.name if full else masked_name(person.name)) if person.name else "（已注销）"


def _tail(cipher: Cipher, person: Person) -> str:
    return cipher.decrypt(person.phone_encrypted)[-4:] if person.phone_encrypted else ""


def _is_minor(person: Person, shift: Shift, rules: Rules) -> bool:
    day = shift.starts_at.astimezone(rules.timezone).date()
    return person.birth_date is not None and ages.on(day, person.birth_date) < ages.ADULT
