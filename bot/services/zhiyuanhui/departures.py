"""To 志愿汇: the same four tables, of people who are there already or agreed to it; they add up to our ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.services.zhiyuanhui.tables import COLUMNS
from bot.storage.crypto import Cipher
from bot.storage.models import Consent, LedgerEntry, Person, Team, Volunteer

ID_WORDS = {
    "id_card": "身份证", "passport": "护照", "hk_macau": "港澳居民来往内地通行证", "taiwan": "台湾居民来往大陆通行证",
    "residence": "港澳台居民居住证",
}  # fmt: skip
PURPOSE = "zhiyuanhui"
PAGE = 2000


@dataclass(frozen=True)
class Written:
    """Rows of each table and minutes written. ``left_out``: who neither came from there nor agreed (PIPL 23)."""

    rows: dict[str, int]
    minutes: int
    left_out: int


def write_out(db: Session, cipher: Cipher, folder: Path, zone: ZoneInfo) -> Written:
    """Four files in ``folder`` with whole identity and phone numbers: for 志愿汇 alone, to be deleted afterwards."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    counts = {
        "department": _write(folder, "department", _teams(db)),
        "volunteer": _write(folder, "volunteer", _people(db, cipher)),
        "duration": _write(folder, "duration", _hours(db, cipher, zone, history=False)),
        "hisduration": _write(folder, "hisduration", _hours(db, cipher, zone, history=True)),
    }
    there = select(func.sum(LedgerEntry.minutes)).where(LedgerEntry.person_id.in_(_shared_records()), *_standing())
    registered = select(func.count()).select_from(Volunteer).where(Volunteer.state == "registered")
    return Written(counts, int(db.scalars(there).one() or 0), db.scalars(registered).one() - counts["volunteer"])


def _shared() -> Select[int]:
    agreed = exists().where(
        Consent.person_id == Volunteer.person_id, Consent.purpose == PURPOSE, Consent.withdrawn_at.is_(None)
    )
    is_known = (Person.id == Volunteer.person_id, Person.id_hash.is_not(None), Person.erased_at.is_(None))
    with_number = exists().where(*is_known)
    return select(Volunteer.person_id).where(
        Volunteer.state == "registered", with_number, or_(Volunteer.vcode.is_not(None), agreed)
    )


def _shared_records() -> Select[int]:
    """Of those people all records, also the ones merged into them: old rows still point there."""
    shared = _shared().scalar_subquery()
    return select(Person.id).where(or_(Person.id.in_(shared), Person.merged_into.in_(shared)))


def _standing() -> tuple[Any, ...]:
    """Entries that were not taken back, without those that take back."""
    reversal = aliased(LedgerEntry)
    return (LedgerEntry.reverses_id.is_(None), ~exists().where(reversal.reverses_id == LedgerEntry.id))


def _teams(db: Session) -> Iterator[list[str]]:
    codes = {id: department or code for id, department, code in db.execute(select(Team.id, Team.department, Team.code))}
    for team in db.scalars(select(Team).where(Team.closed_at.is_(None)).order_by(Team.id)):
        yield [codes[team.id], team.name, codes.get(team.parent_id or 0, ""), team.contact]


def _people(db: Session, cipher: Cipher) -> Iterator[list[str]]:
    def opened(sealed: bytes | None) -> str:
        return cipher.decrypt(sealed) if sealed else ""

    found = select(Person, Volunteer).join(Volunteer, Volunteer.person_id == Person.id)
    for person, standing in _paged(db, found.where(Person.id.in_(_shared())), Person.id):
        yield [
            standing.vcode or "", person.name, ID_WORDS.get(person.id_type, ""), opened(person.id_encrypted),
            opened(person.phone_encrypted), opened(standing.email_encrypted), standing.education, standing.job,
            standing.political, opened(standing.address_encrypted),
        ]  # fmt: skip


def _hours(db: Session, cipher: Cipher, zone: ZoneInfo, *, history: bool) -> Iterator[list[str]]:
    """Entries with check-in and check-out belong to duration, all others to hisduration."""
    owner = aliased(Person)
    record = aliased(Person)
    found = (
        select(LedgerEntry, owner)
        .join(record, record.id == LedgerEntry.person_id)
        .join(owner, owner.id == func.coalesce(record.merged_into, record.id))
        .where(LedgerEntry.person_id.in_(_shared_records()), *_standing())
    )
    for entry, person in _paged(db, found, LedgerEntry.id):
        begins, ends = entry.detail.get("in"), entry.detail.get("out")
        is_history = not (begins and ends) or entry.kind == "honour"
        if is_history != history:
            continue
        number = cipher.decrypt(person.id_encrypted) if person.id_encrypted else ""
        row = [person.name, number, entry.title, entry.detail.get("place", ""), value(entry.minutes)]
        times = [_local(begins, zone) or f"{entry.effective_on:%Y-%m-%d}"]
        yield [*row, *times, *([] if history else [_local(ends, zone)])]


def value(minutes: int) -> str:
    """Hours with one decimal, or with as many as it takes to be read back to the minute: 60 → 1.0, 149 → 2.4833."""
    return f"{minutes / 60:.1f}" if minutes % 6 == 0 else f"{minutes / 60:.4f}"


def _local(stored: str | None, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(stored).astimezone(zone):%Y-%m-%d %H:%M:%S}" if stored else ""


def _paged(db: Session, found: Any, key: Any) -> Iterator[Any]:
    """In pages by ``key``: memory does not grow with the county."""
    last = 0
    while page := db.execute(found.where(key > last).order_by(key).limit(PAGE)).all():
        yield from page
        last = page[-1][0].id
        db.expunge_all()


def _write(folder: Path, table: str, rows: Iterable[Sequence[str]]) -> int:
    path = folder / f"{table}.csv"
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS[table].values())
        number = 0
        for row in rows:
            writer.writerow(row)
            number += 1
    return number
