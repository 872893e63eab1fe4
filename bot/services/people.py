"""Followers and the persons they are: following, being heard, saying who one is, agreeing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from bot.services import merging
from bot.services.profiles import masked_phone, normal_name, normal_phone
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import alone, fresh, locked, writing
from bot.storage.models import Consent, Follower, Person

# How stale the noted time may be before it is written again. Noting too little only makes us more careful:
# the window then seems to close a little earlier than WeChat closes it.
_NOTED = {"message": timedelta(minutes=10), "click": timedelta(seconds=20)}
_WHO_SPEAKS = (
    select(Follower)
    .where(Follower.openid == bindparam("openid"))
    .options(joinedload(Follower.open_alert), joinedload(Follower.conversation))
)
"""Built once: composing it takes a third of asking it."""


def follower(db: Session, openid: str) -> Follower | None:
    """With their open alert and conversation, if any: in the same question, for it is asked for every message."""
    return db.scalars(_WHO_SPEAKS, {"openid": openid}).one_or_none()


def follow(db: Session, openid: str, scene: str, now: datetime) -> Follower:
    """Followed, or followed again; also for somebody heard of for the first time who followed before we were here."""
    writing(db)
    alone(db, f"follower {openid}")
    known = db.get(Follower, openid, populate_existing=True)
    if known is None:
        known = Follower(openid=openid, followed_at=now, first_scene=scene[:64])
        db.add(known)
    elif not known.followed:
        known.followed_at = now
    known.followed, known.unfollowed_at = True, None
    db.flush()
    return known


def unfollow(db: Session, openid: str, now: datetime) -> None:
    """Nothing is forgotten: registrations stay. WeChat no longer delivers, so the windows are shut."""
    writing(db)
    known = db.get(Follower, openid)
    if known is not None:
        known.followed, known.unfollowed_at = False, now
        known.last_message_at = known.last_click_at = None
        db.flush()


def heard(db: Session, follower: Follower, kind: Literal["message", "click"], now: datetime) -> bool:
    """Note that WeChat opened a window to write back in (48 h for a message; 1 min for a click, a follow, a scan).

    Returns False when what is noted is good enough: then nothing was written and the session still reads.
    """
    at, used = _window(follower, kind)
    if at is not None and not used and now - at < _NOTED[kind]:
        return False
    openid = follower.openid
    writing(db)
    current = locked(db, Follower, openid)
    if current is None:
        return False
    if kind == "message":
        current.last_message_at, current.message_used = now, 0
    else:
        current.last_click_at, current.click_used = now, 0
    db.flush()
    return True


def _window(follower: Follower, kind: str) -> tuple[datetime | None, int]:
    if kind == "message":
        return follower.last_message_at, follower.message_used
    return follower.last_click_at, follower.click_used


def save_profile(
    db: Session, cipher: Cipher, follower: Follower, name: str, phone: str, now: datetime, rules: Rules = USUAL
) -> Person:
    """Who this follower is. The same name and number from another WeChat account is the same person.

    Raises NameInvalid or PhoneInvalid.
    """
    name, phone = normal_name(name), normal_phone(phone)
    openid, digest = follower.openid, cipher.keyed_hash(f"phone:{phone}")
    writing(db)
    alone(db, f"phone {digest}")
    current = fresh(db, Follower, openid)
    same = db.scalars(
        select(Person).where(Person.phone_hash == digest, Person.name == name).order_by(Person.id).limit(1)
    ).one_or_none()
    own = locked(db, Person, current.person_id) if current.person_id else None
    if same is not None and own is not None and own.id != same.id:
        merging.move_follower(db, current, own, same, now, rules)
    person = same or own or Person(created_at=now)
    person.name = name
    if person.phone_hash != digest:
        person.phone_hash, person.phone_encrypted = digest, cipher.encrypt(phone)
    db.add(person)
    db.flush()
    current.person_id = person.id
    db.flush()
    return person


def phone_masked(cipher: Cipher, person: Person) -> str:
    """138****0000, or nothing when no number is known."""
    return masked_phone(cipher.decrypt(person.phone_encrypted)) if person.phone_encrypted else ""


def consent(db: Session, person: Person, purpose: str, version: str, now: datetime) -> Consent:
    """The person agreed to one purpose, having seen this version of the text. Agreeing again changes nothing."""
    writing(db)
    given = _given(db, person.id, purpose, version)
    if given is None:
        given = Consent(person_id=person.id, purpose=purpose, text_version=version, given_at=now)
        db.add(given)
        db.flush()
    return given


def has_consented(db: Session, person_id: int, purpose: str, version: str) -> bool:
    return _given(db, person_id, purpose, version) is not None


def consents(db: Session, person_id: int) -> list[Consent]:
    """Those in force, oldest first; the newest of each purpose."""
    given = select(Consent).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
    newest = {each.purpose: each for each in db.scalars(given.order_by(Consent.given_at, Consent.id))}
    return sorted(newest.values(), key=lambda each: (each.given_at, each.id))


def withdraw_consent(db: Session, person_id: int, purpose: str, now: datetime) -> int:
    """As easy as giving it; returns how many were in force."""
    writing(db)
    in_force = db.scalars(
        select(Consent).where(
            Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
        )
    ).all()
    for given in in_force:
        given.withdrawn_at = now
    db.flush()
    return len(in_force)


def _given(db: Session, person_id: int, purpose: str, version: str) -> Consent | None:
    return db.scalars(
        select(Consent)
        .where(
            Consent.person_id == person_id,
            Consent.purpose == purpose,
            Consent.text_version == version,
            Consent.withdrawn_at.is_(None),
        )
        .limit(1)
    ).one_or_none()
