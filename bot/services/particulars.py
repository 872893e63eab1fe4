"""What a shift may need to know of a person beyond name and number: the day of birth, an identity number."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.services import identity_numbers, merging
from bot.services.refusals import NotRegistered
from bot.services.refusals.people import IdentityTaken
from bot.storage.crypto import Cipher
from bot.storage.database import alone, fresh, locked, writing
from bot.storage.models import Follower, Person


def note(
    db: Session,
    cipher: Cipher,
    person_id: int,
    now: datetime,
    *,
    birth_date: date | None = None,
    id_number: str = "",
) -> Person:
    """Keep what was told; the number is encrypted, and says the day of birth and the gender too.

    The same number and name under another record is the same person: the records become one, and the one in use is
    returned. Raises IdentityInvalid, IdentityTaken (under another name).
    """
    writing(db)
    number = identity_numbers.normal(id_number, today=now.date()) if id_number else ""
    if number:
        alone(db, f"identity {identity_numbers.digest(cipher, number)}")
    person = locked(db, Person, person_id)
    if person is None:
        raise NotRegistered
    if number:
        person = _one_record(db, person, identity_numbers.digest(cipher, number), now)
        person.id_type, person.id_hash = "id_card", identity_numbers.digest(cipher, number)
        person.id_encrypted = cipher.encrypt(number)
        birth_date = identity_numbers.born(number) or birth_date
        person.gender = person.gender or identity_numbers.gender(number)
    if birth_date is not None and (person.birth_date is None or id_number):
        person.birth_date = birth_date
    db.flush()
    return person


def _one_record(db: Session, person: Person, digest: str, now: datetime) -> Person:
    """The record that has this number already, or ``person`` itself."""
    known = db.scalars(
        select(Person).where(Person.id_hash == digest, Person.id != person.id, Person.merged_into.is_(None)).limit(1)
    ).one_or_none()
    if known is None:
        return person
    if known.name != person.name:
        raise IdentityTaken
    db.execute(update(Follower).where(Follower.person_id == person.id).values(person_id=known.id))
    merging.merge(db, person, known, now)
    return fresh(db, Person, known.id)
