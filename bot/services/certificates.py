"""Certificates: issued free of charge from the ledger, numbered without gaps, verifiable by anybody (67号令 14–17)."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bot.language.masking import mask
from bot.services import actors, announcements, numbering
from bot.services.authority import DECIDES
from bot.services.identities import current, same
from bot.services.profiles import masked_name
from bot.services.refusals.certificates import CertificateRevoked, CertificateUnknown
from bot.services.rules import Rules
from bot.services.snapshots import Scope, Snapshot, take
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import locked, writing
from bot.storage.models import Certificate, CertificateEntry, CertificateNumber, Follower, LedgerEntry, Person, Staff

PREFIX = "ZM"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L
CODE_LENGTH = 8


@dataclass(frozen=True)
class Issued:
    """``code`` is the verify code as people read it: 7F3K-Q2MX."""

    id: int
    number: str
    code: str
    snapshot: Snapshot
    issued_at: datetime
    revoked_at: datetime | None = None
    seal_asked_at: datetime | None = None
    sealed_at: datetime | None = None


State = Literal["valid", "revoked", "disagrees", "damaged", "unknown"]


@dataclass(frozen=True)
class Status:
    """What anybody may learn from a code. The name is masked; ``reason`` of a revocation without names and numbers.

    ``disagrees``: 与台账不一致, an entry it counts was reversed. ``damaged``: our copy is not what was issued.
    """

    state: State
    number: str = ""
    name: str = ""
    issuer: str = ""
    first: date | None = None
    last: date | None = None
    minutes: int = 0
    times: int = 0
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""


def issue(
    db: Session,
    cipher: Cipher,
    person_id: int,
    scope: Scope,
    now: datetime,
    *,
    issuer: str,
    rules: Rules,
    with_identity: bool = True,
) -> Issued:
    """Refused by NothingToCertify or NameMissing. Snapshot, number and the entries counted are written together."""
    writing(db)
    person_id = current(db, person_id)
    locked(db, Person, person_id)
    draft = take(db, cipher, person_id, scope, now, issuer=issuer, zone=rules.timezone, with_identity=with_identity)
    year = now.astimezone(rules.timezone).year
    number = f"{PREFIX}-{year}-{numbering.following(db, CertificateNumber, year):06d}"
    snapshot = Snapshot(**{**vars(draft), "number": number})
    row = Certificate(
        number=number,
        person_id=person_id,
        verify_code=_new_code(db),
        first_on=date.fromisoformat(snapshot.first),
        last_on=date.fromisoformat(snapshot.last),
        minutes=snapshot.minutes,
        snapshot_encrypted=cipher.encrypt(snapshot.canonical()),
        sha256=snapshot.sha256(),
        issued_at=now,
    )
    db.add(row)
    db.flush()
    db.add_all(CertificateEntry(certificate_id=row.id, entry_id=line.entry_id) for line in snapshot.lines)
    db.flush()
    return _issued(row, snapshot)


def _new_code(db: Session) -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if db.scalars(select(Certificate.id).where(Certificate.verify_code == code)).first() is None:
            return code


def shown_code(code: str) -> str:
    """7F3KQ2MX → 7F3K-Q2MX."""
    return f"{code[:4]}-{code[4:]}"


def normal_code(typed: str) -> str:
    """As stored; full width, lower case, spaces and dashes are understood. Empty when it cannot be a code."""
    text = unicodedata.normalize("NFKC", typed[:64]).upper()
    text = "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Pd" and c not in "_.·−")
    return text if len(text) == CODE_LENGTH and all(c in ALPHABET for c in text) else ""


def status(db: Session, cipher: Cipher, typed: str) -> Status:
    """What the code proves now. Reads only; says nothing that is not on the paper."""
    code = normal_code(typed)
    row = db.scalars(select(Certificate).where(Certificate.verify_code == code)).one_or_none() if code else None
    if row is None:
        return Status("unknown")
    snapshot = opened(cipher, row)
    if snapshot is None or not _counts(db, row, snapshot):
        return Status("damaged", number=row.number)
    state: State = "revoked" if row.revoked_at else "disagrees" if _reversed(db, row.id) else "valid"
    return Status(
        state,
        number=row.number,
        name=masked_name(snapshot.name),
        issuer=snapshot.issuer,
        first=row.first_on,
        last=row.last_on,
        minutes=row.minutes,
        times=len(snapshot.lines),
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        reason=mask(row.revoked_reason.replace(snapshot.name, masked_name(snapshot.name))),
    )


def opened(cipher: Cipher, row: Certificate) -> Snapshot | None:
    """What was issued; None when the row was changed behind the program's back."""
    try:
        text = cipher.decrypt(row.snapshot_encrypted)
        snapshot = Snapshot.from_json(text)
    except (Undecipherable, ValueError, TypeError, KeyError):
        return None
    said = (snapshot.sha256(), snapshot.number, snapshot.minutes, snapshot.first, snapshot.last)
    kept = (row.sha256, row.number, row.minutes, row.first_on.isoformat(), row.last_on.isoformat())
    return snapshot if said == kept else None


