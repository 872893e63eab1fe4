"""Signing up for a shift, waiting in line, cancelling: one transaction each, exact on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from bot.services import agreements, eligibility, gates, parties, seats, telling
from bot.services.announcements import supersede
from bot.services.approvals import Pending, decide, pending
from bot.services.lapses import expire_offers, pass_over_unreached
from bot.services.line import left_for, skip
from bot.services.offers import (
    OpenOffer,
    accept_offer,
    decline_offer,
    lock_registration,
    open_offers,
    promote,
    shifts_to_promote,
    withdraw_offers,
)
from bot.services.own import Mine, Past, last_attended, mine
from bot.services.parties import ALONE, LARGEST, Party
from bot.services.refusals import (
    AlreadyRegistered,
    NotRegistered,
    ProfileMissing,
    Refused,
    ShiftFull,
    ShiftStarted,
    ShiftUnknown,
    WaitlistFull,
)
from bot.services.refusals.registrations import NotYourChild, PartyTooLarge
from bot.services.rules import USUAL, Rules
from bot.services.seats import Outcome
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Activity, Person, Registration, Shift

__all__ = [
    "ALONE", "Cancelled", "Mine", "OpenOffer", "Outcome", "Party", "Past", "Pending", "accept_offer", "cancel",
    "decide", "decline_offer", "expire_offers", "last_attended", "mine", "needs_agreement", "needs_approval",
    "objections", "open_offers", "pass_over_unreached", "pending", "promote", "set_auto_accept", "shifts_to_promote",
    "sign_up", "withdraw_offers", "would_be_late",
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


def objections(
    db: Session, shift_id: int, person_id: int | None, now: datetime, *, rules: Rules = USUAL
) -> list[Refused]:
    """Everything but the seats that stands in the way, in order; reads only. For asking before a form is begun."""
    shift = db.get(Shift, shift_id)
    if shift is None:
        return [ShiftUnknown()]
    person = db.get(Person, person_id) if person_id is not None else None
    return list(gates.objections(db, gates.request(db, shift, shift.activity, person, now, rules)))


def needs_approval(db: Session, shift_id: int) -> bool:
    shift = db.get(Shift, shift_id)
    return shift is not None and shift.activity.approval


def needs_agreement(db: Session, shift_id: int) -> bool:
    shift = db.get(Shift, shift_id)
    return shift is not None and agreements.needed(shift.activity, shift)


def sign_up(
    db: Session,
    shift_id: int,
    person_id: int | None,
    openid: str,
    now: datetime,
    *,
    queue: bool = True,
    party: Party = ALONE,
    auto_accept: bool = False,
    source: str = "chat",
    rules: Rules = USUAL,
) -> Outcome:
    """A seat for everybody of the party, or with ``queue`` a place in line; where a leader approves, a request.

    Raises the first refusal by name; ``queue=False`` raises ShiftFull. Children of the party are registered with it,
    friends are not: `invitations.invite` asks them. ``auto_accept``: once it is their turn, seat them without asking.
    """
    writing(db)
    known = {id: locked(db, Person, id) for id in sorted({*party.children, *([person_id] if person_id else [])})}
    person = known.get(person_id) if person_id is not None else None
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    activity = fresh(db, Activity, shift.activity_id)
    asked = gates.request(db, shift, activity, person, now, rules)
    size = asked.existing.party_size if asked.existing else party.size
    if size > min(LARGEST, max(1, shift.capacity)):
        raise PartyTooLarge(min(LARGEST, shift.capacity))
    counted = seats.of(db, shift)
    # A companion holds no seat of their own, so none is found for them here: they are seated with their party.
    companion = asked.existing is not None and asked.existing.party_of is not None
    seated, past = (False, ()) if activity.approval or companion else left_for(db, asked, counted, size)
    refusals = [
        refusal
        for refusal in gates.objections(db, asked)
        if not (seated and isinstance(refusal, AlreadyRegistered) and refusal.state == "waiting")
    ]
    refusal = gates.told([*refusals, *_about_children(db, asked, [known[id] for id in party.children])])
    if refusal is not None:
        raise refusal
    assert person is not None  # ProfileMissing was raised otherwise
    state: Literal["confirmed", "pending", "waiting"]
    state = "pending" if activity.approval else "confirmed" if seated else "waiting"
    queued_at = _join_line(shift, counted, now, queue, rules) if state == "waiting" else None
    registration = asked.existing or Registration(
        shift_id=shift.id, person_id=person.id, openid=openid, created_at=now, queued_at=queued_at,
        party_size=size, auto_accept=auto_accept,
        source="asked" if state == "pending" else source,  # a leader decides when, not the line
    )  # fmt: skip
    registration.state, registration.state_since = state, now
    skip(past)
    db.add(registration)
    db.flush()
    for child in party.children:
        parties.add(db, registration, child, openid, now)
    if asked.existing and state == "confirmed":
        parties.seat(db, registration, now)
    if state == "pending":
        telling.leaders(db, activity, "registrations.asked", f"{registration.id}", now,
                        zone=rules.timezone, registration_id=registration.id)  # fmt: skip
    free = counted.free - size if state == "confirmed" else counted.free
    return Outcome(registration.id, state, counted.waiting + 1 if state == "waiting" else None, free, asked.close_by)


def _about_children(db: Session, asked: gates.Request, children: Sequence[Person | None]) -> Iterator[Refused]:
    """What stands in the way of the children; first of all, whether they are this person's."""
    for child in children:
        guardian = asked.person.id if asked.person else None
        if child is None or guardian is None or not eligibility.has_guardian(db, child.id, guardian):
            yield NotYourChild()
            continue
        own = gates.request(
            db, asked.shift, asked.activity, child, asked.now, asked.rules, guardian_id=guardian
        )  # fmt: skip
        if own.existing:
            yield AlreadyRegistered(own.existing.id, own.existing.state)
        if missing := gates.missing_fields(child, asked.activity, asked.shift, child=True):
            yield ProfileMissing(missing)
        yield from gates.about_person(db, own)


