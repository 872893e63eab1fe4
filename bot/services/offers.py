"""Free seats offered to those who wait, one at a time and in order; their answers; offers that ran out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import gates, seats
from bot.services.announcements import announce, supersede
from bot.services.quiet_hours import add_awake, awake_from
from bot.services.refusals import NoOffer, NotRegistered, OfferExpired, ShiftStarted, TimeConflict
from bot.services.rules import USUAL, Rules
from bot.services.seats import Outcome
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Offer, Person, Registration, Shift

# The nearer the start, the shorter an offer lasts: (at least so far away, so long).
LENGTHS = (
    (timedelta(hours=48), timedelta(hours=12)),
    (timedelta(hours=24), timedelta(hours=4)),
    (timedelta(hours=6), timedelta(hours=1)),
    (timedelta(hours=2), timedelta(minutes=20)),
)
ALWAYS_AWAKE_WITHIN = timedelta(hours=12)


@dataclass(frozen=True)
class OpenOffer:
    """A seat held for a person, with what a sentence about it needs."""

    offer_id: int
    registration_id: int
    shift_id: int
    code: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    offered_at: datetime
    expires_at: datetime


def promote(db: Session, shift_id: int, now: datetime, *, rules: Rules = USUAL) -> list[Offer]:
    """Offer every free seat to the next in line. Whatever frees a seat calls this in the same transaction.

    Calling it again changes nothing. Who is engaged elsewhere at that time is passed over and keeps the place.
    """
    writing(db)
    shift = locked(db, Shift, shift_id)
    if shift is None or not may_offer(db, shift, now):
        return []
    free = seats.of(db, shift).free
    offers: list[Offer] = []
    for registration in seats.line(db, shift_id) if free else ():
        if len(offers) == free:
            break
        if not gates.overlapping(db, registration.person_id, shift):
            offers.append(_offer(db, registration, shift, now, rules))
    return offers


def may_offer(db: Session, shift: Shift, now: datetime) -> bool:
    """Not after sign-up closed, not shortly before the start (then staff fill the last seats by telephone)."""
    activity = db.get_one(Activity, shift.activity_id, populate_existing=True)
    closed = shift.signup_closes_at is not None and shift.signup_closes_at <= now
    return activity.state == "open" and not closed and _length(shift, now) is not None


def _length(shift: Shift, now: datetime) -> timedelta | None:
    distance = shift.starts_at - now
    return next((length for far, length in LENGTHS if distance >= far), None)


def _offer(db: Session, registration: Registration, shift: Shift, now: datetime, rules: Rules) -> Offer:
    length = _length(shift, now) or timedelta(0)
    if shift.starts_at - now < ALWAYS_AWAKE_WITHIN:
        due_at, expires_at = now, now + length
    else:
        due_at, expires_at = awake_from(now, rules.timezone), add_awake(now, length, rules.timezone)
    registration.state, registration.state_since = "offered", now
    offer = Offer(registration_id=registration.id, offered_at=now, expires_at=expires_at)
    db.add(offer)
    db.flush()
    announce(
        db,
        key=f"offer:{offer.id}",
        openid=registration.openid,
        kind="offer",
        payload={"registration_id": registration.id, "offer_id": offer.id},
        due_at=due_at,
        expires_at=expires_at,
        now=now,
    )
    return offer


def accept_offer(db: Session, registration_id: int, now: datetime) -> Outcome:
    """The waiting person takes the seat. Accepting twice is the same as once."""
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    if registration.state == "confirmed":
        return _seated(db, registration, shift)
    offer = _answerable(db, registration, now)
    if shift.starts_at <= now:
        raise ShiftStarted(shift.starts_at)
    for other in gates.overlapping(db, registration.person_id, shift):
        raise TimeConflict(other)
    _answer(db, offer, "accepted", now)
    registration.state, registration.state_since = "confirmed", now
    db.flush()
    return _seated(db, registration, shift)


def _seated(db: Session, registration: Registration, shift: Shift) -> Outcome:
    close_by = gates.close_by(db, registration.person_id, shift)
    return Outcome(registration.id, "confirmed", None, seats.of(db, shift).free, close_by)


def decline_offer(db: Session, registration_id: int, now: datetime, *, rules: Rules = USUAL) -> list[Offer]:
    """The seat goes to the next at once; returns the offers made by that."""
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    offer = _answerable(db, registration, now)
    _answer(db, offer, "declined", now)
    registration.state, registration.state_since = "declined", now
    db.flush()
    return promote(db, shift.id, now, rules=rules)


def open_offers(db: Session, person_id: int, now: datetime) -> list[OpenOffer]:
    """What this person may still accept, the one that runs out first first."""
    found = (
        select(Offer, Registration, Shift, Activity)
        .join(Registration, Offer.registration_id == Registration.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.person_id == person_id, Offer.answer.is_(None), Offer.expires_at > now)
        .order_by(Offer.expires_at, Offer.id)
    )
    return [
        OpenOffer(
            offer.id, registration.id, shift.id, activity.code, activity.title, activity.place,
            shift.starts_at, shift.ends_at, offer.offered_at, offer.expires_at,
        )
        for offer, registration, shift, activity in db.execute(found)
    ]  # fmt: skip


def expire_offers(db: Session, now: datetime, *, rules: Rules = USUAL, limit: int = 100) -> list[Offer]:
    """End what was not answered in time and offer those seats on. For the sweep; safe to call from several at once."""
    writing(db)
    overdue = (
        select(Registration.shift_id)
        .join(Offer, Offer.registration_id == Registration.id)
        .where(Offer.answer.is_(None), Offer.expires_at <= now)
        .distinct()
        .order_by(Registration.shift_id)
        .limit(limit)
    )
    expired: list[Offer] = []
    for shift_id in list(db.scalars(overdue)):
        locked(db, Shift, shift_id)
        for offer in _overdue(db, shift_id, now):
            expired.append(_expire(db, offer, now))
        db.flush()
        promote(db, shift_id, now, rules=rules)
    return expired


def shifts_to_promote(db: Session, now: datetime) -> list[int]:
    """Shifts with a free seat and somebody waiting: the sweep promotes them, should an event have been missed."""
    waiting = (
        select(Shift)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Activity.state == "open", Shift.starts_at > now + LENGTHS[-1][0])
        .where(Shift.id.in_(select(Registration.shift_id).where(Registration.state == "waiting")))
        .order_by(Shift.id)
    )
    shifts = list(db.scalars(waiting))
    counts = seats.counted(db, [shift.id for shift in shifts])
    return [shift.id for shift in shifts if counts[shift.id][0] < shift.capacity]


def withdraw_offers(db: Session, registrations: Sequence[Registration], now: datetime) -> None:
    """The seat itself is gone (the activity was cancelled, the person left): open offers end unanswered."""
    ids = [registration.id for registration in registrations if registration.state == "offered"]
    for offer in db.scalars(select(Offer).where(Offer.registration_id.in_(ids), Offer.answer.is_(None))):
        _answer(db, offer, "withdrawn", now)


def lock_registration(db: Session, registration_id: int) -> tuple[Registration, Shift]:
    """Person, then shift, then the row as it is now."""
    known = db.get(Registration, registration_id)
    if known is None:
        raise NotRegistered
    locked(db, Person, known.person_id)
    shift = locked(db, Shift, known.shift_id)
    assert shift is not None  # a foreign key says so
    db.refresh(known)
    return known, shift


def _answerable(db: Session, registration: Registration, now: datetime) -> Offer:
    last = db.scalars(
        select(Offer).where(Offer.registration_id == registration.id).order_by(Offer.id.desc()).limit(1)
    ).one_or_none()
    if last and (registration.state == "offer_expired" or (registration.state == "offered" and last.expires_at <= now)):
        raise OfferExpired(last.expires_at)
    if last is None or registration.state != "offered":
        raise NoOffer(registration.state)
    return last


def _answer(db: Session, offer: Offer, answer: str, now: datetime) -> None:
    offer.answer, offer.answered_at = answer, now
    supersede(db, f"offer:{offer.id}", now, reason=answer)


def _overdue(db: Session, shift_id: int, now: datetime) -> Sequence[Offer]:
    found = (
        select(Offer)
        .join(Registration, Offer.registration_id == Registration.id)
        .where(Registration.shift_id == shift_id, Offer.answer.is_(None), Offer.expires_at <= now)
        .order_by(Offer.id)
    )
    return db.scalars(found.execution_options(populate_existing=True)).all()


def _expire(db: Session, offer: Offer, now: datetime) -> Offer:
    registration = db.get_one(Registration, offer.registration_id, populate_existing=True)
    _answer(db, offer, "expired", now)
    registration.state, registration.state_since = "offer_expired", now
    announce(
        db,
        key=f"offer_lapsed:{offer.id}",
        openid=registration.openid,
        kind="offer_lapsed",
        payload={"registration_id": registration.id, "offer_id": offer.id},
        due_at=now,
        now=now,
    )
    return offer
