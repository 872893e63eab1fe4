"""What a certificate states, taken from the ledger at one moment: the seven fields of 67号令 第7条 for each entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot.services.identities import same
from bot.services.refusals.certificates import NameMissing, NothingToCertify
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.models import Activity, LedgerEntry, ManualEntry, Person, Shift

KINDS = ("credit", "honour", "import")
"""By check-in and check-out; entered by two people; from 志愿汇. Printed apart."""


@dataclass(frozen=True)
class Scope:
    """What is asked for: all; the days from ``first`` to ``last``; or one activity."""

    first: date | None = None
    last: date | None = None
    activity_id: int | None = None


@dataclass(frozen=True)
class Line:
    """One entry. ``served_on`` is an ISO date; ``organiser`` the 记录单位; empty: the record does not say."""

    entry_id: int
    title: str
    served_on: str
    place: str
    content: str
    minutes: int
    organiser: str
    leader: str
    kind: str


@dataclass(frozen=True)
class Snapshot:
    """``identity`` is masked, or empty; ``first``, ``last`` (ISO): the period. ``number``: empty in a draft."""

    name: str
    identity: str
    issuer: str
    first: str
    last: str
    minutes: int
    lines: tuple[Line, ...]
    issued_on: str
    number: str = ""

    def of_kind(self, kind: str) -> int:
        """Minutes recorded in one way."""
        return sum(line.minutes for line in self.lines if line.kind == kind)

    def canonical(self) -> str:
        """One form for one content: what is hashed."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def sha256(self) -> str:
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def texts(self) -> str:
        """All that is printed and not the program's own words: a font must have every character of it."""
        lines = (
            text for line in self.lines for text in (line.title, line.place, line.content, line.organiser, line.leader)
        )
        return "".join((self.name, self.issuer, *lines))

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """ValueError, TypeError or KeyError for what is none."""
        kept: dict[str, Any] = json.loads(text)
        return cls(**{**kept, "lines": tuple(Line(**line) for line in kept["lines"])})


def take(
    db: Session,
    cipher: Cipher,
    person_id: int,
    scope: Scope,
    now: datetime,
    *,
    issuer: str,
    zone: ZoneInfo,
    with_identity: bool = True,
) -> Snapshot:
    """Live entries only: no reversal, nothing that was reversed. NothingToCertify when there are none."""
    person = db.get(Person, person_id)
    if person is None or not person.name:
        raise NameMissing
    lines = tuple(_line(issuer, *row) for row in db.execute(_live(person_id, scope)))
    if not lines:
        raise NothingToCertify
    today = now.astimezone(zone).date().isoformat()
    days = [line.served_on for line in lines]
    return Snapshot(
        name=person.name,
        identity=identity_masked(cipher, person) if with_identity else "",
        issuer=issuer,
        first=scope.first.isoformat() if scope.first else days[0],
        last=min(scope.last.isoformat(), today) if scope.last else (today if scope.activity_id is None else days[-1]),
        minutes=sum(line.minutes for line in lines),
        lines=lines,
        issued_on=today,
    )


def _live(person_id: int, scope: Scope) -> Any:
    reversal = aliased(LedgerEntry)
    wanted = (
        select(LedgerEntry, Shift, Activity)
        .outerjoin(Shift, LedgerEntry.shift_id == Shift.id)
        .outerjoin(ManualEntry, ManualEntry.entry_id == LedgerEntry.id)
        .outerjoin(Activity, Activity.id == func.coalesce(Shift.activity_id, ManualEntry.activity_id))
        .outerjoin(reversal, reversal.reverses_id == LedgerEntry.id)
        .where(LedgerEntry.person_id.in_(same(person_id)), LedgerEntry.reverses_id.is_(None))
        .where(reversal.id.is_(None), LedgerEntry.minutes > 0)
    )
    if scope.first is not None:
        wanted = wanted.where(LedgerEntry.effective_on >= scope.first)
    if scope.last is not None:
        wanted = wanted.where(LedgerEntry.effective_on <= scope.last)
    if scope.activity_id is not None:
        wanted = wanted.where(Activity.id == scope.activity_id)
    return wanted.order_by(LedgerEntry.effective_on, LedgerEntry.id)


def _line(issuer: str, entry: LedgerEntry, shift: Shift | None, activity: Activity | None) -> Line:
    """Who recorded it is always said (第15条): where the record names nobody it was 志愿汇, or whoever issues this."""

    def told(name: str) -> str:
        return str((entry.detail or {}).get(name) or "")

    return Line(
        entry_id=entry.id,
        title=entry.title or (activity.title if activity else ""),
        served_on=entry.effective_on.isoformat(),
        place=activity.place if activity else told("place"),
        content=activity.content if activity else told("content"),
        minutes=entry.minutes,
        organiser=(activity.organiser if activity else told("organiser"))
        or ("志愿汇" if entry.kind == "import" else issuer),
        leader=activity.leader if activity else told("leader"),
        kind=entry.kind,
    )


def activities_served(db: Session, person_id: int) -> Sequence[tuple[int, str, str, date, int]]:
    """(id, code, title, last day, minutes) of each activity with live entries, the latest first."""
    found: dict[int, tuple[int, str, str, date, int]] = {}
    for entry, _, activity in db.execute(_live(person_id, Scope())):
        if activity is not None:
            before = found.get(activity.id, (0, "", "", entry.effective_on, 0))[4]
            found[activity.id] = (
                activity.id,
                activity.code,
                activity.title,
                entry.effective_on,
                before + entry.minutes,
            )
    return sorted(found.values(), key=lambda one: (one[3], one[0]), reverse=True)


def identity_masked(cipher: Cipher, person: Person) -> str:
    """330***********1234: the first three and the last four; of a short number the first and the last three."""
    if not person.id_encrypted:
        return ""
    try:
        number = cipher.decrypt(person.id_encrypted)
    except Undecipherable:
        return ""
    front, back = (3, 4) if len(number) >= 15 else (1, 3)
    if len(number) < front + back + 2:
        return ""
    return number[:front] + "*" * (len(number) - front - back) + number[-back:]
