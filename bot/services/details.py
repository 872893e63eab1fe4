"""One activity in detail: everything a follower may read before deciding. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import seats
from bot.services.activity_checks import Phase, agreement_reasons, phase, planned_minutes
from bot.services.activity_states import HIDDEN
from bot.services.listings import Listing, listing_of
from bot.services.refusals import ShiftUnknown
from bot.storage.models import Activity, Policy, Shift, Team

_OTHERS = 60
"""A roster has hundreds of shifts ahead; of these the next are enough."""


@dataclass(frozen=True, kw_only=True)
class Detail(Listing):
    """Everything a follower may read before deciding. ``minutes``: what it gives; ``agreement``: why one is needed.

    ``policy``: insurer, number, telephone for claims. ``team``: who took it on or organises it.
    """

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
    phase: Phase
    minutes: int
    needs: dict[str, object]
    dangerous: bool
    agreement: tuple[str, ...]
    policy: tuple[str, str, str] | None
    team: str
    campaign: str
    latitude: float | None
    longitude: float | None


def detail(db: Session, shift_id: int, now: datetime) -> Detail:
    """Raises ShiftUnknown, also for what is not published."""
    shift = db.get(Shift, shift_id)
    if shift is None or shift.activity.state in HIDDEN:
        raise ShiftUnknown
    return of(db, shift, now)


def of(db: Session, shift: Shift, now: datetime) -> Detail:
    """Of a draft as well, and of a shift that is not stored: for whoever writes it."""
    activity = shift.activity
    return Detail(
        **vars(listing_of(shift, seats.of(db, shift) if shift.id else seats.Seats(shift.capacity, 0, 0), now)),
        content=activity.content,
        risk=activity.risk,
        bring=activity.bring,
        insurance=activity.insurance,
        organiser=activity.organiser,
        leader=activity.leader,
        contact=activity.contact,
        cancel_reason=activity.cancel_reason,
        waitlist_limit=shift.waitlist_limit,
        other_shifts=_others(db, shift, now),
        phase=phase(shift, now),
        minutes=planned_minutes(shift) if activity.kind == "volunteer" else 0,
        needs=shift.needs or {},
        dangerous=activity.dangerous,
        agreement=_agreement(db, shift),
        policy=_policy(db, activity.policy_id),
        team=_name(db, Team, activity.claimed_by or activity.team_id),
        campaign=_name(db, Activity, activity.campaign_id),
        latitude=activity.latitude,
        longitude=activity.longitude,
    )


def _others(db: Session, shift: Shift, now: datetime) -> tuple[int, ...]:
    """The activity's other shifts ahead, soonest first."""
    if shift.id is None:
        return ()
    ahead = select(Shift.id).where(Shift.activity_id == shift.activity_id, Shift.starts_at > now, Shift.id != shift.id)
    return tuple(db.scalars(ahead.order_by(Shift.starts_at, Shift.id).limit(_OTHERS)))


def _agreement(db: Session, shift: Shift) -> tuple[str, ...]:
    if shift.id is None:
        return agreement_reasons(shift.activity, [shift])
    ordinary = select(Shift).where(Shift.activity_id == shift.activity_id, Shift.roster_id.is_(None))
    return agreement_reasons(shift.activity, list(db.scalars(ordinary)))


def _policy(db: Session, policy_id: int | None) -> tuple[str, str, str] | None:
    policy = db.get(Policy, policy_id) if policy_id is not None else None
    return (policy.insurer, policy.number, policy.claims_phone) if policy else None


def _name(db: Session, table: type[Team] | type[Activity], key: int | None) -> str:
    column = Team.name if table is Team else Activity.title
    return (db.scalars(select(column).where(table.id == key)).one_or_none() or "") if key is not None else ""
