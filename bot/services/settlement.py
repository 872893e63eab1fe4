"""Settling a shift: presence becomes entries of the ledger, and nobody who was there is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from bot.services import actors, audience, ledger, presence, seats, working_days
from bot.services.announcements import notify
from bot.services.crediting import Credit, Plan, credit
from bot.services.identities import current
from bot.services.ledger import NewEntry
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.hours import NotOver
from bot.services.rules import USUAL, Rules, in_force
from bot.storage.database import locked, writing
from bot.storage.models import Activity, AttendanceEvent, Person, Registration, Shift

OPEN = ("confirmed", "checked_in", "unclosed")
"""Present or expected, and nobody has said yet when they left or whether they came."""


@dataclass(frozen=True)
class Settlement:
    """``credited``: registrations that now have an entry. ``pending``: those that wait for a word about presence."""

    credited: tuple[int, ...]
    pending: tuple[int, ...]

    @property
    def is_complete(self) -> bool:
        return not self.pending


@dataclass(frozen=True)
class Due:
    """A shift whose hours are not recorded yet, and the last day for it (67号令 第11条)."""

    shift: Shift
    last_day: date
    stage: Literal["warning", "breach"]


def settle(db: Session, shift_id: int, actor: str, now: datetime, rules: Rules = USUAL) -> Settlement:
    """An entry for everybody who left; who did not check out waits for the leader's word. Again changes nothing.

    Whether ``actor`` may is the caller's to know. Raises ShiftUnknown, NotOver.
    """
    writing(db)
    people = select(Registration.person_id).where(Registration.shift_id == shift_id)
    for person_id in sorted({current(db, person_id) for person_id in db.scalars(people)}):
        locked(db, Person, person_id)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    over = shift.ended_at or shift.ends_at
    if now < over:
        raise NotOver(over)
    rows = select(Registration).where(Registration.shift_id == shift_id, Registration.state.in_(seats.ENGAGED))
    credited, pending = [], []
    for registration in db.scalars(rows.order_by(Registration.id).execution_options(populate_existing=True)).all():
        if registration.state == "checked_out":
            _record(db, registration, shift, actor, now, rules)
            credited.append(registration.id)
        elif registration.state in OPEN:
            pending.append(registration.id)
    if not pending and shift.settled_at is None:
        shift.settled_at = now
    db.flush()
    return Settlement(tuple(credited), tuple(pending))


def _record(db: Session, registration: Registration, shift: Shift, actor: str, now: datetime, rules: Rules) -> None:
    """Other kinds than volunteering are completed without minutes."""
    if shift.activity.kind == ledger.COUNTS:
        day = shift.starts_at.astimezone(rules.timezone).date()
        version = in_force(rules.volunteering.hours, day)
        plan = Plan(
            shift.starts_at, shift.ended_at or shift.ends_at, shift.break_minutes, shift.cap_minutes,
            version.snap_minutes, version.presence_percent,
        )  # fmt: skip
        pairs = [(pair, pair.out_at) for pair in presence.intervals(db, registration.id) if pair.out_at is not None]
        stretches = [(pair.in_at, out_at) for pair, out_at in pairs]
        found = credit(plan, stretches, ledger.credited(db, registration.person_id, shift))
        left = max(0, plan.planned - ledger.on_shift(db, registration.person_id, shift.id))
        if found.minutes > left:  # somebody entered hours of this very shift by hand before
            found = Credit(left, {**found.detail, "by_hand": found.minutes - left})
        events = [event for pair, _ in pairs for event in (pair.in_event_id, pair.out_event_id)]
        last_day = shift.ends_at.astimezone(rules.timezone).date()
        late = _told_later(db, [pair.in_event_id for pair, _ in pairs], last_day, rules)
        entry = ledger.add(
            db,
            NewEntry(
                person_id=registration.person_id, kind="honour" if late else "credit", minutes=found.minutes,
                effective_on=day, title=shift.activity.title, entered_by=late[0] if late else actor,
                approved_by=late[1] if late else "", reason="当天没有签到，事后核实" if late else "",
                shift_id=shift.id, registration_id=registration.id,
                detail={**found.detail, "place": shift.activity.place, "events": events},
                source="settled", external_id=f"settled:{registration.id}",
            ),
            now,
            rules,
        )  # fmt: skip
        for openid in audience.of_person(db, registration.person_id):
            notify(db, openid, "hours.settled", f"{entry.id}:{openid}", now, zone=rules.timezone, entry_id=entry.id)
    registration.state, registration.state_since = "completed", now
    db.flush()


def _told_later(db: Session, events: Sequence[int], last_day: date, rules: Rules) -> tuple[str, str] | None:
    """Who said and who confirmed that somebody was there, if nobody recorded it on the day: then it is honour time."""
    for event in db.scalars(select(AttendanceEvent).where(AttendanceEvent.id.in_(events)).order_by(AttendanceEvent.id)):
        if event.received_at.astimezone(rules.timezone).date() <= last_day:
            continue
        said = db.get(AttendanceEvent, event.answers_id) if event.answers_id is not None else None
        return (said.entered_by if said is not None else actors.person(event.person_id)), event.entered_by
    return None


def settle_late(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Whose presence was decided after the others were settled: their hours follow by themselves. For the sweep."""
    late = exists().where(Registration.shift_id == Shift.id, Registration.state == "checked_out")
    shifts = list(db.scalars(select(Shift.id).where(Shift.settled_at.is_not(None), late).order_by(Shift.id)))
    return sum(len(settle(db, shift_id, "system", now, rules).credited) for shift_id in shifts)


def due(db: Session, now: datetime, rules: Rules = USUAL) -> Iterator[Due]:
    """Shifts over for seven working days or ten, with somebody on the list, whose hours are not recorded."""
    today = now.astimezone(rules.timezone).date()
    for shift in unsettled(db, now):
        last_day = last_day_for(shift, rules)
        ended = (shift.ended_at or shift.ends_at).astimezone(rules.timezone).date()
        if today > last_day:
            yield Due(shift, last_day, "breach")
        elif today >= working_days.add(ended, rules.volunteering.settle_warning_days):
            yield Due(shift, last_day, "warning")


def last_day_for(shift: Shift, rules: Rules = USUAL) -> date:
    """Ten working days after it ended (67号令 第11条)."""
    ended = (shift.ended_at or shift.ends_at).astimezone(rules.timezone).date()
    return working_days.add(ended, rules.volunteering.settle_days)


def unsettled(db: Session, now: datetime) -> Sequence[Shift]:
    """Shifts that are over, with somebody on the list, whose hours are not recorded; the oldest first."""
    listed = exists().where(Registration.shift_id == Shift.id, Registration.state.in_(seats.ENGAGED))
    over = (
        select(Shift)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Shift.settled_at.is_(None), func.coalesce(Shift.ended_at, Shift.ends_at) <= now, listed)
        .where(Activity.state == "open", Activity.kind == ledger.COUNTS)
        .order_by(Shift.ends_at, Shift.id)
    )
    return db.scalars(over).all()


def warn(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Tell leaders what is due, staff what is late, once each. For the sweep."""
    found = list(due(db, now, rules))
    if found:
        writing(db)
    for one in found:
        openids = set(audience.of_leaders(db, one.shift.activity))
        if one.stage == "breach":
            openids.update(audience.of_deciders(db, "manual_hours"))
        for openid in sorted(openids):
            key = f"{one.shift.id}:{openid}"
            notify(db, openid, f"hours.{one.stage}", key, now, zone=rules.timezone, shift_id=one.shift.id)
    return len(found)
