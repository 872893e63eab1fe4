"""Campaigns: a parent whose activities teams take on, the first that claims one has it; and the parent's figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import activities, authority, seats
from bot.services.activities import NewActivity
from bot.services.activity_checks import CAMPAIGN
from bot.services.codes import next_code
from bot.services.refusals import ActivityIncomplete, ShiftUnknown
from bot.services.refusals.activities import AlreadyClaimed, NotClaimable, NotTeamLeader, SomebodyRegistered
from bot.storage.database import locked, writing
from bot.storage.models import Activity, LedgerEntry, Outcome, Person, Registration, Shift, Team


@dataclass(frozen=True)
class Figures:
    """人 is not 人次: ``people`` are human beings, ``attendances`` how often one of them was there.

    ``claimed``: how many of the activities a team took on. ``outcomes``: (what, unit, sum), as leaders told them.
    """

    activities: int
    claimed: int
    people: int
    attendances: int
    minutes: int
    outcomes: tuple[tuple[str, str, str], ...]


def create(
    db: Session,
    *,
    title: str,
    place: str,
    content: str,
    organiser: str,
    now: datetime,
    code: str = "",
    author: str = "",
) -> Activity:
    """A parent without shifts of its own; followers see its activities. Raises ActivityIncomplete."""
    said = {"title": title, "place": place, "content": content, "organiser": organiser}
    if wrong := tuple(name for name, text in said.items() if not text.strip()):
        raise ActivityIncomplete(wrong)
    writing(db)
    parent = Activity(**said, kind=CAMPAIGN, state="open", author=author, created_at=now, updated_at=now)
    parent.code = next_code(db, code)
    db.add(parent)
    db.flush()
    return parent


def add_part(db: Session, campaign_id: int, new: NewActivity, now: datetime) -> Activity:
    """An activity of the campaign that teams may claim. Raises as ``activities.create`` does."""
    writing(db)
    parent = db.get(Activity, campaign_id)
    if parent is None or parent.kind != CAMPAIGN:
        raise ShiftUnknown
    return activities.create(db, replace(new, campaign_id=campaign_id, claimable=True), now)


def claimable(db: Session, now: datetime, *, campaign_id: int | None = None) -> list[Activity]:
    """What no team has taken on and has not begun, soonest first."""
    begins = select(func.min(Shift.starts_at)).where(Shift.activity_id == Activity.id).scalar_subquery()
    free = select(Activity).where(
        Activity.claimable, Activity.claimed_by.is_(None), Activity.state == "open", begins > now
    )
    if campaign_id is not None:
        free = free.where(Activity.campaign_id == campaign_id)
    return list(db.scalars(free.order_by(begins, Activity.id)))


def claim(db: Session, activity_id: int, team_id: int, person_id: int, now: datetime) -> Activity:
    """The team takes the activity on and from now on leads it; the first that asks gets it. Asking twice is once.

    Raises NotClaimable, NotTeamLeader, AlreadyClaimed.
    """
    writing(db)
    activity = locked(db, Activity, activity_id)
    if activity is None or not activity.claimable or activity.state != "open" or _has_begun(activity, now):
        raise NotClaimable
    team = db.get(Team, team_id)
    if team is None or team.closed_at is not None or not authority.leads_team(db, person_id, team_id):
        raise NotTeamLeader
    if activity.claimed_by is not None:
        if activity.claimed_by != team_id:
            raise AlreadyClaimed(db.get_one(Team, activity.claimed_by).name)
        return activity
    activity.claimed_by, activity.updated_at = team_id, now
    db.flush()
    return activity


def release(db: Session, activity_id: int, team_id: int, person_id: int, now: datetime) -> Activity:
    """Given back, while nobody counts on it yet. Raises NotClaimable, NotTeamLeader, SomebodyRegistered."""
    writing(db)
    activity = locked(db, Activity, activity_id)
    if activity is None or activity.claimed_by != team_id or _has_begun(activity, now):
        raise NotClaimable
    if not authority.leads_team(db, person_id, team_id):
        raise NotTeamLeader
    live = select(func.count()).where(
        Registration.shift_id.in_([shift.id for shift in activity.shifts]), Registration.state.in_(seats.LIVE)
    )
    if number := db.scalars(live).one():
        raise SomebodyRegistered(number)
    activity.claimed_by, activity.updated_at = None, now
    db.flush()
    return activity


def figures(db: Session, campaign_id: int) -> Figures:
    """What the campaign's activities came to, from the rows. One that was broken off is none, but who came had come."""
    published = select(Activity).where(Activity.campaign_id == campaign_id, Activity.state.in_(("open", "cancelled")))
    parts = list(db.scalars(published.order_by(Activity.id)))
    held = [part for part in parts if part.state == "open"]
    shift_ids = list(db.scalars(select(Shift.id).where(Shift.activity_id.in_([part.id for part in parts]))))
    human = func.coalesce(Person.merged_into, Person.id)
    there = (
        select(func.count(human.distinct()), func.count())
        .select_from(Registration)
        .join(Person, Registration.person_id == Person.id)
        .where(Registration.shift_id.in_(shift_ids), Registration.state.in_(seats.PRESENT))
    )
    people, attendances = db.execute(there).one()
    minutes = select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).where(LedgerEntry.shift_id.in_(shift_ids))
    return Figures(
        activities=len(held),
        claimed=sum(part.claimed_by is not None for part in held),
        people=people,
        attendances=attendances,
        minutes=int(db.scalars(minutes).one()),
        outcomes=_outcomes(db, shift_ids),
    )


def _outcomes(db: Session, shift_ids: Sequence[int]) -> tuple[tuple[str, str, str], ...]:
    """Exact sums (1.2 + 2.5 吨 are 3.7 吨); what is no number is left out."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in db.scalars(select(Outcome).where(Outcome.shift_id.in_(shift_ids)).order_by(Outcome.id)):
        try:
            sums[row.what, row.unit] += Decimal(row.amount)
        except InvalidOperation:
            continue
    return tuple((what, unit, f"{amount.normalize():f}") for (what, unit), amount in sums.items())


def _has_begun(activity: Activity, now: datetime) -> bool:
    return any(shift.starts_at <= now for shift in activity.shifts)
