"""Activities as followers see them: lists, search, one in detail. Reads only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, contains_eager

from bot.services import seats
from bot.services.codes import CODE
from bot.services.refusals import ShiftUnknown
from bot.storage.models import Activity, Shift

Signup = Literal["open", "not_open_yet", "closed", "started", "cancelled"]
_SEARCHED = 300  # upcoming shifts looked through for words; a county has a few dozen


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


@dataclass(frozen=True, kw_only=True)
class Detail(Listing):
    """Everything a follower may read before deciding."""

    kind: str
    content: str
    risk: str
    bring: str
    insurance: str
    organiser: str
    leader: str
    contact: str
    cancel_reason: str
    waitlist_limit: int | None
    other_shifts: tuple[int, ...]


def listed(
    db: Session,
    now: datetime,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    text: str | None = None,
    limit: int = 5,
    offset: int = 0,
) -> list[Listing]:
    """What has not begun, soonest first; beginning within [start, end) if given, with ``text`` in it if given."""
    query = _upcoming(now)
    if start is not None:
        query = query.where(Shift.starts_at >= start)
    if end is not None:
        query = query.where(Shift.starts_at < end)
    if text:
        where = (Activity.title, Activity.place, Activity.content)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in where)))
    return _listings(db, list(db.scalars(query.limit(limit).offset(offset))), now)


def find(db: Session, now: datetime, words: str, *, limit: int = 10) -> list[Listing]:
    """What ``words`` may mean: a code (also of something past or cancelled), else the best kind of match only."""
    wanted = plain(words)
    if not wanted:
        return []
    if CODE.fullmatch(wanted):
        named = _shifts().where(Activity.code == wanted, Activity.state != "draft")
        return _listings(db, list(db.scalars(named.order_by(Shift.starts_at).limit(limit))), now)
    ranked = [(_match(wanted, shift.activity), shift) for shift in db.scalars(_upcoming(now).limit(_SEARCHED))]
    best = min((rank for rank, _ in ranked), default=_NO_MATCH)
    if best == _NO_MATCH:
        return []
    return _listings(db, [shift for rank, shift in ranked if rank == best][:limit], now)


def detail(db: Session, shift_id: int, now: datetime) -> Detail:
    """Raises ShiftUnknown, also for a draft."""
    shift = db.get(Shift, shift_id)
    if shift is None or shift.activity.state == "draft":
        raise ShiftUnknown
    activity = shift.activity
    others = tuple(other.id for other in activity.shifts if other.id != shift.id and other.starts_at > now)
    return Detail(
        **vars(_listing(shift, seats.of(db, shift), now)),
        kind=activity.kind,
        content=activity.content,
        risk=activity.risk,
        bring=activity.bring,
        insurance=activity.insurance,
        organiser=activity.organiser,
        leader=activity.leader,
        contact=activity.contact,
        cancel_reason=activity.cancel_reason,
        waitlist_limit=shift.waitlist_limit,
        other_shifts=others,
    )


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
    ahead = _shifts().where(Activity.state == "open", Shift.starts_at > now)
    return ahead.order_by(Shift.starts_at, Shift.id)


def _shifts() -> Select[Shift]:
    """Each with its activity, in one query."""
    return select(Shift).join(Shift.activity).options(contains_eager(Shift.activity))


def _listings(db: Session, shifts: Sequence[Shift], now: datetime) -> list[Listing]:
    counts = seats.counted(db, [shift.id for shift in shifts])
    return [_listing(shift, seats.Seats(shift.capacity, *counts.get(shift.id, (0, 0))), now) for shift in shifts]


def _listing(shift: Shift, counted: seats.Seats, now: datetime) -> Listing:
    return Listing(
        shift_id=shift.id,
        activity_id=shift.activity_id,
        code=shift.activity.code,
        title=shift.activity.title,
        place=shift.activity.place,
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
