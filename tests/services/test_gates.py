"""Who may serve: age on the day of the shift, guardians, danger, courses, skills, teams, hours, insurance."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from bot.services import ages, agreements, gates, registrations
from bot.services.refusals import Refused, TimeConflict
from bot.services.refusals.registrations import AgeHigh, AgeLow, CourseRequired, GuardianRequired
from bot.services.rules import Rules
from bot.settings_volunteering import Volunteering
from bot.storage.models import (
    Completion,
    Course,
    Follower,
    Guardianship,
    Membership,
    Person,
    Policy,
    Registration,
    Shift,
    Suspension,
    Team,
)
from tests.fixtures.world import NOW, World, hours

SHANGHAI = ZoneInfo("Asia/Shanghai")


def born(world: World, day: date) -> int:
    person = world.person()
    world.db.get_one(Person, person).birth_date = day
    world.db.flush()
    return person


def codes(world: World, shift: Shift, person: int, now: datetime = NOW, **options: Any) -> list[str]:
    return [refusal.code for refusal in registrations.objections(world.db, shift.id, person, now, **options)]


def consent(world: World, minor: int, guardian: int) -> Guardianship:
    row = Guardianship(minor_id=minor, guardian_id=guardian, state="active", asked_at=NOW, active_at=NOW)
    world.db.add(row)
    world.db.flush()
    return row


@pytest.mark.parametrize(
    ("birthday", "day", "code"),
    [
        (date(2008, 3, 7), "2026-03-07", None),  # eighteen on the very day
        (date(2008, 3, 8), "2026-03-07", "AGE_LOW"),  # a day too young
        (date(2008, 2, 29), "2026-02-28", "AGE_LOW"),  # born on 29 February: eighteen on 1 March
        (date(2008, 2, 29), "2026-03-01", None),
        (date(1966, 3, 7), "2026-03-07", None),  # sixty, the limit
        (date(1965, 3, 7), "2026-03-07", "AGE_HIGH"),
    ],
)
def test_the_age_on_the_day_of_the_shift_counts(world: World, birthday: date, day: str, code: str | None) -> None:
    world.now = datetime(2026, 2, 20, tzinfo=SHANGHAI)
    shift = world.shift(starts_at=datetime.fromisoformat(day).replace(hour=9, tzinfo=SHANGHAI))
    shift.min_age, shift.max_age = 18, 60
    found = codes(world, shift, born(world, birthday), world.now)
    assert (code in found) if code else found == []


def test_not_the_age_on_the_day_of_signing_up(world: World) -> None:
    """Seventeen today, eighteen when it takes place."""
    shift = world.shift(starts_in=hours(24 * 10))
    shift.min_age = 18
    assert codes(world, shift, born(world, date(2008, 3, 10))) == []


def test_shortly_after_midnight_it_is_the_day_in_the_county(world: World) -> None:
    shift = world.shift(starts_at=datetime(2026, 3, 7, 0, 30, tzinfo=SHANGHAI))  # still the 6th in UTC
    shift.min_age = 18
    assert codes(world, shift, born(world, date(2008, 3, 7))) == []


@given(born=st.dates(date(1940, 1, 1), date(2020, 12, 31)), day=st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_an_age_is_the_number_of_birthdays(born: date, day: date) -> None:
    """Counted one by one; who was born on 29 February has theirs on 1 March of other years."""

    def birthday(year: int) -> date:
        try:
            return born.replace(year=year)
        except ValueError:
            return date(year, 3, 1)

    assume(born <= day)
    assert ages.on(day, born) == sum(birthday(year) <= day for year in range(born.year + 1, day.year + 1))


def test_a_minor_needs_a_guardian_and_danger_is_nobodys_to_allow(world: World) -> None:
    shift, minor, mother = world.shift(), born(world, date(2010, 5, 1)), world.person()
    assert codes(world, shift, minor) == ["GUARDIAN_REQUIRED"]
    row = consent(world, minor, mother)
    assert codes(world, shift, minor) == []
    shift.activity.dangerous = True
    found = codes(world, shift, minor)
    assert found == ["MINOR_DANGEROUS", "AGREEMENT_REQUIRED"]
    agreements.sign(world.db, shift.activity_id, minor, NOW)
    with pytest.raises(Refused) as refused:
        world.sign_up(shift, minor)
    assert refused.value.code == "MINOR_DANGEROUS"
    shift.activity.dangerous, row.state = False, "withdrawn"
    assert codes(world, shift, minor) == ["GUARDIAN_REQUIRED"]


def test_below_fourteen_only_with_the_guardian(world: World) -> None:
    shift, child, father = world.shift(), born(world, date(2016, 5, 1)), world.person()
    consent(world, child, father)
    assert codes(world, shift, child) == ["AGE_LOW"]
    party = registrations.Party(children=(child,))
    assert world.sign_up(shift, father, party=party).free == 18


def test_only_what_is_needed_is_asked_for(world: World) -> None:
    shift, person = world.shift(), world.person()
    assert codes(world, shift, person) == []
    shift.min_age = 16
    (missing,) = registrations.objections(world.db, shift.id, person, NOW)
    assert vars(missing) == {"fields": ("birth_date",)}
    policy = Policy(insurer="人保", number="P1", valid_from=NOW, valid_until=NOW + hours(999))
    world.db.add(policy)
    world.db.flush()
    shift.min_age, shift.activity.policy_id = None, policy.id
    (missing,) = registrations.objections(world.db, shift.id, person, NOW)
    assert vars(missing) == {"fields": ("id",)}


def test_courses_completed_by_the_day_and_skills(world: World) -> None:
    shift, person = world.shift(), world.person()
    course = Course(name="急救基础")
    world.db.add(course)
    shift.needs = {"courses": ["急救基础"], "skills": ["手语"]}
    world.db.flush()
    found = registrations.objections(world.db, shift.id, person, NOW)
    assert [refusal.code for refusal in found] == ["COURSE_REQUIRED", "SKILL_REQUIRED"]
    assert isinstance(found[0], CourseRequired)
    assert found[0].names == ("急救基础",)
    day = shift.starts_at.astimezone(SHANGHAI).date()
    tomorrow = day + timedelta(days=1)
    world.db.add(Completion(course_id=course.id, person_id=person, completed_on=tomorrow, entered_by="x"))
    world.db.get_one(Person, person).skills = ["手语"]
    world.db.flush()
    assert codes(world, shift, person) == ["COURSE_REQUIRED"], "completed only after the shift"
    world.db.add(Completion(course_id=course.id, person_id=person, completed_on=day, entered_by="x"))
    world.db.flush()
    assert codes(world, shift, person) == []


def test_members_of_the_team_only(world: World) -> None:
    shift, person = world.shift(), world.person()
    team = Team(code="T05", name="绿水队", created_at=NOW)
    world.db.add(team)
    world.db.flush()
    shift.activity.visibility, shift.activity.team_id = "team", team.id
    assert codes(world, shift, person) == ["MEMBERS_ONLY"]
    member = Membership(team_id=team.id, person_id=person, state="applied", state_since=NOW, applied_at=NOW)
    world.db.add(member)
    world.db.flush()
    assert codes(world, shift, person) == ["MEMBERS_ONLY"]
    member.state = "active"
    assert codes(world, shift, person) == []


@pytest.mark.parametrize("state", ["confirmed", "checked_in", "completed"])
def test_whoever_is_or_was_elsewhere_at_that_time(world: World, state: str) -> None:
    person = world.person()
    other = world.sign_up(world.shift(starts_in=hours(50)), person).registration_id
    world.db.get_one(Registration, other).state = state
    world.db.flush()
    assert codes(world, world.shift(starts_in=hours(51)), person) == ["TIME_CONFLICT_HARD"]


def test_hours_of_a_day_and_a_week(world: World) -> None:
    rules = Rules(volunteering=Volunteering(daily_cap_hours=6, weekly_cap_hours=8))
    person = world.person()
    monday = datetime(2026, 3, 9, 9, tzinfo=SHANGHAI)
    world.sign_up(world.shift(starts_at=monday, lasts=4), person)
    assert codes(world, world.shift(starts_at=monday + hours(5), lasts=2), person, rules=rules) == []
    assert codes(world, world.shift(starts_at=monday + hours(5), lasts=2.5), person, rules=rules) == ["DAILY_CAP"]
    sunday = monday + hours(6 * 24)
    assert codes(world, world.shift(starts_at=sunday, lasts=4), person, rules=rules) == []
    assert codes(world, world.shift(starts_at=sunday, lasts=5), person, rules=rules) == ["WEEKLY_CAP"]
    assert codes(world, world.shift(starts_at=sunday + hours(24), lasts=5), person, rules=rules) == []


def test_minors_have_their_own_hours(world: World) -> None:
    minor, mother = born(world, date(2010, 5, 1)), world.person()
    consent(world, minor, mother)
    assert codes(world, world.shift(lasts=6), minor) == []
    assert codes(world, world.shift(lasts=6.5), minor) == ["DAILY_CAP"]


def test_a_suspension_with_its_end_and_reason(world: World) -> None:
    shift, person = world.shift(), world.person()
    row = Suspension(
        person_id=person, since=NOW - hours(1), until=NOW + hours(1), reason="三次未到", entered_by="staff:1"
    )
    world.db.add(row)
    world.db.flush()
    (refusal,) = registrations.objections(world.db, shift.id, person, NOW)
    assert (refusal.code, vars(refusal)) == ("SUSPENDED", {"until": row.until, "reason": "三次未到"})
    assert codes(world, shift, person, NOW + hours(1)) == []
    row.lifted_at = NOW
    assert codes(world, shift, person) == []


def test_after_the_insurers_list_nobody_joins_or_is_offered(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, _ = world.fill(shift, waiting=1)
    shift.insurance_closes_at = NOW + hours(5)
    registrations.cancel(world.db, seat, NOW + hours(5))
    assert world.states(shift) == ["cancelled", "waiting"]
    assert codes(world, shift, world.person(), NOW + hours(5)) == ["INSURANCE_CUTOFF"]


@pytest.mark.parametrize("why", ["dangerous", "large", "agreement_required", "long"])
def test_some_activities_need_an_agreement(world: World, why: str) -> None:
    shift, person = world.shift(lasts=24 * 40 if why == "long" else 2), born(world, date(1990, 1, 1))
    if why != "long":
        setattr(shift.activity, why, True)
    assert codes(world, shift, person) == ["AGREEMENT_REQUIRED"]
    agreements.sign(world.db, shift.activity_id, person, NOW)
    agreements.sign(world.db, shift.activity_id, person, NOW)
    assert codes(world, shift, person) == []


def test_all_in_order_and_what_cannot_be_mended_is_said_first(world: World) -> None:
    shift, person = world.shift(), born(world, date(2010, 5, 1))
    shift.min_age, shift.needs = 18, {"skills": ["手语"]}
    shift.activity.dangerous = True
    found = registrations.objections(world.db, shift.id, person, NOW)
    assert [refusal.code for refusal in found] == [
        "AGE_LOW", "GUARDIAN_REQUIRED", "MINOR_DANGEROUS", "SKILL_REQUIRED", "AGREEMENT_REQUIRED",
    ]  # fmt: skip
    told = gates.told(found[1:2] + found[3:4])
    assert isinstance(told, GuardianRequired), "the first that can be mended"
    assert isinstance(gates.told([found[3], found[0]]), AgeLow), "learning sign language would be in vain"
    assert gates.told([]) is None


def test_a_moved_shift_that_one_is_too_old_for_is_not_accepted(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, waiting = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    world.db.get_one(Registration, waiting).person.birth_date = date(1950, 1, 1)
    shift.max_age = 60
    world.db.flush()
    with pytest.raises(AgeHigh):
        registrations.accept_offer(world.db, waiting, NOW)


def test_two_accounts_of_one_person_are_one_person(world: World) -> None:
    """INV 02."""
    shift, person = world.shift(), world.person("王晓雨")
    world.db.add(Follower(openid="second", followed_at=NOW, person_id=person))
    world.sign_up(shift, person)
    with pytest.raises(Refused) as refused:
        registrations.sign_up(world.db, shift.id, person, "second", NOW)
    assert refused.value.code == "ALREADY_IN"
    assert not isinstance(refused.value, TimeConflict)
