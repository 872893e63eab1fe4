"""Guardians and the minors they answer for."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.models import Guardianship, Person


def has_consent(db: Session, minor_id: int) -> bool:
    """Whether a guardian's consent is in force."""
    active = select(Guardianship.id).where(Guardianship.minor_id == minor_id, Guardianship.state == "active")
    return db.scalars(active.limit(1)).first() is not None


def children_of(db: Session, guardian_id: int) -> list[Person]:
    """The minors for whom this person's consent is in force."""
    minors = select(Person).join(Guardianship, Guardianship.minor_id == Person.id)
    active = minors.where(Guardianship.guardian_id == guardian_id, Guardianship.state == "active")
    return list(db.scalars(active.order_by(Person.id)))
