"""Friends asked to come along: each says yes from their own WeChat; nobody is enrolled by another's word."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import gates, invitation_codes, parties, seats, telling
from bot.services.offers import lock_registration, promote
from bot.services.refusals import AlreadyRegistered, NotRegistered
from bot.services.refusals.registrations import InvitationUnknown
from bot.services.rules import USUAL, Rules
from bot.services.seats import Outcome
from bot.storage.crypto import Cipher
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Activity, Invitation, Person, Registration, Shift

OPEN_FOR = timedelta(hours=24)
CLOSES_BEFORE = timedelta(hours=2)
AT_LEAST = timedelta(minutes=20)


def until(invited_at: datetime, starts_at: datetime) -> datetime:
    """A day, but not into the last two hours before the start; twenty minutes at least."""
    return min(invited_at + OPEN_FOR, max(invited_at + AT_LEAST, starts_at - CLOSES_BEFORE))


def invite(db: Session, cipher: Cipher, registration_id: int, friends: int, now: datetime) -> str:
    """One code for all ``friends`` of this party, to be passed on; their seats are held already."""
    writing(db)
    code = _unused(db, cipher)
    for _ in range(friends):
        db.add(Invitation(party_of=registration_id, code_hash=invitation_codes.digest(cipher, code), invited_at=now))
    db.flush()
    return code


def _unused(db: Session, cipher: Cipher) -> str:
    while True:
        code = invitation_codes.new()
        hashed = invitation_codes.digest(cipher, code)
        taken = select(Invitation.id).where(Invitation.code_hash == hashed, Invitation.answer.is_(None)).limit(1)
        if db.scalars(taken).first() is None:
            return code


def find(db: Session, cipher: Cipher, code: str, now: datetime) -> Invitation:
    """An open invitation with this code, of a party or of a team. Raises InvitationUnknown."""
    open_ones = select(Invitation).where(
        Invitation.code_hash == invitation_codes.digest(cipher, code), Invitation.answer.is_(None)
    )
    for found in db.scalars(open_ones.order_by(Invitation.id)):
        if _stands(found, shift_of(db, found), now):
            return found
    raise InvitationUnknown


def shift_of(db: Session, invitation: Invitation) -> Shift:
    """The shift that somebody is asked to come to."""
    if invitation.reservation is not None:
        return invitation.reservation.shift
    return db.get_one(Registration, invitation.party_of).shift


def _stands(invitation: Invitation, shift: Shift, now: datetime) -> bool:
    reservation = invitation.reservation
    if reservation is not None:
        return reservation.state == "open" and now < reservation.expires_at
    return now < until(invitation.invited_at, shift.starts_at)


def join(
    db: Session, cipher: Cipher, code: str, person_id: int, openid: str, now: datetime, *, rules: Rules = USUAL
) -> Outcome:
    """The friend says yes: the same gates, a row of their own, the seat that the party holds for them."""
    writing(db)
    head_id = find(db, cipher, code, now).party_of
    if head_id is None:
        raise InvitationUnknown
    for id in sorted({person_id, db.get_one(Registration, head_id).person_id}):
        locked(db, Person, id)
    head = db.get_one(Registration, head_id)
    shift = locked(db, Shift, head.shift_id)
    assert shift is not None  # a foreign key says so
    db.refresh(head)
    invitation = find(db, cipher, code, now)
    db.refresh(invitation)
    if head.state not in ("confirmed", "offered", "waiting", "pending") or invitation.party_of != head.id:
        raise InvitationUnknown
    activity = fresh(db, Activity, shift.activity_id)
    asked = gates.request(db, shift, activity, db.get_one(Person, person_id), now, rules)
    alone_in_line = asked.existing is not None and _gives_up_place(asked.existing)
    refusal = gates.told(
        [
            refusal
            for refusal in gates.objections(db, asked)
            if not (alone_in_line and isinstance(refusal, AlreadyRegistered)) and refusal.code != "CLOSED"
        ]
    )
    if refusal is not None:
        raise refusal
    if asked.existing is not None:  # waiting alone: the party's place instead
        asked.existing.state, asked.existing.state_since, asked.existing.reason = "cancelled", now, "joined a party"
        db.flush()
    row = parties.add(db, head, person_id, openid, now)
    invitation.answer, invitation.answered_at, invitation.registration_id = "accepted", now, row.id
    db.flush()
    telling.follower(db, head.openid, "registrations.joined", f"{row.id}", now,
                     zone=rules.timezone, registration_id=row.id)  # fmt: skip
    place = seats.place_in_line(db, row)
    return Outcome(row.id, row.state, place, seats.of(db, shift).free, asked.close_by)  # type: ignore[arg-type]


def _gives_up_place(existing: Registration) -> bool:
    return existing.state == "waiting" and existing.party_of is None and existing.party_size == 1


def decline(db: Session, cipher: Cipher, code: str, now: datetime, *, rules: Rules = USUAL) -> Shift:
    """不加入: the seat is free again for the next in line."""
    writing(db)
    invitation = find(db, cipher, code, now)
    if invitation.party_of is None:
        raise InvitationUnknown
    _, shift = lock_registration(db, invitation.party_of)
    db.refresh(invitation)
    if invitation.answer is not None:
        raise InvitationUnknown
    _give_back(db, invitation, "declined", now)
    promote(db, shift.id, now, rules=rules)
    return shift


def expire(db: Session, now: datetime, *, rules: Rules = USUAL) -> int:
    """Seats held for friends who did not answer in time are free again. For the sweep; returns how many."""
    waiting = (
        select(Invitation, Registration, Shift)
        .join(Registration, Invitation.party_of == Registration.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .where(Invitation.answer.is_(None))
        .order_by(Shift.id, Invitation.id)
    )
    over = [
        (invitation.id, shift.id)
        for invitation, head, shift in db.execute(waiting)
        if head.state not in seats.LIVE or until(invitation.invited_at, shift.starts_at) <= now
    ]
    if not over:
        return 0
    writing(db)
    for shift_id in sorted({shift_id for _, shift_id in over}):
        locked(db, Shift, shift_id)
        for id in (id for id, at in over if at == shift_id):
            invitation = fresh(db, Invitation, id)
            if invitation.answer is None:
                _give_back(db, invitation, "expired", now)
        promote(db, shift_id, now, rules=rules)
    return len(over)


def _give_back(db: Session, invitation: Invitation, answer: str, now: datetime) -> None:
    invitation.answer, invitation.answered_at = answer, now
    head = db.get(Registration, invitation.party_of, populate_existing=True)
    if head is None:
        raise NotRegistered
    if head.state in seats.LIVE:
        head.party_size = max(1, head.party_size - 1)
        telling.follower(db, head.openid, "registrations.not_joined", f"{invitation.id}", now,
                         registration_id=head.id)  # fmt: skip
    db.flush()
