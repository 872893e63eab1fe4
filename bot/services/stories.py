"""One person's story for staff: standing, registrations, hours, merits, consents, teams, questions, changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.services import ages, auditing, hours, ledger, people, points, resending, teams
from bot.services.identities import same
from bot.services.points import Movement
from bot.services.questions import sight
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import (
    AuditEntry,
    Certificate,
    Consent,
    Follower,
    Guardianship,
    LedgerEntry,
    Membership,
    Person,
    Push,
    Question,
    Registration,
    Shift,
    Staff,
    StarAward,
    Suspension,
    Volunteer,
)

LATEST = 30
"""Of registrations, entries of hours and movements of points: so many, the newest first."""


@dataclass(frozen=True)
class Story:
    """What staff may know about a person at one look. ``phone`` is masked; ``age`` is today's."""

    person: Person
    phone: str
    age: int | None
    volunteer: Volunteer | None
    followers: Sequence[Follower]
    minutes: hours.Minutes
    registrations: Sequence[Registration]
    entries: Sequence[LedgerEntry]
    points: int
    movements: Sequence[Movement]
    stars: Sequence[StarAward]
    certificates: Sequence[Certificate]
    consents: Sequence[Consent]
    guardianships: Sequence[Guardianship]
    teams: Sequence[Membership]
    suspensions: Sequence[Suspension]
    questions: Sequence[Question]
    unsent: Sequence[Push]
    changes: Sequence[AuditEntry]

    @property
    def is_minor(self) -> bool:
        return self.age is not None and self.age < ages.ADULT


def of(db: Session, cipher: Cipher, person_id: int, staff: Staff, now: datetime) -> Story | None:
    """None when there is nobody, or the record was merged or forgotten. A look at a minor is noted (未保条例 34–37)."""
    person = db.get(Person, person_id)
    if person is None or person.merged_into is not None or person.erased_at is not None:
        return None
    age = ages.on(now.date(), person.birth_date) if person.birth_date else None
    if age is not None and age < ages.ADULT:
        writing(db)
        audit.note(db, f"people:{person_id}", "viewed")
        person = db.get_one(Person, person_id)
    followers = db.scalars(select(Follower).where(Follower.person_id == person_id)).all()
    mine = same(person_id)
    registered = select(Registration).where(Registration.person_id.in_(mine)).order_by(Registration.id.desc())
    guarded = select(Guardianship).where((Guardianship.minor_id == person_id) | (Guardianship.guardian_id == person_id))
    asked = select(Question).where(Question.openid.in_([follower.openid for follower in followers]))
    return Story(
        person=person,
        phone=people.phone_masked(cipher, person),
        age=age,
        volunteer=db.get(Volunteer, person_id),
        followers=followers,
        minutes=hours.total(db, person_id),
        registrations=db.scalars(
            registered.limit(LATEST).options(joinedload(Registration.shift).joinedload(Shift.activity))
        ).all(),
        entries=ledger.entries(db, person_id, limit=LATEST),
        points=points.balance(db, person_id),
        movements=points.history(db, person_id, limit=LATEST),
        stars=db.scalars(select(StarAward).where(StarAward.person_id == person_id).order_by(StarAward.star)).all(),
        certificates=db.scalars(
            select(Certificate).where(Certificate.person_id == person_id).order_by(Certificate.id.desc())
        ).all(),
        consents=people.consents(db, person_id),
        guardianships=db.scalars(guarded.order_by(Guardianship.id)).all(),
        teams=teams.of_person(db, person_id),
        suspensions=db.scalars(select(Suspension).where(Suspension.person_id == person_id)).all(),
        questions=[row for row in db.scalars(asked.order_by(Question.id.desc())) if sight.may_see(staff, row)],
        unsent=resending.unsent_to(db, [follower.openid for follower in followers], now),
        changes=list(reversed(auditing.history(db, f"people:{person_id}")))[:LATEST],
    )


def reveal_phone(db: Session, cipher: Cipher, person_id: int) -> str:
    """The whole number; that somebody asked is noted under their name before it is shown."""
    writing(db)
    audit.note(db, f"people:{person_id}", "phone revealed")
    person = db.get(Person, person_id)
    return cipher.decrypt(person.phone_encrypted) if person is not None and person.phone_encrypted else ""
