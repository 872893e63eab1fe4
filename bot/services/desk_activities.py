"""Activities as the office looks for them: a list with filters, and a month of shifts. Reads only."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, Subquery, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from bot.services import seats
from bot.services.activity_checks import CAMPAIGN, Phase, phase
from bot.services.rules import Rules
from bot.storage.models import Activity, Registration, Shift, Team

MOST_IN_A_MONTH = 600
LISTS = ("ahead", "review", "draft", "past", "ended", "all")
"""Which part of all activities: what lies ahead or goes on, waits for review, is being written, is over, was ended."""
_BEING_WRITTEN = ("draft", "rejected")
_ENDED = ("cancelled", "withdrawn")


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What the list is narrowed to; what is empty matters not. ``free``: only where a seat can still be had."""

    part: str = "ahead"
    words: str = ""
    kind: str = ""
    place: str = ""
    team_id: int | None = None
    day: date | None = None
    free: bool = False


@dataclass(frozen=True)
class Line:
    """An activity with the shift that matters now: the next, else the last. ``pending``: who waits for a yes or no."""

    activity: Activity
    shift: Shift | None
    ahead: int
    seats: seats.Seats | None
    pending: int
    phase: Phase | None


def query(db: Session, sought: Sought, now: datetime, rules: Rules) -> Select[Activity]:
    """Activities in the order in which the office needs them: what is next first, what is over last first."""
    begins = _when(now, ahead=sought.part not in ("past", "ended", "all"))
    found = select(Activity).outerjoin(begins, begins.c.activity_id == Activity.id)
    found = found.where(*_part(sought.part, begins, now), *_narrowed(db, sought, now, rules))
    if sought.part == "ahead":
        return found.order_by(begins.c.at.is_(None), begins.c.at, Activity.id)
    if sought.part == "review":
        return found.order_by(Activity.submitted_at, Activity.id)
    if sought.part in ("draft", "ended"):
        return found.order_by(Activity.updated_at.desc(), Activity.id.desc())
    return found.order_by(begins.c.at.desc(), Activity.id.desc())


def counts(db: Session, now: datetime) -> dict[str, int]:
    """How many there are in each part that somebody works through."""
    begins = _when(now, ahead=True)
    numbers = {}
    for part in ("ahead", "review", "draft"):
        found = select(func.count(Activity.id)).outerjoin(begins, begins.c.activity_id == Activity.id)
        numbers[part] = db.scalars(found.where(*_part(part, begins, now))).one()
    return numbers


def lines(db: Session, activities: Sequence[Activity], now: datetime) -> list[Line]:
    """For one page of the list: a handful of statements, however many shifts an activity has."""
    ids = [activity.id for activity in activities]
    chosen = {**_shifts_at(db, ids, now, ahead=False), **_shifts_at(db, ids, now, ahead=True)}
    counted = seats.counted(db, [shift.id for shift in chosen.values()])
    later = select(Shift.activity_id, func.count()).where(Shift.activity_id.in_(ids), Shift.ends_at > now)
    ahead = {id: number for id, number in db.execute(later.group_by(Shift.activity_id))}  # noqa: C416
    asking = (
        select(Shift.activity_id, func.count())
        .join(Registration, Registration.shift_id == Shift.id)
        .where(Shift.activity_id.in_(ids), Registration.state == "pending", Registration.party_of.is_(None))
        .group_by(Shift.activity_id)
    )
    pending = {id: number for id, number in db.execute(asking)}  # noqa: C416
    return [
        _line(activity, chosen.get(activity.id), counted, ahead.get(activity.id, 0), pending.get(activity.id, 0), now)
        for activity in activities
    ]


def _line(
    activity: Activity, shift: Shift | None, counted: dict[int, seats.Count], ahead: int, pending: int, now: datetime
) -> Line:
    taken = seats.Seats(shift.capacity, *counted.get(shift.id, seats.Count())) if shift else None
    return Line(activity, shift, ahead, taken, pending, phase(shift, now) if shift else None)


