"""Who comes, as whoever leads may see it: masked, but full names and four digits while needed (条例 第20条)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, ages, guardians, seats, working_days
from bot.services.profiles import masked_name
from bot.services.rules import USUAL, Rules
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Person, Registration, Shift

LISTED = (*seats.ENGAGED, "offered", "pending", "waiting", "absent")
OPENS = timedelta(days=7)
READ = "a list of names and phone digits was read"


@dataclass(frozen=True)
class Line:
    """``name`` masked and ``tail`` empty outside the window. ``consent``: of a minor's guardian."""

    registration_id: int
    name: str
    tail: str
    state: str
    place_in_line: int | None
    party_size: int
    minor: bool
    consent: bool
    uninsured: bool


@dataclass(frozen=True)
class NameList:
    """One page; ``total`` of all lines. ``full``: with names and digits, from ``opens_on`` to ``closes_on``."""

    lines: list[Line]
    total: int
    full: bool
    opens_on: date
    closes_on: date


def window(shift: Shift, *, rules: Rules = USUAL) -> tuple[date, date]:
    """First and last day of full names: seven days before the start, until hours must be settled (67号令 第11条)."""
    first = (shift.starts_at - OPENS).astimezone(rules.timezone).date()
    over = shift.ends_at.astimezone(rules.timezone).date()
    return first, working_days.add(over, rules.volunteering.settle_days)


def read(
    db: Session,
    cipher: Cipher,
    shift: Shift,
    actor: str,
    now: datetime,
    *,
    states: Sequence[str] = LISTED,
    limit: int = 15,
    offset: int = 0,
    rules: Rules = USUAL,
) -> NameList:
    """For whoever leads the shift (the caller has asked `authority.leader_of`). Reading full names leaves a row in the
    audit log, so it writes."""
    opens_on, closes_on = window(shift, rules=rules)
    full = opens_on <= now.astimezone(rules.timezone).date() <= closes_on
    wanted = (Registration.shift_id == shift.id, Registration.state.in_(states))
    total = db.scalars(select(func.count()).select_from(Registration).where(*wanted)).one()
    if full and total > offset:
        writing(db)
        actors.acting(db, actor)
        audit.note(db, f"shifts:{shift.id}", READ)
    rows = select(Registration, Person).join(Person, Registration.person_id == Person.id).where(*wanted)
    order = (Registration.state.in_(("pending", "waiting")), Registration.queued_at, Registration.id)
    page = db.execute(rows.order_by(*order).limit(limit).offset(offset))
    day = shift.starts_at.astimezone(rules.timezone).date()
    lines = [_line(db, cipher, registration, person, day, full) for registration, person in page]
    return NameList(lines, total, full, opens_on, closes_on)


def _line(db: Session, cipher: Cipher, row: Registration, person: Person, day: date, full: bool) -> Line:
    phone = cipher.decrypt(person.phone_encrypted) if full and person.phone_encrypted else ""
    minor = person.birth_date is not None and ages.on(day, person.birth_date) < ages.ADULT
    return Line(
        registration_id=row.id,
        name=person.name if full else masked_name(person.name) if person.name else "（已注销）",
        tail=phone[-4:],
        state=row.state,
        place_in_line=seats.place_in_line(db, row),
        party_size=row.party_size,
        minor=minor,
        consent=minor and guardians.has_consent(db, person.id),
        uninsured=row.uninsured,
    )


def of_name(db: Session, cipher: Cipher, shift_id: int, name: str, last4: str = "") -> list[int]:
    """Registrations of a shift whose person has this name, and with ``last4`` a phone number that ends so."""
    named = (
        select(Registration.id, Person.phone_encrypted)
        .join(Person, Registration.person_id == Person.id)
        .where(Registration.shift_id == shift_id, Registration.state.in_(LISTED), Person.name == name.strip())
    )
    return [
        id
        for id, phone in db.execute(named.order_by(Registration.id))
        if not last4 or (phone and cipher.decrypt(phone).endswith(last4))
    ]
