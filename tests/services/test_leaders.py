"""Leading: which shifts, appointments by code, the list of names and its window, the end, notices to everybody once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, appointments, leaders, name_lists, teams
from bot.services.refusals.teams import (
    AlreadySettled,
    AppointmentInvalid,
    EndOutOfBounds,
    NotBegun,
    WordsNotFit,
)
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, AuditEntry, Guardianship, Person, Push, Registration, Shift, Staff
from tests.fixtures.world import NOW, World, hours

BEIJING = ZoneInfo("Asia/Shanghai")


def lead(db: Session, shift: Shift, person_id: int) -> str:
    writing(db)
    db.get_one(Activity, shift.activity_id).leader_id = person_id
    db.flush()
    return actors.person(person_id)


def staff(db: Session, role: str, openid: str) -> None:
    writing(db)
    db.add(Staff(username=role, role=role, password_hash="x", openid=openid, created_at=NOW))
    db.flush()


def test_only_what_one_leads_is_listed(db: Session, world: World) -> None:
    mine, team_s, others = world.shift(), world.shift(starts_in=hours(50)), world.shift()
    me, member = world.person(openid="o-me"), world.person(openid="o-member")
    lead(db, mine, me)
    team = teams.create(db, "城东队", NOW)
    teams.lead(db, team.id, me, "system", NOW)
    db.get_one(Activity, team_s.activity_id).team_id = team.id
    teams.decide(db, teams.join(db, team.id, member, NOW).id, True, f"person:{me}", NOW)
    for role in ("admin", "reviewer", "editor", "leader", "expert", "auditor"):
        staff(db, role, f"o-{role}")
    assert [shift.id for shift in leaders.led(db, "o-me", NOW)] == [team_s.id, mine.id]
    assert {shift.id for shift in leaders.led(db, "o-admin", NOW)} == {mine.id, team_s.id, others.id}
    for nobody in ("o-member", "o-reviewer", "o-editor", "o-leader", "o-expert", "o-auditor", "o-unheard-of"):
        assert leaders.led(db, nobody, NOW) == []


def test_the_shift_meant_is_the_one_that_goes_on_or_the_next(world: World) -> None:
    past, running, ahead = (world.shift(starts_at=NOW + hours(number)) for number in (-30, -1, 20))
    every = [past, running, ahead]
    assert leaders.around(every, NOW) == [running]
    assert leaders.around(every, NOW + hours(3)) == [ahead]
    assert leaders.around(every, NOW + hours(90)) == [ahead]
    assert leaders.begun(every, NOW) == [past, running]  # of different activities: it will be asked which
    assert leaders.begun([ahead], NOW) == []
    running.settled_at = NOW
    assert leaders.begun(every, NOW) == [past]
    assert leaders.around([], NOW) == leaders.begun([], NOW) == []


def test_a_code_appoints_once_and_only_for_two_days(db: Session, world: World, cipher: Cipher) -> None:
    shift, one, other = world.shift(code="A12"), world.person(), world.person()
    activity = db.get_one(Activity, shift.activity_id)
    code = appointments.issue(db, cipher, activity, "system", NOW)
    assert code == appointments.issue(db, cipher, activity, "system", NOW + hours(3))
    for wrong in ("AAAAAA", code[::-1]):
        with pytest.raises(AppointmentInvalid):
            appointments.accept(db, cipher, "A12", wrong, one, NOW)
    with pytest.raises(AppointmentInvalid):
        appointments.accept(db, cipher, "A12", code, one, NOW + timedelta(days=2))
    with pytest.raises(AppointmentInvalid):
        appointments.accept(db, cipher, "B99", code, one, NOW)
    assert appointments.accept(db, cipher, "a12", code.lower(), one, NOW + timedelta(days=1)) is activity
    assert activity.leader_id == one
    with pytest.raises(AppointmentInvalid):
        appointments.accept(db, cipher, "A12", code, other, NOW + timedelta(days=1))
    assert activity.leader_id == one
    assert appointments.issue(db, cipher, activity, "system", NOW) != code


def test_a_code_for_a_team_makes_its_leader(db: Session, world: World, cipher: Cipher) -> None:
    team, one = teams.create(db, "城东队", NOW), world.person()
    appointments.accept(db, cipher, "T01", appointments.issue(db, cipher, team, "system", NOW), one, NOW)
    assert [(row.person_id, row.role) for row in teams.members(db, team.id)] == [(one, "leader")]
    teams.close(db, team.id, NOW)
    assert appointments.named(db, "T01") is None


def names(db: Session, cipher: Cipher, shift: Shift, now: datetime) -> list[tuple[str, str]]:
    return [(line.name, line.tail) for line in name_lists.read(db, cipher, shift, "person:1", now).lines]


def reads(db: Session) -> list[str]:
    return list(db.scalars(select(AuditEntry.actor).where(AuditEntry.reason == name_lists.READ)))


SATURDAY = datetime(2026, 3, 21, 13, tzinfo=BEIJING)
"""Friday 3 April is the tenth working day after it, by weekdays alone."""


def test_names_and_digits_are_shown_while_they_are_needed_and_every_reading_is_noted(
    db: Session, world: World, cipher: Cipher
) -> None:
    shift = world.shift(starts_at=SATURDAY)
    world.sign_up(shift, world.person("王晓雨"))
    masked, full = [("王*雨", "")], [("王晓雨", "0001")]
    assert name_lists.window(shift) == (date(2026, 3, 14), date(2026, 4, 3))
    for when, shown in (
        (datetime(2026, 3, 13, 23, 59, tzinfo=BEIJING), masked),
        (datetime(2026, 3, 14, 0, 1, tzinfo=BEIJING), full),
        (SATURDAY, full),
        (datetime(2026, 4, 3, 23, 59, tzinfo=BEIJING), full),
        (datetime(2026, 4, 4, 0, 1, tzinfo=BEIJING), masked),
    ):
        before = len(reads(db))
        assert names(db, cipher, shift, when) == shown
        assert len(reads(db)) - before == (shown == full)
    assert set(reads(db)) == {"person:1"}


def test_minors_and_the_uninsured_are_marked(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift()
    day = shift.starts_at.astimezone(BEIJING).date()
    grown, child, alone = world.people(3)
    for person, born in (
        (grown, day.replace(year=day.year - 18)),
        (child, date(2011, 5, 1)),
        (alone, date(2010, 5, 1)),
    ):
        world.sign_up(shift, person)
        db.get_one(Person, person).birth_date = born
    db.add(Guardianship(minor_id=child, guardian_id=grown, state="active", asked_at=NOW, active_at=NOW))
    db.query(Registration).filter_by(person_id=alone).one().uninsured = True
    db.flush()
    lines = name_lists.read(db, cipher, shift, "person:1", NOW).lines
    assert [(line.minor, line.consent, line.uninsured) for line in lines] == [
        (False, False, False), (True, True, False), (True, False, True),
    ]  # fmt: skip


def test_a_list_has_pages_and_who_waits_stands_last(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=3)
    world.fill(shift, waiting=2)
    first = name_lists.read(db, cipher, shift, "person:1", NOW, limit=4)
    assert (first.total, [line.state for line in first.lines]) == (5, ["confirmed"] * 3 + ["waiting"])
    rest = name_lists.read(db, cipher, shift, "person:1", NOW, limit=4, offset=4)
    assert [(line.state, line.place_in_line) for line in rest.lines] == [("waiting", 2)]
    only = name_lists.read(db, cipher, shift, "person:1", NOW, states=["confirmed"])
    assert only.total == 3


def test_an_end_stays_within_its_bounds_and_is_noted(db: Session, world: World) -> None:
    shift = world.shift(starts_at=NOW, lasts=2)
    with pytest.raises(NotBegun):
        leaders.end(db, shift.id, NOW + hours(1), "person:1", NOW - hours(1))
    for wrong in (NOW, NOW - hours(1), NOW + hours(5.1)):
        with pytest.raises(EndOutOfBounds):
            leaders.end(db, shift.id, wrong, "person:1", NOW + hours(1))
    assert leaders.end(db, shift.id, NOW + hours(1), "person:1", NOW + hours(1)).ended_at == NOW + hours(1)
    assert leaders.end(db, shift.id, NOW + hours(5), "person:1", NOW + hours(1)).ended_at == NOW + hours(5)
    noted = db.scalars(select(AuditEntry).where(AuditEntry.subject == f"shifts:{shift.id}").order_by(AuditEntry.id))
    assert [(entry.actor, "ended_at" in entry.after) for entry in noted][-2:] == [("person:1", True)] * 2
    shift.settled_at = NOW + hours(6)
    db.flush()
    with pytest.raises(AlreadySettled):
        leaders.end(db, shift.id, NOW + hours(2), "person:1", NOW + hours(7))


def owed(db: Session) -> list[tuple[str, int]]:
    rows = db.scalars(select(Push).where(Push.key.startswith("teams.word:")).order_by(Push.id))
    return [(row.openid, row.payload["shift_id"]) for row in rows]


def test_everybody_with_a_seat_is_told_once(db: Session, world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=2)
    world.fill(shift, waiting=1)
    for _ in range(2):
        assert leaders.tell(db, cipher, [shift.id], "请带雨衣，找王晓雨集合", "person:1", NOW) == 2
    assert owed(db) == [("o-1", shift.id), ("o-2", shift.id)]
    assert leaders.tell(db, cipher, [shift.id], "改在北门集合", "person:1", NOW) == 2
    assert len(owed(db)) == 4
    stored = db.scalars(select(Push.payload).where(Push.key.startswith("teams.word:"))).all()
    assert "王晓雨" not in str(stored) and "雨衣" not in str(stored)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("有事打13812345678", "phone"),
        ("有事打138 1234 5678", "phone"),
        ("座机0579-84662312", "phone"),
        ("加QQ群84662312", "phone"),
        ("好" * 201, "long"),
    ],
)
def test_a_notice_carries_no_phone_numbers(db: Session, world: World, cipher: Cipher, words: str, why: str) -> None:
    with pytest.raises(WordsNotFit) as refused:
        leaders.tell(db, cipher, [world.shift().id], words, "person:1", NOW)
    assert (refused.value.why, owed(db)) == (why, [])


@pytest.mark.parametrize("words", ["3月7日13:00在南门集合", "2026-03-07 13:00-15:30", "带2瓶水，A12组"])
def test_dates_and_times_are_no_phone_numbers(words: str) -> None:
    leaders.check_words(words)