def _join_line(shift: Shift, counted: seats.Seats, now: datetime, queue: bool, rules: Rules) -> datetime:
    """When the newcomer counts as having queued: never before those who were told their place already."""
    limit = rules.waitlist_limit if shift.waitlist_limit is None else shift.waitlist_limit
    if counted.waiting >= limit:
        raise WaitlistFull(counted.capacity, limit)
    if not queue:
        raise ShiftFull(counted.capacity, counted.taken, counted.waiting + 1)
    return max(now, counted.last_queued_at or now)


def set_auto_accept(db: Session, registration_id: int, person_id: int, now: datetime, *, on: bool = True) -> None:
    """直接报上: while waiting, wish to be seated without being asked; or no longer."""
    writing(db)
    registration, _ = lock_registration(db, registration_id)
    if registration.person_id != person_id or registration.state != "waiting":
        raise NotRegistered(registration.state)
    registration.auto_accept = on
    db.flush()


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

    With ``person_id`` a registration of somebody else is refused as unknown, unless it is of this person's party.
    """
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    if person_id is not None and person_id not in (registration.person_id, _head_of(db, registration)):
        raise NotRegistered
    if registration.state not in seats.LIVE:
        raise NotRegistered(registration.state)
    if shift.starts_at <= now:
        raise ShiftStarted(shift.starts_at)
    was, late = registration.state, _is_late(registration, shift, now, rules)
    withdraw_offers(db, [registration], now)
    parties.shrink(db, registration)
    registration.state = "cancelled_late" if late else "cancelled"
    registration.state_since, registration.reason = now, reason[:255]
    db.flush()
    supersede(db, f"reminder:{registration.id}:", now, prefix=True, reason="cancelled")
    if registration.party_of is None:
        parties.hand_on(db, registration, now)
    activity = shift.activity
    if late:
        telling.leaders(db, activity, "registrations.cancelled_late", f"{registration.id}", now,
                        urgent=True, registration_id=registration.id)  # fmt: skip
    offered = promote(db, shift.id, now, rules=rules)
    return Cancelled(registration.id, was, late, bool(offered), activity.code, activity.title, shift.starts_at)


def _head_of(db: Session, registration: Registration) -> int | None:
    head = db.get(Registration, registration.party_of) if registration.party_of is not None else None
    return head.person_id if head is not None else None


def would_be_late(db: Session, registration_id: int, now: datetime, *, rules: Rules = USUAL) -> bool:
    """Whether cancelling now would be noted as late; for asking before it is done."""
    registration = db.get(Registration, registration_id)
    return registration is not None and _is_late(registration, registration.shift, now, rules)


def _is_late(registration: Registration, shift: Shift, now: datetime, rules: Rules) -> bool:
    if registration.state != "confirmed":
        return False
    moved_since = shift.moved_at is not None and shift.moved_at >= registration.state_since
    return not moved_since and shift.starts_at - now < timedelta(hours=rules.cancel_free_hours)
