"""Hours entered by hand: two people, evidence, the plan's limit, and the burst of a seller of hours noticed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.services import actors, honours, hours
from bot.services.refusals.hours import AlreadyDecided, HoursImpossible, NotVolunteering, TwoPeopleNeeded
from bot.storage.database import writing
from bot.storage.models import ManualEntry, Push, Staff
from tests.fixtures.world import NOW, World
from tests.fixtures.world import hours as h

LEADER, OTHER = "staff:1", "staff:2"
PAST = NOW - h(48)


@pytest.fixture(autouse=True)
def staff(db: Session) -> None:
    writing(db)
    for number in (1, 2):
        row = {"username": f"s{number}", "name": f"老师{number}", "password_hash": "x", "role": "admin"}
        db.add(Staff(id=number, openid=f"staff-{number}", created_at=NOW, **row))
    db.flush()


def propose(db: Session, person: int, minutes: int = 120, **more: Any) -> ManualEntry:
    values: dict[str, Any] = {"starts_at": PAST, "ends_at": PAST + h(5), "reason": "手机没电"}
    values |= {"actor": LEADER, "now": NOW, "evidence": "照片.jpg", "evidence_sha256": f"{minutes}-{person}", **more}
    return honours.propose(db, person, minutes=minutes, **values)


def test_it_counts_only_when_another_has_approved(world: World, db: Session) -> None:
    person = world.person()
    entry = propose(db, person)
    assert hours.total(db, person).total == 0 and list(honours.pending(db)) == [entry]
    with pytest.raises(TwoPeopleNeeded):
        honours.decide(db, entry.id, True, LEADER, NOW)
    with pytest.raises(TwoPeopleNeeded):
        honours.decide(db, entry.id, True, actors.person(person), NOW)
    honours.decide(db, entry.id, True, OTHER, NOW)
    found = hours.total(db, person)
    assert (found.honour, found.credit) == (120, 0)
    with pytest.raises(AlreadyDecided):
        honours.decide(db, entry.id, True, OTHER, NOW)


def test_one_human_with_two_names_is_one(world: World, db: Session) -> None:
    """A leader who proposes as a volunteer and approves as staff through the same WeChat account."""
    leader = world.person(openid="staff-2")
    entry = propose(db, world.person(), actor=actors.person(leader))
    with pytest.raises(TwoPeopleNeeded):
        honours.decide(db, entry.id, True, OTHER, NOW)


def test_what_cannot_be(world: World, db: Session) -> None:
    person = world.person()
    shift = world.shift(starts_in=h(1), lasts=2)
    writing(db)
    shift.starts_at, shift.ends_at = PAST, PAST + h(2)
    db.flush()
    for more, why in (
        ({"minutes": 0}, "minutes"), ({"minutes": 301}, "minutes"), ({"ends_at": NOW + h(1)}, "minutes"),
        ({"reason": " "}, "reason"), ({"evidence_sha256": ""}, "evidence"),
        ({"minutes": 121, "shift_id": shift.id}, "planned"),
    ):  # fmt: skip
        with pytest.raises(HoursImpossible) as refused:
            propose(db, person, **more)
        assert refused.value.why == why
    shift.activity.kind = "meeting"
    with pytest.raises(NotVolunteering):
        propose(db, person, shift_id=shift.id)


def test_two_proposals_never_exceed_the_plan_together(world: World, db: Session) -> None:
    person = world.person()
    shift = world.shift(starts_in=h(1), lasts=2)
    writing(db)
    shift.starts_at, shift.ends_at = PAST, PAST + h(2)
    db.flush()
    first, second = (propose(db, person, 80, shift_id=shift.id, evidence_sha256=str(n)) for n in (1, 2))
    honours.decide(db, first.id, True, OTHER, NOW, "两次核对过")
    with pytest.raises(HoursImpossible):
        honours.decide(db, second.id, True, OTHER, NOW, "两次核对过")
    assert hours.total(db, person).honour == 80


def test_what_is_odd_is_named(world: World, db: Session) -> None:
    person, other = world.person(), world.person()
    assert propose(db, person, 200).alerts == []
    long_day = propose(db, person, 290, starts_at=PAST + h(6), ends_at=PAST + h(11))
    assert long_day.alerts == ["day"]
    assert propose(db, other, 60, evidence_sha256=f"200-{person}").alerts == ["evidence"]
    assert "overlap" in propose(db, person, 30, starts_at=PAST + h(1)).alerts
    with pytest.raises(HoursImpossible):
        honours.decide(db, long_day.id, True, OTHER, NOW)  # words are needed: why it is right all the same


def test_the_fraud_drill(world: World, db: Session) -> None:
    """30 × 5 h within two minutes: flagged from the 21st on, nothing counts, administrators are told once."""
    people = world.people(30)
    entries = [
        propose(db, person, 300, now=NOW + timedelta(seconds=4 * number)) for number, person in enumerate(people)
    ]
    assert ["burst" in entry.alerts for entry in entries] == [False] * 20 + [True] * 10
    assert sum(hours.total(db, person).total for person in people) == 0
    assert db.query(Push).filter(Push.key.like("hours.burst:%")).count() == 2
    assert len(honours.of_month(db, NOW - h(1), NOW + h(1))) == 30
