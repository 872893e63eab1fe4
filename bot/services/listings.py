"""Activities as followers see them: lists narrowed by what somebody wants, and search. Reads only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager

from bot.services import seats
from bot.services.activity_states import HIDDEN
from bot.services.codes import CODE
from bot.services.identities import same
from bot.storage.models import Activity, Membership, Shift

Signup = Literal["open", "not_open_yet", "closed", "started", "cancelled"]
_SEARCHED = 300  # upcoming shifts looked through for words; a county has a few dozen
_AT_A_TIME = 60
"""Shifts read at once where each has to be looked at."""
ABOUT = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list is narrowed to; what is not given matters not.

    ``activity_id``: the shifts of this one. ``area``: part of the area or the place. ``age``: suits somebody that old.
    ``seats``: at least so many can be had right now. ``minutes``: about so long at most. ``titles``: one of these
    stands in the title.
    """

    activity_id: int | None = None
    kind: str = ""
    area: str = ""
    age: int | None = None
    seats: int = 0
    minutes: int | None = None
    titles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Wanted()


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One line of a list. ``free`` can be above 0 while ``waiting`` is too: then the line comes first."""

    shift_id: int
    activity_id: int
    code: str
    title: str
    place: str
    role: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    free: int
    waiting: int
    signup: Signup
    signup_opens_at: datetime | None
    signup_closes_at: datetime | None
    kind: str
    area: str
    min_age: int | None
    max_age: int | None
    approval: bool
    members_only: bool
    roster_id: int | None


@dataclass(frozen=True)
class Coming:
    """What a text may name, and no more than that takes."""

    shift_id: int
    code: str
    title: str
    place: str
    starts_at: datetime


def listed(
    db: Session,
    now: datetime,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    text: str | None = None,
    wanted: Wanted | None = None,
    viewer: int | None = None,
    limit: int = 5,
    offset: int = 0,
) -> list[Listing]:
    """What has not begun, soonest first; beginning within [start, end) if given, with ``text`` in it if given.

    ``viewer``: the person who looks; what is for a team's members only is listed to them alone.
    """
    wanted = wanted or Wanted()
    query = _upcoming(now).where(_visible(viewer), *_narrowed(wanted))
    if start is not None:
        query = query.where(Shift.starts_at >= start)
    if end is not None:
        query = query.where(Shift.starts_at < end)
    if text:
        query = query.where(_with(text, Activity.title, Activity.place, Activity.content))
    if not wanted.seats and wanted.minutes is None:
        return _listings(db, list(db.scalars(query.limit(limit).offset(offset))), now)
    found: list[Listing] = []
    for one in _each(db, query, now):
        found += [one] if _suits(one, wanted) else []
        if len(found) == offset + limit:
            break
    return found[offset:]


def _each(db: Session, query: Select[Shift], now: datetime) -> Iterator[Listing]:
    """All of them, a few at a time: free seats are counted, never stored, so that each has to be looked at."""
    at = 0
    while shifts := list(db.scalars(query.limit(_AT_A_TIME).offset(at))):
        yield from _listings(db, shifts, now)
        at += len(shifts)


def _narrowed(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.activity_id is not None:
        yield Shift.activity_id == wanted.activity_id
    if wanted.kind:
        yield Activity.kind == wanted.kind
    if wanted.area:
        yield _with(wanted.area, Activity.area, Activity.place)
    if wanted.age is not None:
        yield or_(Shift.min_age.is_(None), Shift.min_age <= wanted.age)
        yield or_(Shift.max_age.is_(None), Shift.max_age >= wanted.age)
    if wanted.titles:
        yield or_(*(_with(title, Activity.title) for title in wanted.titles))


def _suits(one: Listing, wanted: Wanted) -> bool:
    longest = None if wanted.minutes is None else timedelta(minutes=wanted.minutes) + ABOUT
    free = not wanted.seats or (one.signup == "open" and one.free >= wanted.seats)
    return free and (longest is None or one.ends_at - one.starts_at <= longest)


def _with(text: str, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return or_(*(column.contains(text, autoescape=True) for column in columns))


def _visible(viewer: int | None) -> ColumnElement[bool]:
    if viewer is None:
        return Activity.visibility == "public"
    mine = select(Membership.team_id).where(Membership.person_id.in_(same(viewer)), Membership.state == "active")
    return or_(Activity.visibility == "public", and_(Activity.team_id.is_not(None), Activity.team_id.in_(mine)))


def coming(db: Session, now: datetime, *, viewer: int | None = None, limit: int = 500) -> list[Coming]:
    """What has not begun, soonest first, for finding out which one a text means."""
    columns = (Shift.id, Activity.code, Activity.title, Activity.place, Shift.starts_at)
    known = select(*columns).join(Shift.activity).where(*_ahead(now), _visible(viewer))
    return [Coming(*row) for row in db.execute(known.order_by(Shift.starts_at, Shift.id).limit(limit))]


def areas(db: Session, now: datetime) -> list[str]:
    """Where something lies ahead, the longest name first: 石桥镇 before 石桥."""
    known = select(Activity.area).join(Shift.activity).where(*_ahead(now), Activity.area != "").distinct()
    return sorted(db.scalars(known), key=lambda area: (-len(area), area))


def find(db: Session, now: datetime, words: str, *, viewer: int | None = None, limit: int = 10) -> list[Listing]:
    """What ``words`` may mean: a code (also of something past or cancelled), else the best kind of match only."""
    wanted = plain(words)
    if not wanted:
        return []
    if CODE.fullmatch(wanted):
        known = _shifts().where(Activity.code == wanted, Activity.state.not_in(HIDDEN), _visible(viewer))
        return _listings(db, list(db.scalars(known.order_by(Shift.starts_at).limit(limit))), now)
    upcoming = _upcoming(now).where(_visible(viewer)).limit(_SEARCHED)
    ranked = [(_match(wanted, shift.activity), shift) for shift in db.scalars(upcoming)]
    best = min((rank for rank, _ in ranked), default=_NO_MATCH)
    if best == _NO_MATCH:
        return []
    return _listings(db, [shift for rank, shift in ranked if rank == best][:limit], now)


def shifts_of(
    db: Session, now: datetime, code: str, *, shift_id: int | None = None, viewer: int | None = None, limit: int = 30
) -> list[Listing]:
    """Of the activity with exactly this code, whatever its form: those ahead, soonest first; else the last there were.

    ``shift_id``: this one alone, also when it is over.
    """
    of = _shifts().where(Activity.code == code, Activity.state.not_in(HIDDEN), _visible(viewer))
    if shift_id is not None:
        return _listings(db, list(db.scalars(of.where(Shift.id == shift_id))), now)
    ahead = of.where(Activity.state == "open", Shift.starts_at > now).order_by(Shift.starts_at, Shift.id)
    found = list(db.scalars(ahead.limit(limit))) or list(db.scalars(of.order_by(Shift.starts_at.desc()).limit(1)))
    return _listings(db, found, now)


def is_for_members(db: Session, code: str) -> bool:
    """Whether this code is of something that is shown to a team's members only."""
    team = select(Activity.id).where(Activity.code == code, Activity.visibility != "public")
    return db.scalars(team.where(Activity.state.not_in(HIDDEN)).limit(1)).first() is not None


