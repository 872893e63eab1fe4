"""Seats that a team reserves: a list of names, each of whom says yes from their own WeChat, until a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import authority, gates, invitation_codes, line, seats, telling
from bot.services.offers import promote
from bot.services.profiles import normal_name, normal_phone
from bot.services.refusals import NameInvalid, PhoneInvalid, ShiftStarted, ShiftUnknown
from bot.services.refusals.registrations import (
    InsuranceCutoff,
    InvitationUnknown,
    NamesUnclear,
    NotOnTheList,
    NotTheLeader,
    SeatsTooFew,
)
from bot.services.rules import USUAL, Rules
from bot.services.seats import Outcome
from bot.storage.crypto import Cipher
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Activity, Invitation, Membership, Person, Registration, Reservation, Shift, Team

HELD_FOR = timedelta(hours=48)
CLOSES_BEFORE = timedelta(hours=2)
_NUMBER = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_COUNTING = re.compile(r"^\s*\d{1,3}\s*[.、,，)）]\s*")


def led_by(db: Session, person_id: int) -> list[Team]:
    """The teams for which this person may reserve."""
    led = select(Team).join(Membership, Membership.team_id == Team.id).where(
        Membership.person_id == person_id, Membership.role == "leader", Membership.state == "active",
        Team.closed_at.is_(None),
    )  # fmt: skip
    return list(db.scalars(led.order_by(Team.id)))


def parse(text: str) -> list[tuple[str, str]]:
    """A line for each: 姓名 手机, in either order, numbered or not. Raises NamesUnclear with the other lines."""
    people: list[tuple[str, str]] = []
    unclear: list[str] = []
    for said in re.split(r"[\n;；]+", unicodedata.normalize("NFKC", text)):
        said = _COUNTING.sub("", said).strip()
        found = _NUMBER.search(said)
        try:
            phone = normal_phone(found.group()) if found else ""
            name = normal_name(re.sub(r"[\s,，、:：]+", " ", said.replace(found.group(), " ")).strip()) if found else ""
        except (NameInvalid, PhoneInvalid):
            name = ""
        if name:
            people.append((name, phone))
        elif said:
            unclear.append(said[:20])
    if unclear or not people:
        raise NamesUnclear(tuple(unclear))
    return list(dict.fromkeys(people))


def latest_of(db: Session, openid: str, now: datetime) -> Reservation | None:
    """What this account reserved last and still holds."""
    held = select(Reservation).where(
        Reservation.openid == openid, Reservation.state == "open", Reservation.expires_at > now
    )
    return db.scalars(held.order_by(Reservation.id.desc()).limit(1)).first()


def available(db: Session, shift_id: int, now: datetime, *, rules: Rules = USUAL) -> int:
    """Seats to which nobody in line has a claim before."""
    shift = db.get_one(Shift, shift_id)
    counted = seats.of(db, shift)
    giving = line.Giving(db, shift, shift.activity, counted.free, now, rules)
    if counted.waiting and counted.free:
        list(giving.turns())
    return 0 if giving.passed else giving.left  # a party that waits for more seats is not overtaken by a team


def reserve(
    db: Session,
    shift_id: int,
    team_id: int,
    person_id: int,
    openid: str,
    wanted: int,
    now: datetime,
    *,
    rules: Rules = USUAL,
) -> Reservation:
    """Hold ``wanted`` seats for members who say yes themselves, for two days at most. Raises NotTheLeader,
    SeatsTooFew and what stands in the way of signing up for the shift."""
    writing(db)
    locked(db, Person, person_id)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    if not authority.leads_team(db, person_id, team_id):
        raise NotTheLeader
    activity = fresh(db, Activity, shift.activity_id)
    refusal = gates.told(list(gates.about_shift(gates.Request(shift, activity, None, now, None, (), rules))))
    if refusal is not None:
        raise refusal
    if shift.insurance_closes_at is not None and shift.insurance_closes_at <= now:
        raise InsuranceCutoff(shift.insurance_closes_at, activity.leader, activity.contact)
    until = expires_at(shift, now)
    if until <= now:
        raise ShiftStarted(shift.starts_at)
    free = available(db, shift_id, now, rules=rules)
    if wanted < 1 or wanted > free:
        raise SeatsTooFew(free, wanted)
    reservation = Reservation(
        shift_id=shift_id, team_id=team_id, person_id=person_id, openid=openid, seats=wanted, state="open",
        state_since=now, created_at=now, expires_at=until,
    )  # fmt: skip
    db.add(reservation)
    db.flush()
    return reservation


def expires_at(shift: Shift, now: datetime) -> datetime:
    ends = [now + HELD_FOR, shift.starts_at - CLOSES_BEFORE]
    ends += [at for at in (shift.signup_closes_at, shift.insurance_closes_at) if at is not None]
    return min(ends)


def name(
    db: Session, cipher: Cipher, reservation_id: int, people: Sequence[tuple[str, str]], now: datetime
) -> tuple[str, int]:
    """Put people on the list; only the hash of a number is kept. Returns the code to pass on in the team's group,
    and how many of them have been told here already. Who is on the list already is not put there twice."""
    writing(db)
    reservation = locked(db, Reservation, reservation_id)
    if reservation is None or reservation.state != "open":
        raise InvitationUnknown
    named = {one.phone_hash for one in reservation.names}
    new = [(who, digest) for who, phone in people if (digest := cipher.keyed_hash(f"phone:{phone}")) not in named]
    if len(named - {None}) + len(new) > reservation.seats:
        raise SeatsTooFew(reservation.seats, len(named - {None}) + len(new))
    code = invitation_codes.new()
    db.add(Invitation(reservation_id=reservation.id, code_hash=invitation_codes.digest(cipher, code), invited_at=now))
    told = 0
    for who, digest in new:
        invitation = Invitation(reservation_id=reservation.id, name=who, phone_hash=digest, invited_at=now)
        db.add(invitation)
        db.flush()
        known = select(Person.id).where(Person.phone_hash == digest, Person.name == who, Person.merged_into.is_(None))
        for person_id in db.scalars(known):
            told += bool(telling.accounts(db, [person_id]))
            telling.person(db, person_id, "registrations.named", f"{invitation.id}", now, invitation_id=invitation.id)
    db.expire(reservation, ["names"])
    return code, told


def waiting_for(db: Session, person_id: int, now: datetime) -> list[Reservation]:
    """Reservations on whose list this person is and has not answered: 确认 is meant for them."""
    person = db.get(Person, person_id)
    if person is None or person.phone_hash is None:
        return []
    asked = (
        select(Reservation)
        .join(Invitation, Invitation.reservation_id == Reservation.id)
        .where(Invitation.phone_hash == person.phone_hash, Invitation.answer.is_(None))
        .where(Reservation.state == "open", Reservation.expires_at > now)
    )
    return list(db.scalars(asked.distinct().order_by(Reservation.id)))


def join(
    db: Session, reservation_id: int, person_id: int, openid: str, now: datetime, *, rules: Rules = USUAL
) -> Outcome:
    """A member says yes: the same gates, a seat of the reservation. Raises NotOnTheList when the rest is for others."""
    writing(db)
    person = locked(db, Person, person_id)
    known = db.get(Reservation, reservation_id)
    if person is None or known is None:
        raise InvitationUnknown
    shift = locked(db, Shift, known.shift_id)
    reservation = locked(db, Reservation, reservation_id)
    assert shift is not None and reservation is not None  # foreign keys say so
    if reservation.state != "open" or reservation.expires_at <= now:
        raise InvitationUnknown
    activity = fresh(db, Activity, shift.activity_id)
    asked = gates.request(db, shift, activity, person, now, rules)
    refusal = gates.told(list(gates.objections(db, asked)))
    if refusal is not None:
        raise refusal
    used = _used(db, reservation.id)
    unanswered = [one for one in _named(db, reservation.id) if one.answer is None]
    own = next((one for one in unanswered if one.phone_hash == person.phone_hash), None)
    for_others = len(unanswered) if own is None else 0
    if used + for_others >= reservation.seats:
        raise NotOnTheList(reservation.team.name)
    row = Registration(
        shift_id=shift.id, person_id=person.id, openid=openid, state="confirmed", state_since=now, created_at=now,
        reservation_id=reservation.id, source="team",
    )  # fmt: skip
    db.add(row)
    db.flush()
    if own is not None:
        own.answer, own.answered_at, own.registration_id = "accepted", now, row.id
        db.flush()
    return Outcome(row.id, "confirmed", None, seats.of(db, shift).free, asked.close_by)


def refuse(db: Session, reservation_id: int, person_id: int, now: datetime) -> None:
    """不去了 of somebody who was named: the seat stays the team's until the time is over."""
    writing(db)
    person = db.get_one(Person, person_id)
    for one in _named(db, reservation_id):
        if one.answer is None and one.phone_hash == person.phone_hash:
            one.answer, one.answered_at = "declined", now
    db.flush()


