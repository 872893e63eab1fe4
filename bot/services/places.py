"""Where somebody checked in: distances, the consent it takes, and forgetting the coordinates (PIPL 28–30)."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.services import identities, people
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.storage.models import Activity, AttendanceEvent, Consent, Person

PURPOSE, VERSION = "place", "2026-03"
EARTH_M = 6_371_000
Answer = Literal["given", "refused", ""]


def metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> int:
    """Along the surface (haversine); both in degrees of one datum (WeChat and our activities: GCJ-02)."""
    first, second = radians(latitude), radians(other_latitude)
    across = sin((second - first) / 2) ** 2
    along = cos(first) * cos(second) * sin(radians(other_longitude - longitude) / 2) ** 2
    return round(2 * EARTH_M * asin(sqrt(across + along)))


def radius_m(activity: Activity, rules: Rules) -> int | None:
    """How far from the meeting point one may check in; None when nobody wrote down where it is."""
    if activity.latitude is None or activity.longitude is None:
        return None
    return activity.radius_m if activity.radius_m is not None else rules.attendance.radius_m


def consent(db: Session, person_id: int) -> Answer:
    """Whether the person agreed that a place is looked at; empty when never asked."""
    asked = select(Consent.withdrawn_at).where(
        Consent.person_id.in_(identities.same(person_id)), Consent.purpose == PURPOSE, Consent.text_version == VERSION
    )
    answers = list(db.scalars(asked))
    return "given" if None in answers else "refused" if answers else ""


def agree(db: Session, person_id: int, now: datetime) -> None:
    """A separate consent (第29条); as easily taken back by `refuse`."""
    writing(db)
    person = db.get_one(Person, identities.current(db, person_id))
    people.consent(db, person, PURPOSE, VERSION, now)


def refuse(db: Session, person_id: int, now: datetime) -> None:
    """No, or no more. A no is kept, so that nobody is asked again every time."""
    writing(db)
    person_id = identities.current(db, person_id)
    if not people.withdraw_consent(db, person_id, PURPOSE, now) and not consent(db, person_id):
        said = {"purpose": PURPOSE, "text_version": VERSION, "given_at": now, "withdrawn_at": now}
        db.add(Consent(person_id=person_id, **said))
        db.flush()


def forget(db: Session, now: datetime, rules: Rules) -> int:
    """Coordinates are emptied after some days; distance and verdict stay (个人信息保护法 第19条: 最短时间)."""
    writing(db)
    old = now - timedelta(days=rules.attendance.keep_places_days)
    kept = AttendanceEvent.place_encrypted.is_not(None) & (AttendanceEvent.received_at <= old)
    done = db.execute(update(AttendanceEvent).where(kept).values(place_encrypted=None))
    return int(done.rowcount)  # type: ignore[attr-defined]


def is_anything_old(db: Session, now: datetime, rules: Rules) -> bool:
    old = now - timedelta(days=rules.attendance.keep_places_days)
    kept = select(AttendanceEvent.id).where(
        AttendanceEvent.place_encrypted.is_not(None), AttendanceEvent.received_at <= old
    )
    return db.scalars(kept.limit(1)).first() is not None
