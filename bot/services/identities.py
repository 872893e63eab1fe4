"""One human being, several records: rows that are never changed still point to a record merged into another."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot.storage.models import Person


def same(person_id: int) -> Select[int]:
    """The ids of all records that are this person, for ``….in_(same(id))``."""
    return select(Person.id).where(or_(Person.id == person_id, Person.merged_into == person_id))


def current(db: Session, person_id: int) -> int:
    """The record in use: itself, or the one it was merged into. A merge moves what was merged before along."""
    merged = db.scalars(select(Person.merged_into).where(Person.id == person_id)).one_or_none()
    return merged if merged is not None else person_id


def owners(db: Session, person_ids: Sequence[int]) -> dict[int, int]:
    """Every record of these persons → the one in use, which ``person_ids`` are."""
    records = select(Person.id, Person.merged_into).where(
        or_(Person.id.in_(person_ids), Person.merged_into.in_(person_ids))
    )
    return {id: id if merged_into is None else merged_into for id, merged_into in db.execute(records)}
