"""Guardians: a minor of 14 to 17 asks with a code, the guardian says yes; younger children stand under their account.

未成年人保护法 第72条, 个人信息保护法 第31条.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import ages, audience, registrations, seats
from bot.services.announcements import notify
from bot.services.identities import same
from bot.services.profiles import normal_name
from bot.services.refusals.people import CodeUnknown, GuardianUnfit, NothingToWithdraw, TooManyTries
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import alone, locked, writing
from bot.storage.models import AuditEntry, Consent, Guardianship, Person, Registration

PURPOSE = "register"
CHILD_AGES = range(8, ages.VOLUNTEER_FROM)
CODE_LENGTH = 6
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
TRIES, TRIES_WITHIN = 5, timedelta(minutes=10)


def ask(db: Session, cipher: Cipher, minor_id: int, now: datetime, rules: Rules = USUAL) -> str:
    """A code for the guardian, good for a day by the settings; an earlier one is void."""
    writing(db)
    locked(db, Person, minor_id)
    asked = select(Guardianship).where(Guardianship.minor_id.in_(same(minor_id)), Guardianship.state == "asked")
    for earlier in db.scalars(asked):
        earlier.state, earlier.ended_at, earlier.code_hash = "lapsed", now, None
    code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    until = now + timedelta(hours=rules.volunteering.guardian_code_hours)
    link = Guardianship(
        minor_id=minor_id, state="asked", code_hash=_hash(cipher, code), code_until=until, asked_at=now, relation=""
    )
    db.add(link)
    db.flush()
    return code


def asked_with(db: Session, cipher: Cipher, code: str, openid: str, now: datetime) -> Guardianship:
    """What a code asks for. Five wrong ones from one account within ten minutes, and it is told to wait.

    Raises CodeUnknown, TooManyTries. A wrong try is noted, so the caller commits all the same.
    """
    subject = f"guardian_codes:{openid}"[:48]
    wrong = select(func.count(), func.min(AuditEntry.at)).where(
        AuditEntry.subject == subject, AuditEntry.at > now - TRIES_WITHIN
    )
    count, first = db.execute(wrong).one()
    if count >= TRIES:
        raise TooManyTries(first + TRIES_WITHIN)
    found = select(Guardianship).where(Guardianship.code_hash == _hash(cipher, code), Guardianship.code_until > now)
    link = db.scalars(found.where(Guardianship.state == "asked")).one_or_none()
    if link is None:
        writing(db)
        actor = db.info.get("actor", "system")
        db.add(AuditEntry(at=now, actor=actor, subject=subject, before={}, after={"code": "wrong"}, reason=""))
        db.flush()
        raise CodeUnknown
    return link


def agree(
    db: Session, link_id: int, guardian_id: int, relation: str, text_version: str, now: datetime, rules: Rules = USUAL
) -> Guardianship:
    """The guardian has read what is collected and why, and says yes. Raises CodeUnknown, GuardianUnfit."""
    writing(db)
    for person_id in sorted({guardian_id, db.get_one(Guardianship, link_id).minor_id}):
        locked(db, Person, person_id)
    link = locked(db, Guardianship, link_id)
    if link is None or link.state != "asked" or link.code_until is None or link.code_until <= now:
        raise CodeUnknown
    guardian = db.get_one(Person, guardian_id)
    if guardian_id in set(db.scalars(same(link.minor_id))):
        raise GuardianUnfit("self")
    today = now.astimezone(rules.timezone).date()
    if guardian.birth_date is not None and ages.on(today, guardian.birth_date) < ages.ADULT:
        raise GuardianUnfit("age")
    link.guardian_id, link.relation, link.state, link.active_at = guardian_id, relation[:16], "active", now
    link.code_hash = link.code_until = None
    consent = Consent(
        person_id=link.minor_id, purpose=PURPOSE, text_version=text_version, given_at=now, given_by=guardian_id
    )
    db.add(consent)
    db.flush()
    for openid in audience.of_person(db, link.minor_id):
        notify(db, openid, "people.guardian_agreed", f"{link.id}:{openid}", now, zone=rules.timezone, link_id=link.id)
    return link


def withdraw(db: Session, guardian_id: int, minor_id: int, now: datetime, rules: Rules = USUAL) -> int:
    """撤回同意: the minor's coming registrations end, both are told; returns how many. Raises NothingToWithdraw."""
    writing(db)
    for person_id in sorted({guardian_id, minor_id}):
        locked(db, Person, person_id)
    own = select(Guardianship).where(
        Guardianship.guardian_id.in_(same(guardian_id)), Guardianship.minor_id.in_(same(minor_id)),
        Guardianship.state == "active",
    )  # fmt: skip
    links = db.scalars(own).all()
    if not links:
        raise NothingToWithdraw
    for link in links:
        link.state, link.ended_at = "withdrawn", now
    given = select(Consent).where(
        Consent.person_id.in_(same(minor_id)), Consent.given_by.in_(same(guardian_id)), Consent.withdrawn_at.is_(None)
    )
    for consent in db.scalars(given):
        consent.withdrawn_at = now
    db.flush()
    ended = 0 if has_consent(db, minor_id) else _end_coming(db, minor_id, now, rules)
    for openid in audience.of_person(db, minor_id):
        key = f"{links[0].id}:{openid}"
        notify(db, openid, "people.guardian_withdrew", key, now, zone=rules.timezone, link_id=links[0].id)
    return ended


def add_child(
    db: Session, guardian_id: int, name: str, birth_date: date, relation: str, now: datetime, rules: Rules = USUAL
) -> Person:
    """A child of 8 to 13 without an account; said twice it is one child. Raises GuardianUnfit, NameInvalid."""
    name = normal_name(name)
    today = now.astimezone(rules.timezone).date()
    if ages.on(today, birth_date) not in CHILD_AGES:
        raise GuardianUnfit("child")
    writing(db)
    alone(db, f"children of {guardian_id}")
    for child in children_of(db, guardian_id):
        if (child.name, child.birth_date) == (name, birth_date):
            return child
    child = Person(name=name, birth_date=birth_date, created_at=now, skills=[])
    db.add(child)
    db.flush()
    link = Guardianship(
        minor_id=child.id, guardian_id=guardian_id, relation=relation[:16], state="active", asked_at=now, active_at=now
    )
    consent = Consent(
        person_id=child.id, purpose="sign_up", text_version="guardian", given_at=now, given_by=guardian_id
    )
    db.add_all([link, consent])
    db.flush()
    return child


def children_of(db: Session, guardian_id: int) -> Sequence[Person]:
    """Minors this person answers for, the oldest link first."""
    linked = (
        select(Person)
        .join(Guardianship, Guardianship.minor_id == Person.id)
        .where(Guardianship.guardian_id.in_(same(guardian_id)), Guardianship.state == "active")
        .order_by(Guardianship.id)
    )
    return db.scalars(linked).all()


def has_consent(db: Session, minor_id: int) -> bool:
    active = select(Guardianship.id).where(Guardianship.minor_id.in_(same(minor_id)), Guardianship.state == "active")
    return db.scalars(active.limit(1)).first() is not None


def _end_coming(db: Session, minor_id: int, now: datetime, rules: Rules) -> int:
    live = select(Registration).where(Registration.person_id.in_(same(minor_id)), Registration.state.in_(seats.LIVE))
    coming = [row for row in db.scalars(live).all() if row.shift.starts_at > now]
    for row in coming:
        registrations.cancel(db, row.id, now, "监护人撤回同意", rules=rules)
    return len(coming)


def _hash(cipher: Cipher, code: str) -> str:
    return cipher.keyed_hash(f"guardian:{code.upper()}")