def signup_state(shift: Shift, now: datetime) -> Signup:
    if shift.activity.state != "open":
        return "cancelled"
    if shift.starts_at <= now:
        return "started"
    if shift.signup_opens_at is not None and now < shift.signup_opens_at:
        return "not_open_yet"
    return "closed" if shift.signup_closes_at is not None and shift.signup_closes_at <= now else "open"


def plain(words: str) -> str:
    """For comparing: one width, one case, no spaces or punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", words)).upper()


def _upcoming(now: datetime) -> Select[Shift]:
    return _shifts().where(*_ahead(now)).order_by(Shift.starts_at, Shift.id)


def _ahead(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """``coalesce`` keeps the planner from walking through everything ever published, nearly all of which is "open" for
    ever: in the order of the starts, from now on, a page ends after a few rows."""
    return func.coalesce(Activity.state, "") == "open", Shift.starts_at > now


def _shifts() -> Select[Shift]:
    """Each with its activity, in one query."""
    return select(Shift).join(Shift.activity).options(contains_eager(Shift.activity))


def _listings(db: Session, shifts: Sequence[Shift], now: datetime) -> list[Listing]:
    counts = seats.counted(db, [shift.id for shift in shifts])
    of = {shift.id: seats.Seats(shift.capacity, *counts.get(shift.id, seats.Count())) for shift in shifts}
    return [listing_of(shift, of[shift.id], now) for shift in shifts]


def listing_of(shift: Shift, counted: seats.Seats, now: datetime) -> Listing:
    activity = shift.activity
    return Listing(
        shift_id=shift.id,
        activity_id=shift.activity_id,
        code=activity.code,
        title=activity.title,
        place=activity.place,
        role=shift.role,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        capacity=counted.capacity,
        taken=counted.taken,
        free=counted.free,
        waiting=counted.waiting,
        signup=signup_state(shift, now),
        signup_opens_at=shift.signup_opens_at,
        signup_closes_at=shift.signup_closes_at,
        kind=activity.kind,
        area=activity.area,
        min_age=shift.min_age,
        max_age=shift.max_age,
        approval=activity.approval,
        members_only=activity.visibility != "public",
        roster_id=shift.roster_id,
    )


_NO_MATCH = 9


def _match(wanted: str, activity: Activity) -> int:
    """0 is the title itself; the more words have to be stretched, the higher."""
    title = plain(activity.title)
    if wanted == title:
        return 0
    if wanted in title or title in wanted:
        return 1
    if len(wanted) >= 2 and wanted in plain(activity.place):
        return 2
    if len(wanted) >= 2 and wanted in plain(activity.content):
        return 3
    pairs = {wanted[at : at + 2] for at in range(len(wanted) - 1)}
    shared = sum(pair in title for pair in pairs)
    return 4 if pairs and shared / len(pairs) >= 0.5 else _NO_MATCH
