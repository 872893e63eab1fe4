"""What must hold for certificates: numbers without gaps, snapshots as issued, totals of the ledger (INV 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import certificates
from bot.services.breaches import Breach
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.models import Certificate, CertificateEntry, CertificateNumber, Document, LedgerEntry


def _numbers(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    given: dict[int, set[int]] = {}
    for number in db.scalars(select(Certificate.number)):
        _, of_year, count = number.split("-")
        given.setdefault(int(of_year), set()).add(int(count))
    last = {row.year: row.last for row in db.scalars(select(CertificateNumber))}
    for year in sorted(given.keys() | last.keys()):
        highest = last.get(year, 0)
        odd = set(range(1, highest + 1)) ^ given.get(year, set())
        if odd:
            yield Breach("certificate_number", f"numbers of {year} do not run 1 to {highest}", tuple(sorted(odd)[:5]))


def _snapshots(db: Session, cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    sums = (
        select(CertificateEntry.certificate_id, func.sum(LedgerEntry.minutes))
        .join(LedgerEntry, CertificateEntry.entry_id == LedgerEntry.id)
        .group_by(CertificateEntry.certificate_id)
    )
    counted = {id: int(minutes) for id, minutes in db.execute(sums)}
    for row in db.scalars(select(Certificate).order_by(Certificate.id)):
        snapshot = certificates.opened(cipher, row)
        if snapshot is None:
            yield Breach("certificate_changed", f"{row.number} is not what was issued", (row.id,))
        elif counted.get(row.id) != row.minutes or sum(line.minutes for line in snapshot.lines) != row.minutes:
            yield Breach("certificate_total", f"{row.number} does not count what its entries say", (row.id,))


def _reasons(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    silent = select(Certificate.id).where(Certificate.revoked_at.is_not(None), Certificate.revoked_reason == "")
    for id in db.scalars(silent):
        yield Breach("certificate_reason", "revoked without a reason", (id,))


def _documents(db: Session, cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for id, content in db.execute(select(Document.id, Document.content_encrypted)):
        try:
            cipher.decrypt_bytes(content)
        except Undecipherable:
            yield Breach("document_unreadable", "its content cannot be opened with this security.key", (id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _numbers,
    _snapshots,
    _reasons,
    _documents,
)
