"""What a person has ahead, and what they were at last. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import seats
from bot.storage.models import Activity, Offer, Registration, Shift


@dataclass(frozen=True)
class Mine:
    """A live registration as its person sees it."""

    registration_id: int
    shift_id: int
    state: str
    code: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    place_in_line: int | None
    offer_expires_at: datetime | None
    party_size: int = 1
    on_roster: bool = False


@dataclass(frozen=True)
class Past:
    """What a person took part in."""

    shift_id: int
    title: str


def mine(db: Session, person_id: int, now: datetime) -> list[Mine]:
    """What this person has ahead, soonest first."""
    found = (
        select(Registration, Shift, Activity, Offer.expires_at)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .outerjoin(Offer, (Offer.registration_id == Registration.id) & Offer.answer.is_(None))
        .where(Registration.person_id == person_id, Registration.state.in_(seats.LIVE), Shift.ends_at > now)
        .order_by(Shift.starts_at, Registration.id)
    )
    return [
        Mine(
            registration.id, shift.id, registration.state, activity.code, activity.title, activity.place,
            shift.starts_at, shift.ends_at, seats.place_in_line(db, registration), expires_at,
            registration.party_size, shift.roster_id is not None,
        )
        for registration, shift, activity, expires_at in db.execute(found)
    ]  # fmt: skip


def last_attended(db: Session, person_id: int, now: datetime) -> Past | None:
    """上次那个: the latest activity this person had a seat of and that is over."""
    over = (
        select(Shift.id, Activity.title)
        .join(Registration, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.person_id == person_id, Registration.state.in_((*seats.ENGAGED, "absent")))
        .where(Shift.ends_at <= now)
        .order_by(Shift.ends_at.desc())
    )
    found = db.execute(over.limit(1)).first()
    return Past(*found) if found else None
