"""The audit log's chain: rows get their place and hash a little after they were written; reading and checking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.storage.audit import digest
from bot.storage.database import alone, writing
from bot.storage.models import AuditEntry

GENESIS = "0" * 64


@dataclass(frozen=True)
class Broken:
    """``entry_id``: the first row that does not fit the chain."""

    entry_id: int
    why: str


def seal(db: Session, limit: int = 500) -> int:
    """Chain rows not sealed yet, oldest first; returns how many. What is beyond ``limit`` waits for the next turn."""
    unsealed = select(AuditEntry).where(AuditEntry.hash.is_(None)).order_by(AuditEntry.id).limit(limit)
    if db.scalars(unsealed.limit(1)).first() is None:
        return 0
    writing(db)
    alone(db, "audit chain")
    last = db.scalars(
        select(AuditEntry).where(AuditEntry.sealed.is_not(None)).order_by(AuditEntry.sealed.desc()).limit(1)
    )
    before = last.one_or_none()
    number, previous = (before.sealed or 0, before.hash or GENESIS) if before else (0, GENESIS)
    rows = db.scalars(unsealed).all()
    for row in rows:
        number += 1
        row.sealed = number
        row.hash = previous = digest(previous, row)
    db.flush()
    return len(rows)


def check_chain(db: Session, newest: int | None = None) -> Broken | None:
    """None when every sealed row has the hash that follows from the one before, without a gap.

    ``newest``: only so many of the last rows, each held against the one before it.
    """
    number, previous = 0, GENESIS
    chain = select(AuditEntry).where(AuditEntry.sealed.is_not(None)).order_by(AuditEntry.sealed)
    last = db.scalar(select(func.max(AuditEntry.sealed))) or 0
    if newest is not None and last > newest:
        number = last - newest
        chain = chain.where(AuditEntry.sealed > number)
        previous = db.scalar(select(AuditEntry.hash).where(AuditEntry.sealed == number)) or ""
    for row in db.scalars(chain.execution_options(yield_per=1000)):
        number += 1
        if row.sealed != number:
            return Broken(row.id, f"number {row.sealed} where {number} should be: a row is missing")
        if row.hash != digest(previous, row):
            return Broken(row.id, "the hash does not fit: this row or one before it was changed")
        previous = row.hash or ""
    return None


def history(db: Session, subject: str) -> Sequence[AuditEntry]:
    """Everything that happened to one row (``registrations:55``), oldest first."""
    return db.scalars(select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)).all()