def _counts(db: Session, row: Certificate, snapshot: Snapshot) -> bool:
    """Its entries are those of the snapshot, minute for minute: a ledger changed by hand shows."""
    entries = select(LedgerEntry.id, LedgerEntry.minutes).join(
        CertificateEntry, CertificateEntry.entry_id == LedgerEntry.id
    )
    found = {(id, minutes) for id, minutes in db.execute(entries.where(CertificateEntry.certificate_id == row.id))}
    return found == {(line.entry_id, line.minutes) for line in snapshot.lines}


def _reversed(db: Session, certificate_id: int) -> bool:
    reversal = aliased(LedgerEntry)
    included = select(reversal.id).join(CertificateEntry, CertificateEntry.entry_id == reversal.reverses_id)
    return db.scalars(included.where(CertificateEntry.certificate_id == certificate_id).limit(1)).first() is not None


def _issued(row: Certificate, snapshot: Snapshot) -> Issued:
    code, since = shown_code(row.verify_code), (row.issued_at, row.revoked_at, row.seal_asked_at, row.sealed_at)
    return Issued(row.id, row.number, code, snapshot, *since)


def mine(db: Session, cipher: Cipher, person_id: int) -> Sequence[Issued]:
    """Those of this person, the latest first; revoked ones too."""
    rows = db.scalars(
        select(Certificate).where(Certificate.person_id.in_(same(person_id))).order_by(Certificate.id.desc())
    )
    return [_issued(row, snapshot) for row in rows if (snapshot := opened(cipher, row)) is not None]


def get(db: Session, cipher: Cipher, certificate_id: int) -> Issued:
    """As issued; CertificateUnknown when there is none, or when its row was changed by hand."""
    row = db.get(Certificate, certificate_id)
    snapshot = opened(cipher, row) if row is not None else None
    if row is None or snapshot is None:
        raise CertificateUnknown
    return _issued(row, snapshot)


def numbered(db: Session, number: str) -> Certificate:
    """By its number as people type it: zm-2026-000123, ZM2026000123."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isdecimal() and c.isascii())
    wanted = f"{PREFIX}-{digits[:4]}-{digits[4:].zfill(6)}"
    row = db.scalars(select(Certificate).where(Certificate.number == wanted)).one_or_none()
    if row is None:
        raise CertificateUnknown(number.strip()[:32])
    return row


def revoke(db: Session, number: str, reason: str, actor: str, now: datetime) -> Certificate:
    """From now on the code says so, with the reason; the number is never given again. Whose it is gets told."""
    writing(db)
    actors.acting(db, actor)
    row = numbered(db, number)
    if row.revoked_at is None:
        row.revoked_reason, row.revoked_at = reason.strip()[:255], now
        db.flush()
        _tell(db, row, "certificates.revoked", now)
    return row


def ask_seal(db: Session, certificate_id: int, person_id: int, now: datetime) -> Certificate:
    """The holder wants the paper with the seal; whoever may put it there is told, once."""
    writing(db)
    row = db.get(Certificate, certificate_id)
    if row is None or current(db, row.person_id) != current(db, person_id):
        raise CertificateUnknown
    if row.revoked_at is not None:
        raise CertificateRevoked(row.number, row.revoked_reason)
    if row.seal_asked_at is None:
        row.seal_asked_at = now
        db.flush()
        for openid in db.scalars(
            select(Staff.openid).where(Staff.openid.is_not(None), Staff.role.in_(DECIDES["seal"]))
        ):
            announcements.notify(
                db, str(openid), "certificates.seal_asked", f"{row.id}:{openid}", now, certificate_id=row.id
            )
    return row


def seals_asked(db: Session) -> list[Certificate]:
    """Whose paper waits for its seal, who asked first first."""
    waits = (Certificate.seal_asked_at.is_not(None), Certificate.sealed_at.is_(None), Certificate.revoked_at.is_(None))
    return list(db.scalars(select(Certificate).where(*waits).order_by(Certificate.seal_asked_at, Certificate.id)))


def sealed(db: Session, number: str, actor: str, now: datetime) -> Certificate:
    """The paper lies ready with its seal; the holder is told to fetch it."""
    writing(db)
    actors.acting(db, actor)
    row = numbered(db, number)
    if row.revoked_at is not None:
        raise CertificateRevoked(row.number, row.revoked_reason)
    if row.sealed_at is None:
        row.sealed_at = now
        row.seal_asked_at = row.seal_asked_at or now
        db.flush()
        _tell(db, row, "certificates.sealed", now)
    return row


def _tell(db: Session, row: Certificate, notice: str, now: datetime) -> None:
    theirs = select(Follower.openid).where(Follower.person_id == current(db, row.person_id), Follower.followed)
    for openid in db.scalars(theirs):
        announcements.notify(db, openid, notice, f"{row.id}:{openid}", now, certificate_id=row.id)
