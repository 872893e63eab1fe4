"""Numbers without gaps: a row for each year or day holds the last one given."""

from __future__ import annotations

from datetime import date

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.storage.database import locked
from bot.storage.models import CertificateNumber, QuestionNumber


def following(db: Session, shelf: type[CertificateNumber] | type[QuestionNumber], key: int | date) -> int:
    """Inside the transaction that uses it: who rolls back gives the number back, so none is missing."""
    row = locked(db, shelf, key)
    if row is None:
        insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(shelf)
        first = {shelf.__mapper__.primary_key[0].name: key, "last": 0}
        db.execute(insert.values(first).on_conflict_do_nothing())
        row = locked(db, shelf, key)
        assert row is not None
    row.last += 1
    db.flush()
    return row.last
