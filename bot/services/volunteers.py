"""Registered volunteers: 注册 → 审核 → 在册 → 注销, by the League's own rule (中国注册志愿者管理办法 第7、10条)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, ages, audience, guardians
from bot.services.announcements import notify
from bot.services.refusals import ProfileMissing
from bot.services.refusals.hours import AlreadyDecided, HoursImpossible, TwoPeopleNeeded
from bot.services.refusals.people import AlreadyVolunteer, BirthDateMissing, NeedsGuardian, NoVolunteer, TooYoung
from bot.services.rules import USUAL, Rules
from bot.storage.database import alone, locked, writing
from bot.storage.models import Person, Volunteer

PREFIX = "QS"
WIDTH = 6


def apply(db: Session, person_id: int, now: datetime, rules: Rules = USUAL) -> Volunteer:
    """To be decided by staff. Who was refused or left may apply again.

    Raises ProfileMissing, BirthDateMissing, TooYoung, NeedsGuardian, AlreadyVolunteer.
    """
    writing(db)
    person = locked(db, Person, person_id)
    assert person is not None
    known = db.get(Volunteer, person_id, populate_existing=True)
    if known is not None and known.state in ("applied", "registered"):
        raise AlreadyVolunteer(known.state, known.number or "")
    check(db, person, now, rules)
    standing = known or Volunteer(person_id=person_id, applied_at=now)
    standing.state, standing.applied_at, standing.reason, standing.left_at = "applied", now, "", None
    db.add(standing)
    db.flush()
    for openid in audience.of_deciders(db, "volunteer"):
        key = f"{person_id}:{now:%Y%m%d%H%M}:{openid}"
        notify(db, openid, "people.applied", key, now, zone=rules.timezone, person_id=person_id)
    return standing


def check(db: Session, person: Person, now: datetime, rules: Rules = USUAL) -> None:
    """Whether this person may register today; raises what stands in the way."""
    missing = tuple(name for name, known in (("name", person.name), ("phone", person.phone_hash)) if not known)
    if missing:
        raise ProfileMissing(missing)
    if person.birth_date is None:
        raise BirthDateMissing
    today = now.astimezone(rules.timezone).date()
    age = ages.on(today, person.birth_date)
    if age < ages.VOLUNTEER_FROM:
        raise TooYoung(_birthday(person.birth_date, ages.VOLUNTEER_FROM))
    if age < ages.ADULT and not guardians.has_consent(db, person.id):
        raise NeedsGuardian


def decide(
    db: Session, person_id: int, approve: bool, actor: str, now: datetime, reason: str = "", rules: Rules = USUAL
) -> Volunteer:
    """Registered with a number, or refused with a reason. Raises NoVolunteer, AlreadyDecided, TwoPeopleNeeded,
    HoursImpossible("reason"), and what `check` raises: consent may have been withdrawn meanwhile."""
    writing(db)
    person = locked(db, Person, person_id)
    standing = db.get(Volunteer, person_id, populate_existing=True)
    if person is None or standing is None:
        raise NoVolunteer
    if standing.state != "applied":
        raise AlreadyDecided(standing.state)
    if actors.is_same_human(db, actor, actors.person(person_id)):
        raise TwoPeopleNeeded
    if approve:
        check(db, person, now, rules)
        standing.number = standing.number or next_number(db, now.astimezone(rules.timezone).year)
        standing.registered_at = standing.registered_at or now
    elif not reason.strip():
        raise HoursImpossible("reason")
    standing.state, standing.decided_by, standing.reason = ("registered" if approve else "refused"), actor, reason[:255]
    db.flush()
    for openid in audience.of_person(db, person_id):
        key = f"{person_id}:{now.timestamp():.0f}:{openid}"
        notify(db, openid, "people.decided", key, now, zone=rules.timezone, person_id=person_id)
    return standing


def leave(db: Session, person_id: int, now: datetime) -> Volunteer:
    """注销, at any time (第10条): hours and certificates stay. Raises NoVolunteer."""
    writing(db)
    locked(db, Person, person_id)
    standing = db.get(Volunteer, person_id, populate_existing=True)
    if standing is None or standing.state not in ("applied", "registered"):
        raise NoVolunteer
    standing.state, standing.left_at = "left", now
    db.flush()
    return standing


def of_person(db: Session, person_id: int) -> Volunteer | None:
    return db.get(Volunteer, person_id)


def pending(db: Session) -> Sequence[Volunteer]:
    waiting = select(Volunteer).where(Volunteer.state == "applied").order_by(Volunteer.applied_at, Volunteer.person_id)
    return db.scalars(waiting).all()


def next_number(db: Session, year: int) -> str:
    """QS2026000001 …, without gaps: one at a time passes here, and what is rolled back is given again."""
    alone(db, "volunteer numbers")
    begins = f"{PREFIX}{year}"
    last = db.scalars(select(func.max(Volunteer.number)).where(Volunteer.number.like(f"{begins}%"))).one()
    number = int(last.removeprefix(begins)) if last and re.fullmatch(rf"{begins}\d+", last) else 0
    return f"{begins}{number + 1:0{WIDTH}d}"


def _birthday(born: date, age: int) -> date:
    """The day on which somebody is ``age``; who was born on 29 February, on 1 March of a common year."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)
