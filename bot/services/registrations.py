"""Signing up for a shift, waiting in line, cancelling: one transaction each, exact on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import gates, seats
from bot.services.announcements import supersede
from bot.services.offers import (
    OpenOffer,
    accept_offer,
    decline_offer,
    expire_offers,
    lock_registration,
    open_offers,
    promote,
    shifts_to_promote,
    withdraw_offers,
)
from bot.services.refusals import (
    AlreadyRegistered,
    NotRegistered,
    Refused,
    ShiftFull,
    ShiftStarted,
    ShiftUnknown,
    WaitlistFull,
)
from bot.services.rules import USUAL, Rules
from bot.services.seats import Outcome
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Offer, Person, Registration, Shift

__all__ = [
    "Cancelled", "Mine", "OpenOffer", "Outcome", "Past", "accept_offer", "cancel", "decline_offer", "expire_offers",
    "last_attended", "mine", "objections", "open_offers", "promote", "shifts_to_promote", "sign_up",
    "withdraw_offers",
]  # fmt: skip


@dataclass(frozen=True)
class Cancelled:
    """``was``: confirmed, waiting or offered. ``late``: noted, never refused. ``passed_on``: somebody got an offer."""

    registration_id: int
    was: str
    late: bool
    passed_on: bool
    code: str
    title: str
    starts_at: datetime


@dataclass(frozen=True)
class Mine:
    """A live registration as its person sees it."""

    registration_id: int
    shift_id: int
    state: str
    code: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    place_in_line: int | None
    offer_expires_at: datetime | None


@dataclass(frozen=True)
class Past:
    """What a person took part in."""

    shift_id: int
    title: str


def objections(db: Session, shift_id: int, person_id: int | None, now: datetime) -> list[Refused]:
    """Everything but the seats that stands in the way, in order; reads only. For asking before a form is begun."""
    shift = db.get(Shift, shift_id)
    if shift is None:
        return [ShiftUnknown()]
    person = db.get(Person, person_id) if person_id is not None else None
    return list(gates.objections(db, gates.request(db, shift, shift.activity, person, now)))


def sign_up(
    db: Session,
    shift_id: int,
    person_id: int | None,
    openid: str,
    now: datetime,
    *,
    queue: bool = True,
    rules: Rules = USUAL,
) -> Outcome:
    """A seat, or with ``queue`` a place in line. Raises the first refusal by name; ``queue=False`` raises ShiftFull."""
    writing(db)
    person = locked(db, Person, person_id) if person_id is not None else None
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    activity = db.get_one(Activity, shift.activity_id, populate_existing=True)
    asked = gates.request(db, shift, activity, person, now)
    counted = seats.of(db, shift)
    seated = _seat_left_for(db, asked, counted)
    for refusal in gates.objections(db, asked):
        if not (seated and isinstance(refusal, AlreadyRegistered) and refusal.state == "waiting"):
            raise refusal
    assert person is not None  # ProfileMissing was raised otherwise
    queued_at = None if seated else _join_line(db, shift, counted, now, queue, rules)
    registration = asked.existing or Registration(
        shift_id=shift.id, person_id=person.id, openid=openid, created_at=now, queued_at=queued_at
    )
    registration.state, registration.state_since = "confirmed" if seated else "waiting", now
    db.add(registration)
    db.flush()
    if seated:
        return Outcome(registration.id, "confirmed", None, counted.free - 1, asked.close_by)
    return Outcome(registration.id, "waiting", counted.waiting + 1, counted.free, asked.close_by)


def _seat_left_for(db: Session, asked: gates.Request, counted: seats.Seats) -> bool:
    """A seat is free, also after everybody ahead in line who could come has got one.

    Shortly before the start nobody is offered a seat any more: then the first in line may simply ask for it.
    """
    if not counted.free or not counted.waiting:
        return counted.free > 0
    ahead = 0
    for earlier in seats.line(db, asked.shift.id):
        if earlier is asked.existing:
            break
        ahead += not gates.overlapping(db, earlier.person_id, asked.shift)
    return ahead < counted.free


def _join_line(db: Session, shift: Shift, counted: seats.Seats, now: datetime, queue: bool, rules: Rules) -> datetime:
    """When the newcomer counts as having queued: never before those who were told their place already."""
    limit = rules.waitlist_limit if shift.waitlist_limit is None else shift.waitlist_limit
    if counted.waiting >= limit:
        raise WaitlistFull(counted.capacity, limit)
    if not queue:
        raise ShiftFull(counted.capacity, counted.taken, counted.waiting + 1)
    last = db.scalars(select(func.max(Registration.queued_at)).where(Registration.shift_id == shift.id)).one()
    return max(now, last) if last else now


def cancel(
    db: Session,
    registration_id: int,
    now: datetime,
    reason: str = "",
    *,
    person_id: int | None = None,
    rules: Rules = USUAL,
) -> Cancelled:
    """Always possible until the start; whoever is next gets the seat offered in the same transaction.

    With ``person_id`` a registration of somebody else is refused as unknown.
    """
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    if person_id is not None and registration.person_id != person_id:
        raise NotRegistered
    if registration.state not in seats.LIVE:
        raise NotRegistered(registration.state)
    if shift.starts_at <= now:
        raise ShiftStarted(shift.starts_at)
    was, late = registration.state, _is_late(registration, shift, now, rules)
    withdraw_offers(db, [registration], now)
    registration.state = "cancelled_late" if late else "cancelled"
    registration.state_since, registration.reason = now, reason[:255]
    db.flush()
    supersede(db, f"reminder:{registration.id}:", now, prefix=True, reason="cancelled")
    offered = promote(db, shift.id, now, rules=rules)
    activity = shift.activity
    return Cancelled(registration.id, was, late, bool(offered), activity.code, activity.title, shift.starts_at)


def would_be_late(db: Session, registration_id: int, now: datetime, *, rules: Rules = USUAL) -> bool:
    """Whether cancelling now would be noted as late; for asking before it is done."""
    registration = db.get(Registration, registration_id)
    return registration is not None and _is_late(registration, registration.shift, now, rules)


def _is_late(registration: Registration, shift: Shift, now: datetime, rules: Rules) -> bool:
    if registration.state != "confirmed":
        return False
    moved_since = shift.moved_at is not None and shift.moved_at >= registration.state_since
    return not moved_since and shift.starts_at - now < timedelta(hours=rules.cancel_free_hours)


def mine(db: Session, person_id: int, now: datetime) -> list[Mine]:
    """What this person has ahead, soonest first."""
    found = (
        select(Registration, Shift, Activity, Offer.expires_at)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .outerjoin(Offer, (Offer.registration_id == Registration.id) & Offer.answer.is_(None))
        .where(Registration.person_id == person_id, Registration.state.in_(seats.LIVE), Shift.ends_at > now)
        .order_by(Shift.starts_at, Registration.id)
    )
    return [
        Mine(
            registration.id, shift.id, registration.state, activity.code, activity.title, activity.place,
            shift.starts_at, shift.ends_at, seats.place_in_line(db, registration), expires_at,
        )
        for registration, shift, activity, expires_at in db.execute(found)
    ]  # fmt: skip


def last_attended(db: Session, person_id: int, now: datetime) -> Past | None:
    """上次那个: the latest activity this person had a seat of and that is over."""
    over = (
        select(Shift.id, Activity.title)
        .join(Registration, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.person_id == person_id, Registration.state.in_((*seats.ENGAGED, "absent")))
        .where(Shift.ends_at <= now)
        .order_by(Shift.ends_at.desc())
    )
    found = db.execute(over.limit(1)).first()
    return Past(*found) if found else None
