"""Who may serve on a shift: age on its day, guardian, danger, courses, skills, team, hours, suspension, agreement.

No role overrides these (INV 08): the same gates stand before a seat, an offer, a decision and a swap.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from bot.services import ages, agreements, identities, seats
from bot.services.refusals import Refused
from bot.services.refusals.registrations import (
    AgeHigh,
    AgeLow,
    AgreementRequired,
    CourseRequired,
    DailyCap,
    GuardianRequired,
    InsuranceCutoff,
    MembersOnly,
    MinorDangerous,
    SkillRequired,
    Suspended,
    WeeklyCap,
)
from bot.services.rules import Rules
from bot.storage.database import rows
from bot.storage.models import (
    Activity,
    Completion,
    Course,
    Guardianship,
    Membership,
    Person,
    Registration,
    Shift,
    Suspension,
    Team,
)


def day_of(shift: Shift, zone: ZoneInfo) -> date:
    """The day of the shift, where it takes place: on it the age counts."""
    return shift.starts_at.astimezone(zone).date()


def needs_age(activity: Activity, shift: Shift) -> bool:
    return shift.min_age is not None or shift.max_age is not None or activity.dangerous


def needs_identity(activity: Activity) -> bool:
    """Insured by name: the insurer's list has the identity number of everybody on it."""
    return activity.policy_id is not None


def about_age(
    db: Session, person: Person, activity: Activity, shift: Shift, zone: ZoneInfo, guardian_id: int | None = None
) -> Iterator[Refused]:
    """Nothing where the age is not known: whether it must be is the profile's gate.

    ``guardian_id``: the consent must be this person's, who brings the child along.
    """
    if person.birth_date is None:
        return
    day = day_of(shift, zone)
    age = ages.on(day, person.birth_date)
    # Below 14 nobody volunteers but together with the guardian (中国注册志愿者管理办法 第7条).
    lowest = max(shift.min_age or 0, 0 if guardian_id else ages.VOLUNTEER_FROM)
    if age < lowest:
        yield AgeLow(lowest, day)
    if shift.max_age is not None and age > shift.max_age:
        yield AgeHigh(shift.max_age, day)
    if age >= ages.ADULT:
        return
    if not has_guardian(db, person.id, guardian_id):
        yield GuardianRequired()
    if activity.dangerous:
        yield MinorDangerous()


def has_guardian(db: Session, person_id: int, guardian_id: int | None = None) -> bool:
    active = select(Guardianship.id).where(Guardianship.minor_id == person_id, Guardianship.state == "active")
    if guardian_id is not None:
        active = active.where(Guardianship.guardian_id == guardian_id)
    return db.scalars(active.limit(1)).first() is not None


def about_knowledge(db: Session, person: Person, shift: Shift, zone: ZoneInfo) -> Iterator[Refused]:
    """Courses completed by the day of the shift, and skills from the profile."""
    courses = tuple((shift.needs or {}).get("courses", ()))
    if courses:
        done = select(Course.name).join(Completion, Completion.course_id == Course.id).where(
            Completion.person_id.in_(identities.same(person.id)),
            Completion.completed_on <= day_of(shift, zone),
            Course.name.in_(courses),
        )  # fmt: skip
        known = set(db.scalars(done))
        if missing := tuple(name for name in courses if name not in known):
            yield CourseRequired(missing)
    skills = tuple((shift.needs or {}).get("skills", ()))
    if missing := tuple(name for name in skills if name not in (person.skills or ())):
        yield SkillRequired(missing)


def about_team(db: Session, person: Person, activity: Activity) -> Iterator[Refused]:
    if activity.visibility != "team":
        return
    member = select(Membership.id).where(
        Membership.team_id.in_([team for team in (activity.team_id, activity.claimed_by) if team is not None]),
        Membership.person_id == person.id,
        Membership.state == "active",
    )
    if db.scalars(member.limit(1)).first() is None:
        team = db.get(Team, activity.team_id) if activity.team_id is not None else None
        yield MembersOnly(team.name if team else activity.organiser, team.code if team else "")


def about_hours(
    db: Session, person: Person, shift: Shift, rules: Rules, without: frozenset[int] = frozenset()
) -> Iterator[Refused]:
    """So many hours a day and a week, fewer for minors; 0 is no limit. ``without``: registrations given up for it."""
    zone, about = rules.timezone, rules.volunteering
    day = day_of(shift, zone)
    minor = person.birth_date is not None and ages.on(day, person.birth_date) < ages.ADULT
    daily = 60 * (about.minor_daily_cap_hours if minor else about.daily_cap_hours)
    weekly = 60 * (about.minor_weekly_cap_hours if minor else about.weekly_cap_hours)
    if not daily and not weekly:
        return
    monday = day - timedelta(days=day.weekday())
    since = datetime.combine(monday, datetime.min.time(), zone)
    planned = select(Registration.id, Shift).join(Shift, Registration.shift_id == Shift.id).where(
        Registration.person_id == person.id,
        Registration.state.in_(seats.ENGAGED),
        Shift.id != shift.id,
        Shift.starts_at >= since,
        Shift.starts_at < datetime.combine(monday + timedelta(days=7), datetime.min.time(), zone),
    )  # fmt: skip
    others = [other for id, other in db.execute(planned) if id not in without]
    in_week = minutes(shift) + sum(map(minutes, others))
    on_day = minutes(shift) + sum(minutes(other) for other in others if day_of(other, zone) == day)
    if daily and on_day > daily:
        yield DailyCap(daily, on_day)
    if weekly and in_week > weekly:
        yield WeeklyCap(weekly, in_week)


def minutes(shift: Shift) -> int:
    """Planned minutes of service: breaks and what goes beyond the cap are none."""
    planned = max(0, int((shift.ends_at - shift.starts_at).total_seconds()) // 60 - shift.break_minutes)
    return planned if shift.cap_minutes is None else min(planned, shift.cap_minutes)


_RECORDS = select(Person.id).where(or_(Person.id == bindparam("person"), Person.merged_into == bindparam("person")))
_SUSPENDED = (
    select(Suspension.until, Suspension.reason)
    .where(Suspension.person_id.in_(_RECORDS), Suspension.lifted_at.is_(None))
    .where(Suspension.since <= bindparam("now"), Suspension.until > bindparam("now"))
    .order_by(Suspension.until.desc())
    .limit(1)
)


def about_suspension(db: Session, person: Person, now: datetime) -> Iterator[Refused]:
    found = rows(db, _SUSPENDED, {"person": person.id, "now": now}).first()
    if found is not None:
        yield Suspended(found[0], found[1])


def about_insurance(activity: Activity, shift: Shift, now: datetime) -> Iterator[Refused]:
    if shift.insurance_closes_at is not None and shift.insurance_closes_at <= now:
        yield InsuranceCutoff(shift.insurance_closes_at, activity.leader, activity.contact)


def about_agreement(db: Session, person: Person, activity: Activity, shift: Shift) -> Iterator[Refused]:
    if agreements.needed(activity, shift) and not agreements.has_signed(db, activity.id, person.id):
        yield AgreementRequired(activity.id)
