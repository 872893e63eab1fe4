"""Minutes and how they are shown: the sum of a person's ledger, in hours with one decimal, rounded down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services.identities import same
from bot.storage.models import LedgerEntry


@dataclass(frozen=True)
class Minutes:
    """Of one person: ``credit`` by check-in and check-out, ``honour`` entered by two people, ``imported``."""

    credit: int = 0
    honour: int = 0
    imported: int = 0

    @property
    def total(self) -> int:
        return self.credit + self.honour + self.imported


def shown(minutes: int) -> str:
    """150 → 2.5, 138 → 2.3, 4 → 0.0: tenths of hours, always down (-6 → -0.1: a reversal takes what it gave)."""
    tenths = minutes // 6 if minutes >= 0 else -(-minutes // 6)
    return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"


def total(db: Session, person_id: int, first: date | None = None, last: date | None = None) -> Minutes:
    """The sum of the person's entries, of those dated from ``first`` to ``last`` if given. Reads one index only."""
    wanted = select(LedgerEntry.kind, func.sum(LedgerEntry.minutes)).where(LedgerEntry.person_id.in_(same(person_id)))
    if first is not None:
        wanted = wanted.where(LedgerEntry.effective_on >= first)
    if last is not None:
        wanted = wanted.where(LedgerEntry.effective_on <= last)
    sums = {kind: int(minutes) for kind, minutes in db.execute(wanted.group_by(LedgerEntry.kind))}
    return Minutes(sums.get("credit", 0), sums.get("honour", 0), sums.get("import", 0))


def by_month(db: Session, person_id: int, year: int) -> tuple[int, ...]:
    """Minutes of each of the twelve months; one with more taken back than given is below zero."""
    wanted = select(LedgerEntry.effective_on, LedgerEntry.minutes).where(
        LedgerEntry.person_id.in_(same(person_id)),
        LedgerEntry.effective_on >= date(year, 1, 1),
        LedgerEntry.effective_on <= date(year, 12, 31),
    )
    months = [0] * 12
    for on, minutes in db.execute(wanted):
        months[on.month - 1] += minutes
    return tuple(months)


def first_year(db: Session, person_id: int) -> int | None:
    """The year of the oldest entry; None without any."""
    oldest = select(func.min(LedgerEntry.effective_on)).where(LedgerEntry.person_id.in_(same(person_id)))
    day = db.scalars(oldest).one()
    return day.year if day is not None else None
