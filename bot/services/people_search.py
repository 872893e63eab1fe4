"""Finding a person for staff: by name, by phone or its last four digits, by number, with what narrows it down."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot.services import ages
from bot.services.profiles import normal_phone
from bot.services.refusals import PhoneInvalid
from bot.storage.crypto import Cipher
from bot.storage.models import Person, Volunteer

NARROWED = ("", "applied", "registered", "refused", "left", "none", "minor")
_TAIL = re.compile(r"\d{4}")


def find(db: Session, cipher: Cipher, text: str, today: date, *, kind: str = "") -> Select[Person]:
    """Records in use, the newest first. ``kind``: one of NARROWED (none: no volunteer).

    Four digits are the end of a phone number: numbers are encrypted and only their whole is hashed, so every one is
    decrypted and looked at (100,000 in under a second), rather than keeping something from which they can be guessed.
    """
    query = select(Person).where(Person.merged_into.is_(None), Person.erased_at.is_(None)).order_by(Person.id.desc())
    if kind == "minor":
        query = query.where(Person.birth_date > ages.born_by(today, ages.ADULT))
    elif kind == "none":
        query = query.where(Person.id.not_in(select(Volunteer.person_id)))
    elif kind:
        query = query.where(Person.id.in_(select(Volunteer.person_id).where(Volunteer.state == kind)))
    text = text.strip()
    if not text:
        return query
    if _TAIL.fullmatch(text):
        return query.where(Person.id.in_(_ending(db, cipher, text)))
    try:
        return query.where(Person.phone_hash == cipher.keyed_hash(f"phone:{normal_phone(text)}"))
    except PhoneInvalid:
        numbered = select(Volunteer.person_id).where(or_(Volunteer.number == text.upper(), Volunteer.vcode == text))
        return query.where(or_(Person.name.contains(text, autoescape=True), Person.id.in_(numbered)))


def _ending(db: Session, cipher: Cipher, tail: str) -> list[int]:
    known = select(Person.id, Person.phone_encrypted).where(
        Person.phone_encrypted.is_not(None), Person.merged_into.is_(None), Person.erased_at.is_(None)
    )
    return [id for id, sealed in db.execute(known) if sealed and cipher.decrypt(sealed).endswith(tail)][:500]