def month(db: Session, first: date, sought: Sought, now: datetime, rules: Rules) -> dict[date, list[Line]]:
    """Shifts by the local day on which they begin, of the weeks that a month touches, soonest first."""
    days = weeks(first)
    since, until = _midnight(days[0][0], rules), _midnight(days[-1][-1] + timedelta(days=1), rules)
    shown = select(Shift).join(Shift.activity).options(contains_eager(Shift.activity))
    shown = shown.where(Shift.starts_at >= since, Shift.starts_at < until, Activity.state != "withdrawn")
    shown = shown.where(*_narrowed(db, sought, now, rules)).order_by(Shift.starts_at, Shift.id).limit(MOST_IN_A_MONTH)
    shifts = list(db.scalars(shown))
    counted = seats.counted(db, [shift.id for shift in shifts])
    by_day: dict[date, list[Line]] = defaultdict(list)
    for shift in shifts:
        day = shift.starts_at.astimezone(rules.timezone).date()
        by_day[day].append(_line(shift.activity, shift, counted, 1, 0, now))
    return by_day


def weeks(first: date) -> list[list[date]]:
    """The weeks, Monday first, that the month of ``first`` touches."""
    return calendar.Calendar().monthdatescalendar(first.year, first.month)


def _when(now: datetime, *, ahead: bool) -> Subquery:
    """For each activity its next start (of what is not over), or its last."""
    if ahead:
        starts = select(Shift.activity_id, func.min(Shift.starts_at).label("at")).where(Shift.ends_at > now)
    else:
        starts = select(Shift.activity_id, func.max(Shift.starts_at).label("at"))
    return starts.group_by(Shift.activity_id).subquery()


def _part(part: str, begins: Subquery, now: datetime) -> Iterator[ColumnElement[bool]]:
    if part == "ahead":
        yield Activity.state == "open"
        yield or_(begins.c.at.is_not(None), Activity.kind == CAMPAIGN)
    elif part == "review":
        yield Activity.state == "submitted"
    elif part == "draft":
        yield Activity.state.in_(_BEING_WRITTEN)
    elif part == "past":
        later = select(Shift.id).where(Shift.activity_id == Activity.id, Shift.ends_at > now)
        yield Activity.state == "open"
        yield begins.c.at.is_not(None)
        yield ~later.exists()
    elif part == "ended":
        yield Activity.state.in_(_ENDED)


def _narrowed(db: Session, sought: Sought, now: datetime, rules: Rules) -> Iterator[ColumnElement[bool]]:
    if sought.words:
        columns = (Activity.title, Activity.place, Activity.code, Activity.organiser, Activity.leader)
        yield or_(*(column.contains(sought.words, autoescape=True) for column in columns))
    if sought.kind:
        yield Activity.kind == sought.kind
    if sought.place:
        yield or_(Activity.area == sought.place, Activity.place.contains(sought.place, autoescape=True))
    if sought.team_id is not None:
        yield or_(Activity.team_id == sought.team_id, Activity.claimed_by == sought.team_id)
    if sought.day is not None:
        since = _midnight(sought.day, rules)
        that_day = select(Shift.id).where(
            Shift.activity_id == Activity.id, Shift.starts_at >= since,
            Shift.starts_at < _midnight(sought.day + timedelta(days=1), rules),
        )  # fmt: skip
        yield that_day.exists()
    if sought.free:
        yield Activity.id.in_(_with_free_seats(db, now))


def _with_free_seats(db: Session, now: datetime) -> set[int]:
    """Free seats are counted, never stored: of what lies ahead, which is little, all are looked at."""
    ahead = select(Shift.id, Shift.activity_id, Shift.capacity).join(Shift.activity)
    rows = db.execute(ahead.where(Shift.starts_at > now, func.coalesce(Activity.state, "") == "open")).all()
    counted = seats.counted(db, [id for id, _, _ in rows])
    return {about for id, about, capacity in rows if capacity > counted.get(id, seats.Count()).taken}


def _shifts_at(db: Session, activity_ids: Sequence[int], now: datetime, *, ahead: bool) -> dict[int, Shift]:
    at = _when(now, ahead=ahead)
    found = (
        select(Shift)
        .join(at, (at.c.activity_id == Shift.activity_id) & (at.c.at == Shift.starts_at))
        .where(Shift.activity_id.in_(activity_ids))
        .order_by(Shift.id.desc())  # of several roles the first that was made is shown
    )
    return {shift.activity_id: shift for shift in db.scalars(found)}


def places(db: Session) -> list[str]:
    return list(db.scalars(select(Activity.area).where(Activity.area != "").distinct().order_by(Activity.area)))


def teams(db: Session) -> list[tuple[int, str]]:
    known = select(Team.id, Team.name).where(Team.closed_at.is_(None)).order_by(Team.name, Team.id)
    return [(id, name) for id, name in db.execute(known)]


def _midnight(day: date, rules: Rules) -> datetime:
    return datetime.combine(day, time(), rules.timezone)
