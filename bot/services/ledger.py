"""The ledger of hours: entries are added, never changed; a mistake is taken back and entered anew, by two people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from bot.services import actors, crediting, points
from bot.services.crediting import Stretch
from bot.services.identities import current, same
from bot.services.refusals.hours import AlreadyReversed, EntryUnknown, HoursImpossible, NotVolunteering, TwoPeopleNeeded
from bot.services.rules import USUAL, Rules, in_force
from bot.storage.database import locked, writing
from bot.storage.models import Activity, AttendanceEvent, LedgerEntry, Person, Registration, Shift

COUNTS = "volunteer"
"""The only kind of activity whose minutes are recorded."""


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """``kind``: credit (then ``registration_id``), or honour (``entered_by`` and ``approved_by`` are two people)."""

    person_id: int
    kind: str
    minutes: int
    effective_on: date
    title: str
    entered_by: str
    approved_by: str = ""
    reason: str = ""
    detail: dict[str, Any]
    shift_id: int | None = None
    registration_id: int | None = None
    source: str | None = None
    external_id: str | None = None


def add(db: Session, new: NewEntry, now: datetime, rules: Rules = USUAL) -> LedgerEntry:
    """The only writer of single entries; with the same source and external id it is the entry that is there.

    Raises NotVolunteering, TwoPeopleNeeded, HoursImpossible.
    """
    writing(db)
    person_id = current(db, new.person_id)
    locked(db, Person, person_id)
    if new.external_id is not None and (known := _known(db, new.source, new.external_id)):
        return known
    if new.minutes < 0 or (new.kind == "credit" and not _was_there(db, new.registration_id)):
        raise HoursImpossible("minutes")
    if new.kind == "honour" and (not new.approved_by or actors.is_same_human(db, new.entered_by, new.approved_by)):
        raise TwoPeopleNeeded
    if new.shift_id is not None and (kind := _kind(db, new.shift_id)) != COUNTS:
        raise NotVolunteering(kind)
    since = in_force(rules.volunteering.hours, new.effective_on).since
    values = {**vars(new), "person_id": person_id, "title": new.title[:64], "reason": new.reason[:255]}
    entry = LedgerEntry(**values, rule_since=since, created_at=now)
    db.add(entry)
    db.flush()
    points.issue(db, person_id, now, rules)
    return entry


def reverse(
    db: Session, entry_id: int, actor: str, approved_by: str, reason: str, now: datetime, rules: Rules = USUAL
) -> LedgerEntry:
    """Takes an entry back by its negative twin, dated alike; points issued for it go back too.

    Raises EntryUnknown (also for a reversal), AlreadyReversed, TwoPeopleNeeded.
    """
    writing(db)
    entry = db.get(LedgerEntry, entry_id)
    if entry is None or entry.reverses_id is not None:
        raise EntryUnknown
    person_id = current(db, entry.person_id)
    locked(db, Person, person_id)
    if db.scalars(select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry_id)).first() is not None:
        raise AlreadyReversed
    if not approved_by or actors.is_same_human(db, actor, approved_by):
        raise TwoPeopleNeeded
    twin = LedgerEntry(
        person_id=entry.person_id, shift_id=entry.shift_id, registration_id=entry.registration_id, kind=entry.kind,
        minutes=-entry.minutes, effective_on=entry.effective_on, title=entry.title, reason=reason[:255],
        detail={"reverses": entry.id}, rule_since=entry.rule_since, entered_by=actor, approved_by=approved_by,
        reverses_id=entry.id, created_at=now,
    )  # fmt: skip
    db.add(twin)
    db.flush()
    points.issue(db, person_id, now, rules)
    return twin


def correct(
    db: Session, entry_id: int, minutes: int, actor: str, approved_by: str, reason: str, now: datetime,
    rules: Rules = USUAL,
) -> LedgerEntry:  # fmt: skip
    """Reversal and a new entry of the right minutes: at most what was planned and no other shift has counted.

    Raises what `reverse` raises, HoursImpossible.
    """
    entry = db.get(LedgerEntry, entry_id)
    if entry is None:
        raise EntryUnknown
    most = left_to_record(db, entry)
    if minutes < 0 or (most is not None and minutes > most):
        raise HoursImpossible("planned", most or 0)
    reverse(db, entry_id, actor, approved_by, reason, now, rules)
    detail = {**entry.detail, "corrects": entry.id, "was": entry.minutes}
    if minutes > entry.minutes and entry.detail.get("planned"):
        detail["counted"] = [entry.detail["planned"]]  # nobody knows which minutes: none of them counts elsewhere
    new = NewEntry(
        person_id=entry.person_id, kind=entry.kind, minutes=minutes, effective_on=entry.effective_on, title=entry.title,
        entered_by=actor, approved_by=approved_by, reason=reason, detail=detail, shift_id=entry.shift_id,
        registration_id=entry.registration_id, source="corrected", external_id=f"corrects:{entry.id}",
    )  # fmt: skip
    return add(db, new, now, rules)


def planned_minutes(db: Session, shift_id: int | None) -> int | None:
    """Most minutes of a shift; None without one."""
    shift = db.get(Shift, shift_id) if shift_id is not None else None
    if shift is None:
        return None
    whole = (max(shift.ended_at or shift.ends_at, shift.ends_at) - shift.starts_at) // timedelta(minutes=1)
    whole = max(0, whole - shift.break_minutes)
    return whole if shift.cap_minutes is None else min(whole, shift.cap_minutes)


def left_to_record(db: Session, entry: LedgerEntry) -> int | None:
    """Most minutes an entry may be corrected to: its shift's, without other entries for it and without what was given
    elsewhere meanwhile."""
    shift = db.get(Shift, entry.shift_id) if entry.shift_id is not None else None
    if shift is None:
        return None
    window = [(shift.starts_at, max(shift.ended_at or shift.ends_at, shift.ends_at))]
    elsewhere = crediting.shared(window, credited(db, entry.person_id, shift))
    others = on_shift(db, entry.person_id, shift.id) - entry.minutes
    return max(0, (planned_minutes(db, shift.id) or 0) - others + elsewhere // -timedelta(minutes=1))


def on_shift(db: Session, person_id: int, shift_id: int) -> int:
    """Minutes this person has of one shift already, however they were recorded."""
    own = select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).where(
        LedgerEntry.shift_id == shift_id, LedgerEntry.person_id.in_(same(person_id))
    )
    return int(db.scalars(own).one())


def is_live() -> ColumnElement[bool]:
    """Condition: neither a reversal nor taken back.

    Written so that SQLite, which has no statistics, does not look for a person's rows by "reverses nothing": that is
    nearly every row there is.
    """
    taken_back = aliased(LedgerEntry)
    return (func.coalesce(LedgerEntry.reverses_id, 0) == 0) & ~exists().where(taken_back.reverses_id == LedgerEntry.id)


def entries(db: Session, person_id: int, *, limit: int, offset: int = 0) -> Sequence[LedgerEntry]:
    """What counts, newest service first."""
    own = select(LedgerEntry).where(LedgerEntry.person_id.in_(same(person_id)), is_live())
    newest = own.order_by(LedgerEntry.effective_on.desc(), LedgerEntry.id.desc())
    return db.scalars(newest.limit(limit).offset(offset)).all()


def of_activity(db: Session, person_id: int, code: str) -> LedgerEntry | None:
    """The latest live entry of this person for the activity with this code."""
    own = (
        select(LedgerEntry)
        .join(Shift, LedgerEntry.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(LedgerEntry.person_id.in_(same(person_id)), Activity.code == code.upper(), is_live())
        .order_by(LedgerEntry.effective_on.desc(), LedgerEntry.id.desc())
    )
    return db.scalars(own.limit(1)).first()


def credited(db: Session, person_id: int, near: Shift) -> list[Stretch]:
    """Time recorded for this person elsewhere around ``near``, by whatever way, so that no minute counts twice."""
    around = (near.starts_at.date() - timedelta(days=1), near.ends_at.date() + timedelta(days=1))
    own = select(LedgerEntry.detail).where(
        LedgerEntry.person_id.in_(same(person_id)), is_live(),
        LedgerEntry.effective_on.between(*around), LedgerEntry.shift_id.is_distinct_from(near.id),
    )  # fmt: skip
    read = datetime.fromisoformat
    found: list[Stretch] = []
    for detail in db.scalars(own):
        whole = [[detail["in"], detail["out"]]] if detail.get("in") and detail.get("out") else []
        found += [(read(begins), read(ends)) for begins, ends in detail.get("counted") or whole]
    return sorted(found)


def registration_entry(db: Session, registration_id: int) -> LedgerEntry | None:
    own = select(LedgerEntry).where(LedgerEntry.registration_id == registration_id, is_live())
    return db.scalars(own.order_by(LedgerEntry.id.desc()).limit(1)).first()


def registration_of(db: Session, entry: LedgerEntry) -> Registration | None:
    return db.get(Registration, entry.registration_id) if entry.registration_id is not None else None


def _was_there(db: Session, registration_id: int | None) -> bool:
    """Every credited minute points to presence."""
    accepted = select(AttendanceEvent.id).where(
        AttendanceEvent.registration_id == registration_id, AttendanceEvent.verdict == "accepted"
    )
    return registration_id is not None and db.scalars(accepted.limit(1)).first() is not None


def _known(db: Session, source: str | None, external_id: str) -> LedgerEntry | None:
    known = select(LedgerEntry).where(LedgerEntry.source == source, LedgerEntry.external_id == external_id)
    return db.scalars(known).one_or_none()


def _kind(db: Session, shift_id: int) -> str:
    kind = select(Activity.kind).join(Shift, Shift.activity_id == Activity.id).where(Shift.id == shift_id)
    return db.scalars(kind).one()
