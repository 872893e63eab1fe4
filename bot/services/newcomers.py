"""What somebody tells of themselves while signing up: kept with the consents it takes, whatever becomes of the seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.services import agreements, particulars, people, purposes
from bot.services.refusals import ProfileMissing
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Follower, Person, Shift


@dataclass(frozen=True)
class Told:
    """``name`` and ``phone`` of who is new here; ``birth`` and ``id_number`` where the shift asks for them;
    ``agreed`` to the written agreement."""

    name: str = ""
    phone: str = ""
    birth: date | None = None
    id_number: str = ""
    agreed: bool = False


def keep(
    db: Session, cipher: Cipher, follower: Follower, shift_id: int, told: Told, now: datetime, rules: Rules = USUAL
) -> int:
    """The person's id. Raises NameInvalid, PhoneInvalid, IdentityInvalid, IdentityTaken, ProfileMissing."""
    writing(db)
    person_id = follower.person_id
    if told.phone:
        person = people.save_profile(db, cipher, follower, told.name, told.phone, now, rules)
        people.consent(db, person, purposes.SIGN_UP, purposes.VERSION, now)
        person_id = person.id
    if person_id is None:
        raise ProfileMissing(("name", "phone"))
    if told.birth or told.id_number:
        person_id = particulars.note(
            db, cipher, person_id, now, birth_date=told.birth, id_number=told.id_number
        ).id  # another record, when the number says that they are one person
    if told.id_number:  # asked for alone, with whom it is for and what for: sending it is the consent (PIPL 23)
        people.consent(db, db.get_one(Person, person_id), purposes.INSURER, purposes.VERSION, now)
    if told.agreed:
        agreements.sign(db, db.get_one(Shift, shift_id).activity_id, person_id, now)
    return person_id
