"""What a shift may need to know of a person beyond name and number: the day of birth, an identity number."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.services import identity_numbers
from bot.services.refusals import NotRegistered
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import Person


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

    Raises IdentityInvalid.
    """
    writing(db)
    person = locked(db, Person, person_id)
    if person is None:
        raise NotRegistered
    if id_number:
        number = identity_numbers.normal(id_number, today=now.date())
        person.id_type, person.id_hash = "id_card", identity_numbers.digest(cipher, number)
        person.id_encrypted = cipher.encrypt(number)
        birth_date = identity_numbers.born(number) or birth_date
        person.gender = person.gender or identity_numbers.gender(number)
    if birth_date is not None and (person.birth_date is None or id_number):
        person.birth_date = birth_date
    db.flush()
    return person
