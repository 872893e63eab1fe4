"""Whom the office enters: by telephone before a shift, or at the door while it goes on, checked in at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, gates, identities, parties, people, registrations, seats, telling
from bot.services.offers import withdraw_offers
from bot.services.profiles import normal_name, normal_phone
from bot.services.refusals import ActivityCancelled, Refused, ShiftUnknown
from bot.services.refusals.registrations import ConsentMissing, NoSeatLeft
from bot.services.roll_call import leader_says
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import LISTED, Kind, window
from bot.storage.crypto import Cipher
from bot.storage.database import alone, fresh, locked, writing
from bot.storage.models import Activity, Person, Registration, Shift

CONSENT, CONSENT_VERSION = "sign_up", "desk-2026-11"
"""Said to the office by mouth, and noted by it."""
SOURCE = "desk"
NOT_ASKED = frozenset(
    ("CLOSED", "NOT_OPEN_YET", "STARTED", "ALREADY_IN", "PROFILE_MISSING", "AGREEMENT_REQUIRED", "INSURANCE_CUTOFF")
)
"""At the door: the clock has run, the paper is signed there, and who joins after the insurer's list is flagged."""


@dataclass(frozen=True)
class Entered:
    """``state``: of the registration now; checked_in for whom was entered at the door."""

    registration_id: int
    state: str
    place_in_line: int | None = None


def enter(
    db: Session, cipher: Cipher, shift_id: int, name: str, phone: str, actor: str, now: datetime, *, agreed: bool,
    nonce: str, born: date | None = None, rules: Rules = USUAL,
) -> Entered:  # fmt: skip
    """Before the window of check-in a sign-up like any other, in line where it is full; from then on a seat and a
    check-in at once. Whoever is on the list already keeps their place.

    ``agreed``: the person said that name and number may be kept. Raises ConsentMissing, NameInvalid, PhoneInvalid, and
    whatever stands in the way of the seat.
    """
    if not agreed:
        raise ConsentMissing
    name, phone = normal_name(name), normal_phone(phone)
    writing(db)
    actors.acting(db, actor)
    person = _person(db, cipher, name, phone, born, now)
    locked(db, Person, person.id)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    row = _known(db, shift_id, person.id)
    if now < window(shift, rules).opens_at:
        if row is not None:
            return Entered(row.id, row.state, seats.place_in_line(db, row))
        openid = next(iter(telling.accounts(db, [person.id])), "")
        made = registrations.sign_up(db, shift_id, person.id, openid, now, source=SOURCE, rules=rules)
        return Entered(made.registration_id, made.state, made.place_in_line)
    if row is None or row.state not in LISTED:
        row = _seated(db, shift, person, row, now, rules)
    says(db, cipher, row.id, "in", actor, now, nonce=nonce, rules=rules)
    return Entered(row.id, row.state)


def says(
    db: Session, cipher: Cipher, registration_id: int, kind: Kind, actor: str, now: datetime, *, nonce: str,
    rules: Rules = USUAL,
) -> str:  # fmt: skip
    """The office says of somebody on the list that they are there (``in``) or leave (``out``); returns the verdict."""
    row = db.get(Registration, registration_id)
    if row is None:
        raise ShiftUnknown
    if row.state not in LISTED:
        return "not_listed"
    digits = cipher.decrypt(row.person.phone_encrypted) if row.person.phone_encrypted else ""
    event = leader_says(
        db, row.shift_id, row.person.name, actor, now, rules, phone_end=digits, cipher=cipher, kind=kind, nonce=nonce
    )
    return event.verdict


def takes_at_once(shift: Shift, now: datetime, rules: Rules = USUAL) -> bool:
    """Whether whom the office enters now is at the door."""
    open_ = window(shift, rules)
    return open_.opens_at <= now <= open_.end


def _person(db: Session, cipher: Cipher, name: str, phone: str, born: date | None, now: datetime) -> Person:
    digest = cipher.keyed_hash(f"phone:{phone}")
    alone(db, f"phone {digest}")
    known = select(Person).where(Person.phone_hash == digest, Person.name == name).order_by(Person.id).limit(1)
    person = db.scalars(known).one_or_none()
    if person is None:
        person = Person(name=name, phone_hash=digest, phone_encrypted=cipher.encrypt(phone), created_at=now)
        db.add(person)
        db.flush()
    person = db.get_one(Person, identities.current(db, person.id))
    person.birth_date = person.birth_date or born
    people.consent(db, person, CONSENT, CONSENT_VERSION, now)
    return person


def _known(db: Session, shift_id: int, person_id: int) -> Registration | None:
    row = select(Registration).where(
        Registration.shift_id == shift_id, Registration.person_id.in_(identities.same(person_id)),
        Registration.state.in_((*seats.LIVE, "absent")),
    )  # fmt: skip
    return db.scalars(row.order_by(Registration.id.desc()).limit(1)).one_or_none()


def _seated(
    db: Session, shift: Shift, person: Person, row: Registration | None, now: datetime, rules: Rules
) -> Registration:
    """Who stands at the door gets a free seat, whoever may wait elsewhere; a companion is seated with the party."""
    activity = fresh(db, Activity, shift.activity_id)
    if activity.state != "open":
        raise ActivityCancelled(activity.cancel_reason) if activity.state == "cancelled" else ShiftUnknown
    refusal = _hindrance(db, gates.request(db, shift, activity, person, now, rules))
    if refusal is not None:
        raise refusal
    row = db.get_one(Registration, row.party_of) if row is not None and row.party_of is not None else row
    holds = row is not None and row.state in seats.SEATED
    counted = seats.of(db, shift)
    if not holds and counted.free < (row.party_size if row else 1):
        raise NoSeatLeft(counted.capacity)
    if row is not None:
        withdraw_offers(db, [row], now)
    else:
        openid = next(iter(telling.accounts(db, [person.id])), "")
        row = Registration(
            shift_id=shift.id, person_id=person.id, openid=openid, created_at=now, party_size=1, source=SOURCE
        )
        db.add(row)
    row.state, row.state_since = "confirmed", now
    db.flush()
    parties.seat(db, row, now)
    return _known(db, shift.id, person.id) or row


def _hindrance(db: Session, asked: gates.Request) -> Refused | None:
    return gates.told([refusal for refusal in gates.objections(db, asked) if refusal.code not in NOT_ASKED])