def _named(db: Session, reservation_id: int) -> list[Invitation]:
    named = select(Invitation).where(Invitation.reservation_id == reservation_id, Invitation.phone_hash.is_not(None))
    return list(db.scalars(named.order_by(Invitation.id).execution_options(populate_existing=True)))


def _used(db: Session, reservation_id: int) -> int:
    live = select(func.coalesce(func.sum(Registration.party_size), 0)).where(
        Registration.reservation_id == reservation_id, Registration.state.in_(seats.SEATED)
    )
    return int(db.scalars(live).one())


def expire(db: Session, now: datetime, *, rules: Rules = USUAL) -> list[Reservation]:
    """Seats nobody said yes to in time go to the line, and the leader is told. For the sweep."""
    over = select(Reservation.id, Reservation.shift_id).where(
        Reservation.state == "open", Reservation.expires_at <= now
    )
    found = list(db.execute(over.order_by(Reservation.shift_id, Reservation.id)))
    ended: list[Reservation] = []
    if not found:
        return ended
    writing(db)
    for id, shift_id in found:
        locked(db, Shift, shift_id)
        reservation = locked(db, Reservation, id)
        if reservation is None or reservation.state != "open" or reservation.expires_at > now:
            continue
        reservation.state, reservation.state_since = "expired", now
        for one in [*reservation.names]:
            if one.answer is None:
                one.answer, one.answered_at = "expired", now
        db.flush()
        telling.follower(db, reservation.openid, "registrations.released", f"{id}", now,
                         zone=rules.timezone, reservation_id=id)  # fmt: skip
        promote(db, shift_id, now, rules=rules)
        ended.append(reservation)
    return ended
