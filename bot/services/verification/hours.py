"""Invariants of hours, presence and the audit log, checked row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot.services import actors, auditing, ledger
from bot.services.breaches import Breach
from bot.storage.crypto import Cipher
from bot.storage.models import (
    Activity,
    AttendanceEvent,
    Guardianship,
    LedgerEntry,
    ManualEntry,
    Person,
    Registration,
    Shift,
    Volunteer,
)

Rule = Callable[[Session, Cipher, datetime | None], Iterator[Breach]]
VERDICTS = {
    "accepted", "repeated", "not_listed", "outside_window", "too_far", "wrong_code", "needs_person", "refused",
}  # fmt: skip


def _entries(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Every minute points to presence, or to two people (INV 11); only volunteering counts (INV 12)."""
    live = select(LedgerEntry).where(LedgerEntry.reverses_id.is_(None))
    without = live.where(LedgerEntry.kind == "credit", LedgerEntry.registration_id.is_(None))
    for entry in db.scalars(without):
        yield Breach("credit_unfounded", "credited without a registration", (entry.id,))
    there = select(AttendanceEvent.id).where(
        AttendanceEvent.registration_id == LedgerEntry.registration_id, AttendanceEvent.verdict == "accepted"
    )
    for entry_id in db.scalars(
        select(LedgerEntry.id).where(
            LedgerEntry.kind == "credit", ledger.is_live(), LedgerEntry.shift_id.is_not(None), ~there.exists()
        )
    ):
        yield Breach("credit_without_presence", "credited, but nobody recorded that they were there", (entry_id,))
    for entry in db.scalars(live.where(LedgerEntry.kind == "honour").execution_options(yield_per=500)):
        if not entry.approved_by or actors.is_same_human(db, entry.entered_by, entry.approved_by):
            yield Breach("honour_alone", "entered and approved by one person", (entry.id,))
    other = (
        select(LedgerEntry.id, Activity.kind)
        .join(Shift, LedgerEntry.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Activity.kind != ledger.COUNTS, LedgerEntry.minutes > 0, ledger.is_live())
    )
    for entry_id, kind in db.execute(other):
        yield Breach("not_volunteering", f"minutes for {kind}", (entry_id,))


def _reversals(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    original = aliased(LedgerEntry)
    pairs = select(LedgerEntry, original).join(original, LedgerEntry.reverses_id == original.id)
    for twin, entry in db.execute(pairs):
        if twin.minutes != -entry.minutes or twin.person_id != entry.person_id or entry.reverses_id is not None:
            yield Breach("reversal_odd", "does not take back exactly what it names", (twin.id, entry.id))


def _counted_twice(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """INV 07: no two live credits of one person add up to more than the time they span together."""
    record = aliased(Person)
    owner = func.coalesce(record.merged_into, record.id)
    rows = (
        select(owner, LedgerEntry.id, LedgerEntry.minutes, LedgerEntry.detail)
        .join(record, record.id == LedgerEntry.person_id)
        .where(LedgerEntry.kind == "credit", ledger.is_live())
        .order_by(owner, LedgerEntry.effective_on, LedgerEntry.id)
    )
    by_person: tuple[int, list[tuple[datetime, datetime, int, int]]] = (0, [])
    for person_id, entry_id, minutes, detail in db.execute(rows.execution_options(yield_per=1000)):
        if person_id != by_person[0]:
            yield from _twice(by_person[1])
            by_person = (person_id, [])
        planned = detail.get("planned")
        if planned and all(planned):
            begins, ends = map(datetime.fromisoformat, planned)
            by_person[1].append((begins, ends, minutes, entry_id))
    yield from _twice(by_person[1])


def _over_plan(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Nobody has more minutes of a shift than it was planned for, by check-in and by hand together."""
    record = aliased(Person)
    owner = func.coalesce(record.merged_into, record.id)
    sums = (
        select(owner, LedgerEntry.shift_id, func.sum(LedgerEntry.minutes))
        .join(record, record.id == LedgerEntry.person_id)
        .where(LedgerEntry.shift_id.is_not(None))
        .group_by(owner, LedgerEntry.shift_id)
    )
    planned: dict[int, int] = {}
    for person_id, shift_id, minutes in db.execute(sums):
        assert shift_id is not None  # so it was asked
        if shift_id not in planned:
            planned[shift_id] = ledger.planned_minutes(db, shift_id) or 0
        if minutes > planned[shift_id]:
            yield Breach("over_plan", f"{minutes} minutes of {planned[shift_id]}", (person_id, shift_id))


def _twice(credits: list[tuple[datetime, datetime, int, int]]) -> Iterator[Breach]:
    for (begins, ends, minutes, first), (later, until, more, second) in pairwise(sorted(credits)):
        span = (max(ends, until) - begins).total_seconds() / 60
        if later < ends and minutes + more > span + 1:
            yield Breach("counted_twice", "two credits for the same time", (first, second))


def _completed(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Every completed registration of volunteering has its entry; nobody is settled silently to nothing."""
    entry = select(LedgerEntry.id).where(LedgerEntry.registration_id == Registration.id).exists()
    without = (
        select(Registration.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.state == "completed", Activity.kind == ledger.COUNTS, ~entry)
    )
    for row_id in db.scalars(without):
        yield Breach("completed_unrecorded", "completed, but no entry of the ledger", (row_id,))


def _manual(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    odd = select(ManualEntry).where((ManualEntry.state == "approved") != ManualEntry.entry_id.is_not(None))
    for entry in db.scalars(odd):
        yield Breach("manual_entry", f"{entry.state}, ledger entry {entry.entry_id}", (entry.id,))


def _events(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for event in db.scalars(select(AttendanceEvent).where(AttendanceEvent.verdict.not_in(VERDICTS))):
        yield Breach("event_verdict", f"unknown verdict {event.verdict!r}", (event.id,))


def _people(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """A registered volunteer has a number; an active guardian is another human being; nothing of the erased is left."""
    for person_id in db.scalars(
        select(Volunteer.person_id).where(Volunteer.state == "registered", Volunteer.number.is_(None))
    ):
        yield Breach("volunteer_unnumbered", "registered without a number", (person_id,))
    alone = select(Guardianship.id).where(
        Guardianship.state == "active",
        Guardianship.guardian_id.is_(None) | (Guardianship.guardian_id == Guardianship.minor_id),
    )
    for link_id in db.scalars(alone):
        yield Breach("guardian_unfit", "active without a guardian of their own", (link_id,))
    something = (Person.name != "") | Person.phone_hash.is_not(None) | Person.id_hash.is_not(None)
    something |= Person.birth_date.is_not(None)
    for person_id in db.scalars(select(Person.id).where(Person.erased_at.is_not(None), something)):
        yield Breach("erased_but_known", "erased, and something personal is there", (person_id,))


def _audit(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    broken = auditing.check_chain(db)
    if broken is not None:
        yield Breach("audit_chain", broken.why, (broken.entry_id,))


RULES: tuple[Rule, ...] = (
    _entries, _reversals, _counted_twice, _over_plan, _completed, _manual, _events, _people, _audit,
)  # fmt: skip
