"""Free seats offered to those who wait, one at a time and in order, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import gates, line, offer_lengths, parties, seats, telling
from bot.services.announcements import announce, supersede
from bot.services.offer_lengths import LENGTHS
from bot.services.promotions import Why, explain, may_offer
from bot.services.refusals import NoOffer, NotRegistered, OfferExpired, ShiftStarted
from bot.services.rules import USUAL, Rules
from bot.services.seats import Outcome
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Activity, Offer, Person, Registration, Shift

__all__ = [
    "LENGTHS", "OpenOffer", "Why", "accept_offer", "decline_offer", "end", "explain", "lock_registration", "may_offer",
    "open_offers", "promote", "shifts_to_promote", "withdraw_offers",
]  # fmt: skip


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
    """Give every free seat to the next in line. Whatever frees a seat calls this in the same transaction.

    Who wished so beforehand is seated at once, everybody else gets an offer; the offers are returned. Calling it again
    changes nothing. Who may not come at that time, or could not be told of an earlier offer, is passed over and keeps
    the place; a party for which there are too few seats is passed over twice at most.
    """
    writing(db)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        return []
    activity = fresh(db, Activity, shift.activity_id)
    counted = seats.of(db, shift)
    if not counted.free or not counted.waiting:
        return []
    if not may_offer(db, shift, now):
        _ask_leader(db, shift, activity, counted.free, now)
        return []
    offers: list[Offer] = []
    for turn in list(line.Giving(db, shift, activity, counted.free, now, rules).turns()):
        if turn.verdict == "next":
            line.skip(turn.past)
            if turn.registration.auto_accept and _seat_at_once(db, turn.registration, shift, activity, now, rules):
                continue
            offers.append(_offer(db, turn.registration, shift, now, rules))
    db.flush()
    return offers


def _seat_at_once(
    db: Session, registration: Registration, shift: Shift, activity: Activity, now: datetime, rules: Rules
) -> bool:
    """直接报上. False when somebody else has the person in hand just now, or one of them must be asked first.

    Persons are locked before shifts everywhere else, so here nobody is waited for.
    """
    wanted = sorted({registration.person_id, *parties.people(db, registration.id)})
    free = select(Person.id).where(Person.id.in_(wanted)).with_for_update(skip_locked=True, key_share=True)
    if len(db.scalars(free).all()) < len(wanted):
        return False
    person = fresh(db, Person, registration.person_id)
    asked = gates.request(db, shift, activity, person, now, rules)
    if next(gates.about_person(db, asked), None) is not None:
        return False
    registration.state, registration.state_since = "confirmed", now
    db.flush()
    parties.seat(db, registration, now)
    telling.follower(db, registration.openid, "registrations.seated", f"{registration.id}", now,
                     zone=rules.timezone, registration_id=registration.id)  # fmt: skip
    return True


def _ask_leader(db: Session, shift: Shift, activity: Activity, free: int, now: datetime) -> None:
    """Too near to the start for offers: the leader gets the list of those who wait, to call them."""
    too_near = offer_lengths.length(shift, now) is None
    if activity.state == "open" and too_near and now < shift.starts_at:
        key = f"{shift.id}:{free}"
        telling.leaders(db, activity, "registrations.fill_in", key, now, urgent=True, shift_id=shift.id, free=free)


def _offer(db: Session, registration: Registration, shift: Shift, now: datetime, rules: Rules) -> Offer:
    due_at = offer_lengths.said_at(shift, now, rules.timezone)
    expires_at = offer_lengths.until(shift, now, rules.timezone)
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


def accept_offer(db: Session, registration_id: int, now: datetime, *, rules: Rules = USUAL) -> Outcome:
    """The waiting person takes the seat, with the party. Accepting twice is the same as once.

    The gates stand here too: what has come between since, or an agreement not signed yet, is raised by name.
    """
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    if registration.state == "confirmed":
        return _seated(db, registration, shift)
    offer = _answerable(db, registration, now)
    if shift.starts_at <= now:
        raise ShiftStarted(shift.starts_at)
    activity = fresh(db, Activity, shift.activity_id)
    person = fresh(db, Person, registration.person_id)
    asked = gates.request(db, shift, activity, person, now, rules)
    refusal = gates.told(list(gates.about_person(db, asked)))
    if refusal is not None:
        raise refusal
    end(db, offer, "accepted", now)
    registration.state, registration.state_since = "confirmed", now
    db.flush()
    parties.seat(db, registration, now)
    return _seated(db, registration, shift)


def _seated(db: Session, registration: Registration, shift: Shift) -> Outcome:
    close_by = gates.close_by(db, registration.person_id, shift)
    return Outcome(registration.id, "confirmed", None, seats.of(db, shift).free, close_by)


def decline_offer(db: Session, registration_id: int, now: datetime, *, rules: Rules = USUAL) -> list[Offer]:
    """The seat goes to the next at once; returns the offers made by that."""
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    offer = _answerable(db, registration, now)
    end(db, offer, "declined", now)
    registration.state, registration.state_since = "declined", now
    parties.hand_on(db, registration, now)
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
    return [shift.id for shift in shifts if counts[shift.id].taken < shift.capacity]


def withdraw_offers(db: Session, registrations: Sequence[Registration], now: datetime) -> None:
    """The seat itself is gone (the activity was cancelled, the person left): open offers end unanswered."""
    ids = [registration.id for registration in registrations if registration.state == "offered"]
    for offer in db.scalars(select(Offer).where(Offer.registration_id.in_(ids), Offer.answer.is_(None))):
        end(db, offer, "withdrawn", now)


def lock_registration(db: Session, registration_id: int) -> tuple[Registration, Shift]:
    """The person and those who come along, then the shift, then the row as it is now."""
    known = db.get(Registration, registration_id)
    if known is None:
        raise NotRegistered
    for person_id in sorted({known.person_id, *parties.people(db, known.id)}):
        locked(db, Person, person_id)
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


def end(db: Session, offer: Offer, answer: str, now: datetime) -> None:
    """The offer is over, for this reason; what was to be said of it is not said any more."""
    offer.answer, offer.answered_at = answer, now
    supersede(db, f"offer:{offer.id}", now, reason=answer)
