"""Stars: thresholds to the minute, whose minutes count, and a way from applying to granting that skips nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, stars
from bot.services.auditing import history
from bot.services.refusals.merits import (
    NotVolunteer,
    OwnStar,
    ReasonMissing,
    StarDecided,
    StarNotReached,
    StarPending,
    StarUnknown,
)
from bot.settings_volunteering import StarRules
from bot.storage.database import writing
from bot.storage.models import Person, Push, StarAward, Volunteer
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, shopkeeper, volunteer, with_stars

DAY = timedelta(days=1)
TODAY = date(2026, 3, 3)


def active(world: World, minutes: int) -> int:
    person = world.person()
    volunteer(world.db, person)
    credit(world.db, person, minutes)
    return person


def reviewer(db: Session) -> str:
    return actors.staff(shopkeeper(db, role="reviewer").id)


@pytest.mark.parametrize(
    ("hours", "star"),
    [(0, 0), (99.9, 0), (100.0, 1), (299.9, 1), (300, 2), (599.9, 2), (600, 3), (999.9, 3), (1000, 4), (1499.9, 4),
     (1500, 5), (72914, 5)],
)  # fmt: skip
def test_thresholds_to_the_tenth(hours: float, star: int) -> None:
    assert stars.star_of(round(hours * 60), TODAY) == star


def test_one_minute_is_missing() -> None:
    assert (stars.star_of(5999, TODAY), stars.star_of(6000, TODAY)) == (0, 1)


def test_the_table_of_the_day_counts() -> None:
    rules = with_stars(StarRules(), StarRules(since=date(2026, 4, 1), hours=(50, 100)))
    assert stars.star_of(3000, date(2026, 3, 31), rules) == 0
    assert stars.star_of(3000, date(2026, 4, 1), rules) == 1


def test_what_counts(db: Session, world: World) -> None:
    person = world.person()
    assert stars.standing(db, person, TODAY) is None
    volunteer(db, person, datetime(2026, 1, 9, 17, tzinfo=timezone.utc))  # the 10th in Shanghai
    credit(db, person, 1000, on=date(2026, 1, 9))
    assert stars.counted(db, person) == 0  # before registration
    credit(db, person, 3000, on=date(2026, 1, 10))
    credit(db, person, 2990, kind="import")
    credit(db, person, 9000, kind="honour")
    assert stars.counted(db, person) == 5990
    found = stars.standing(db, person, TODAY)
    assert found is not None and (found.star, found.eligible, found.following, found.missing) == (0, 0, 1, 10)
    credit(db, person, 10)
    assert stars.eligible(db, person, TODAY) == 1


def test_from_applying_to_granting(db: Session, world: World) -> None:
    person, judge = active(world, 6150), reviewer(db)
    award = stars.apply(db, person, NOW)
    assert (award.state, award.star, award.minutes) == ("applied", 1, 6150)
    assert award.rule_since == date(2013, 11, 1)
    with pytest.raises(StarPending):
        stars.apply(db, person, NOW)
    assert stars.pending(db) == [award]
    assert stars.grant(db, NOW + 99 * DAY) == 0  # nobody has looked at it
    stars.decide(db, award.id, True, judge, NOW)
    assert award.announced_until == datetime(2026, 3, 10, 16, tzinfo=timezone.utc)  # seven whole days
    assert stars.announced(db, NOW) == [award]
    with pytest.raises(StarDecided):
        stars.decide(db, award.id, True, judge, NOW)
    assert stars.grant(db, award.announced_until - timedelta(seconds=1)) == 0
    assert stars.grant(db, award.announced_until) == 1
    assert (award.state, award.granted_at) == ("granted", award.announced_until)
    assert stars.grant(db, award.announced_until) == 0
    with pytest.raises(StarDecided):
        stars.decide(db, award.id, False, judge, NOW, "晚了")
    with pytest.raises(StarNotReached) as refused:
        stars.apply(db, person, NOW + 9 * DAY)
    assert (refused.value.star, refused.value.missing) == (2, 300 * 60 - 6150)
    states = [entry.after["state"] for entry in history(db, f"star_awards:{award.id}")]
    assert states == ["applied", "announced", "granted"]


def test_an_objection_ends_it_with_its_reason(db: Session, world: World) -> None:
    person, judge = active(world, 6000), reviewer(db)
    award = stars.apply(db, person, NOW)
    stars.decide(db, award.id, True, judge, NOW)
    with pytest.raises(ReasonMissing):
        stars.decide(db, award.id, False, judge, NOW + DAY, " ")
    stars.decide(db, award.id, False, judge, NOW + DAY, "2月的记录有异议，核实中")
    assert (award.state, award.reason) == ("refused", "2月的记录有异议，核实中")
    assert stars.grant(db, NOW + 99 * DAY) == 0
    assert stars.apply(db, person, NOW + 2 * DAY).state == "applied"  # a refusal is not for ever


def test_nobody_decides_about_themselves(db: Session, world: World) -> None:
    person = world.person(openid="judge")
    volunteer(db, person)
    credit(db, person, 6000)
    judge = shopkeeper(db, openid="judge", role="reviewer")
    award = stars.apply(db, person, NOW)
    with pytest.raises(OwnStar):
        stars.decide(db, award.id, True, actors.staff(judge.id), NOW)
    with pytest.raises(StarUnknown):
        stars.decide(db, 999, True, actors.staff(judge.id), NOW)


def test_hours_taken_back_stop_it_at_every_step(db: Session, world: World) -> None:
    judge = reviewer(db)
    first, second = active(world, 6000), active(world, 6000)
    one, other = stars.apply(db, first, NOW), stars.apply(db, second, NOW)
    credit(db, first, -60)
    with pytest.raises(StarNotReached):
        stars.decide(db, one.id, True, judge, NOW)
    stars.decide(db, other.id, True, judge, NOW)
    credit(db, second, -60)
    assert stars.grant(db, NOW + 99 * DAY) == 1
    assert (other.state, other.granted_at) == ("refused", None)
    assert "更正" in other.reason


def test_a_new_table_does_not_change_what_was_applied_for(db: Session, world: World) -> None:
    person, judge = active(world, 6000), reviewer(db)
    award = stars.apply(db, person, NOW)
    harder = with_stars(StarRules(), StarRules(since=date(2026, 3, 4), hours=(200, 400), announced_days=30))
    stars.decide(db, award.id, True, judge, NOW + 5 * DAY, rules=harder)
    assert stars.grant(db, NOW + 13 * DAY, harder) == 1
    assert award.state == "granted"


def test_without_days_of_announcement_no_state_is_skipped(db: Session, world: World) -> None:
    rules = with_stars(StarRules(announced_days=0))
    award = stars.apply(db, active(world, 6000), NOW, rules)
    stars.decide(db, award.id, True, reviewer(db), NOW, rules=rules)
    assert award.state == "announced"
    assert stars.grant(db, NOW, rules) == 1


def test_several_stars_at_once_are_one_application(db: Session, world: World) -> None:
    assert stars.apply(db, active(world, 650 * 60), NOW).star == 3


def test_who_is_no_volunteer_gets_none(db: Session, world: World) -> None:
    person = world.person()
    credit(db, person, 60000)
    with pytest.raises(NotVolunteer):
        stars.apply(db, person, NOW)
    volunteer(db, person).state = "left"
    with pytest.raises(NotVolunteer):
        stars.apply(db, person, NOW)
    assert db.scalars(select(Volunteer.state)).all() == ["left"]


def test_told_once_that_a_star_may_be_applied_for(db: Session, world: World) -> None:
    person, almost = active(world, 6000), active(world, 5994)
    stranger = world.person()
    credit(db, stranger, 9999)
    assert stars.tell_applicable(db, NOW) == 1
    assert stars.tell_applicable(db, NOW + DAY) == 0
    assert [push.payload["person_id"] for push in db.scalars(select(Push))] == [person]
    credit(db, almost, 6)
    assert stars.tell_applicable(db, NOW + DAY) == 1
    credit(db, person, 200 * 60)
    assert stars.tell_applicable(db, NOW + DAY) == 1  # and again for the next star
    said = db.scalars(select(Push).order_by(Push.id.desc()).limit(1)).one()
    assert said.payload == {"notice": "merits.star_applicable", "person_id": person, "star": 2}


def test_records_that_became_one_person_count_together(db: Session, world: World) -> None:
    old, new = active(world, 3000), active(world, 3000)
    writing(db)
    db.get_one(Person, old).merged_into = new
    db.flush()
    assert stars.counted(db, new) == 6000
    assert stars.tell_applicable(db, NOW) == 1
    assert db.scalars(select(StarAward)).all() == []
