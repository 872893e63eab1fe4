"""A person's own shifts of these days, with what check-in needs to know of them. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import identities, places
from bot.services.attendance_events import intervals
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import LISTED, MAY_LEAVE, Kind, window
from bot.storage.models import Activity, Registration, Shift

AROUND = timedelta(hours=24)


@dataclass(frozen=True)
class Nearby:
    """``ends_at``: the leader's word, else as planned. ``in_at``, ``out_at``: of the last accepted pair."""

    registration_id: int
    shift_id: int
    person_id: int
    state: str
    state_since: datetime
    code: str
    title: str
    place: str
    leader: str
    contact: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    latitude: float | None
    longitude: float | None
    radius_m: int | None
    in_at: datetime | None
    out_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        return self.opens_at <= now <= self.closes_at

    @property
    def purposes(self) -> tuple[Kind, Kind]:
        """What a code of this person is for: first what comes next, then the other."""
        return ("out", "in") if self.state in MAY_LEAVE else ("in", "out")


def nearby(
    db: Session, person_id: int, now: datetime, rules: Rules = USUAL, around: timedelta = AROUND
) -> list[Nearby]:
    """Those that check-in is open for first, then what comes next, then what was last."""
    own = (
        select(Registration, Shift, Activity)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.person_id.in_(identities.same(person_id)), Registration.state.in_(LISTED))
        .where(Shift.starts_at <= now + around, func.coalesce(Shift.ended_at, Shift.ends_at) >= now - around)
        .where(Activity.state == "open")
    )
    found = [_nearby(db, registration, shift, activity, rules) for registration, shift, activity in db.execute(own)]

    def order(one: Nearby) -> tuple[int, timedelta]:
        if one.is_open(now):
            return 0, abs(now - one.starts_at)
        return (1, one.opens_at - now) if now < one.opens_at else (2, now - one.closes_at)

    return sorted(found, key=order)


def _nearby(db: Session, registration: Registration, shift: Shift, activity: Activity, rules: Rules) -> Nearby:
    open_, pairs = window(shift, rules), intervals(db, registration.id)
    return Nearby(
        registration_id=registration.id,
        shift_id=shift.id,
        person_id=registration.person_id,
        state=registration.state,
        state_since=registration.state_since,
        code=activity.code,
        title=activity.title,
        place=activity.place,
        leader=activity.leader,
        contact=activity.contact,
        starts_at=shift.starts_at,
        ends_at=open_.end,
        opens_at=open_.opens_at,
        closes_at=open_.closes_at,
        latitude=activity.latitude,
        longitude=activity.longitude,
        radius_m=places.radius_m(activity, rules),
        in_at=pairs[-1].in_at if pairs else None,
        out_at=pairs[-1].out_at if pairs else None,
    )


def next_shift(db: Session, code: str, now: datetime, rules: Rules = USUAL) -> Shift | None:
    """The activity's shift that is going on or comes next; None when the last one is over."""
    coming = select(Shift).join(Activity, Shift.activity_id == Activity.id).where(Activity.code == code)
    shifts = db.scalars(coming.where(Activity.state == "open").order_by(Shift.starts_at, Shift.id))
    return next((shift for shift in shifts if closes_at(shift, rules) > now), None)


def closes_at(shift: Shift, rules: Rules = USUAL) -> datetime:
    return window(shift, rules).closes_at
