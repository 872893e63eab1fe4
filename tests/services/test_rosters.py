"""Recurring rosters: 微笑驿站, two seats a day of 2.5 h; made once, edited carefully, empty seats told in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.push.notices import NOTICES
from bot.services import activities, registrations, roster_alerts, rosters
from bot.services import hours as hour_rules
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.activities import PolicyMissing, RosterInvalid
from bot.services.rosters import Slot, Template
from bot.storage.models import Activity, AuditEntry, Policy, Push, Roster, Shift, Staff
from tests.fixtures.world import NOW, World, hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 3, 3)
STATION = Template(
    slots=(Slot(starts="09:00", ends="11:30"), Slot(starts="13:00", ends="15:30")),
    first_on=date(2026, 3, 4),
    last_on=date(2026, 3, 4) + timedelta(days=269),
)


@pytest.fixture
def station(world: World) -> Activity:
    """Its first shift is the first morning's: that is how staff enter it."""
    starts_at = datetime(2026, 3, 4, 9, tzinfo=SHANGHAI)
    return world.shift(title="微笑驿站值班", capacity=1, starts_at=starts_at, lasts=2.5).activity


def slots(world: World) -> list[str]:
    return list(world.db.scalars(select(Shift.roster_slot).order_by(Shift.starts_at)))


def test_270_days_of_two_seats_are_540_shifts_and_1350_hours(world: World, station: Activity) -> None:
    roster = rosters.add(world.db, station.id, STATION, NOW)
    for day in range(0, 300, 7):  # a sweep that comes once a week is late, but nothing is lost
        rosters.extend(world.db, roster.id, NOW + timedelta(days=day))
    shifts = world.db.scalars(select(Shift)).all()
    assert len(shifts) == 540 and {shift.capacity for shift in shifts} == {1}
    minutes = sum(activities.planned_minutes(shift) * shift.capacity for shift in shifts)
    assert (minutes, hour_rules.shown(minutes)) == (81_000, "1350.0")
    local = {
        (shift.starts_at.astimezone(SHANGHAI).time(), shift.ends_at.astimezone(SHANGHAI).time()) for shift in shifts
    }
    assert sorted(f"{start:%H:%M}-{end:%H:%M}" for start, end in local) == ["09:00-11:30", "13:00-15:30"]
    assert len({shift.starts_at.astimezone(SHANGHAI).date() for shift in shifts}) == 270


def test_made_some_days_ahead_and_only_once(world: World, station: Activity) -> None:
    roster = rosters.add(world.db, station.id, STATION, NOW)
    assert roster.made_until == TODAY + rosters.AHEAD
    made = slots(world)
    assert len(made) == 28 and made[0] == "2026-03-04/1" and made[-1] == "2026-03-17/2"
    assert rosters.behind(world.db, NOW) == rosters.extend(world.db, roster.id, NOW) == []
    tomorrow = NOW + timedelta(days=1)
    assert rosters.behind(world.db, tomorrow) == [roster.id]
    assert len(rosters.extend(world.db, roster.id, tomorrow)) == 2
    assert len(slots(world)) == 30
    assert len(rosters.extend(world.db, roster.id, tomorrow, until=date(2026, 3, 20))) == 4


def test_the_database_too_knows_a_slot_once(world: World, station: Activity) -> None:
    rosters.add(world.db, station.id, STATION, NOW)
    first = world.db.scalars(select(Shift).where(Shift.roster_slot == "2026-03-05/1")).one()
    twin = Shift(**{c.key: getattr(first, c.key) for c in Shift.__table__.columns if c.key != "id"})
    world.db.add(twin)
    with pytest.raises(IntegrityError):
        world.db.flush()
    world.db.rollback()


def test_weekdays_and_days_without(world: World, station: Activity) -> None:
    template = replace(STATION, weekdays=(5, 6), except_on=(date(2026, 3, 8),))
    rosters.add(world.db, station.id, template, NOW)
    of_roster = [slot for slot in slots(world) if slot]
    assert of_roster == [f"2026-03-{day:02d}/{number}" for day in (7, 14, 15) for number in (1, 2)]


def test_what_has_begun_is_not_made_up_for(world: World, station: Activity) -> None:
    template = replace(STATION, first_on=TODAY)
    rosters.add(world.db, station.id, template, NOW + hours(2))  # noon: the morning is gone
    assert slots(world)[0] == "2026-03-03/2"


def test_over_midnight_an_end_is_on_the_next_day(world: World, station: Activity) -> None:
    rosters.add(world.db, station.id, replace(STATION, slots=(Slot(starts="22:00", ends="01:00"),)), NOW)
    night = world.db.scalars(select(Shift).where(Shift.roster_slot == "2026-03-05/1")).one()
    assert activities.planned_minutes(night) == 180


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"slots": ()}, ("slots",)),
        ({"slots": (Slot(starts="9点", ends="11:30"),)}, ("slots",)),
        ({"slots": (Slot(starts="09:00", ends="09:00"),)}, ("slots",)),
        ({"slots": (Slot(starts="09:00", ends="10:00", seats=0),)}, ("slots",)),
        ({"weekdays": ()}, ("weekdays",)),
        ({"weekdays": (7,), "last_on": date(2026, 3, 3)}, ("weekdays", "last_on")),
        ({"last_on": date(2029, 1, 1)}, ("last_on",)),
    ],
)
def test_impossible_templates(world: World, station: Activity, change: dict, fields: tuple[str, ...]) -> None:
    with pytest.raises(RosterInvalid) as refused:
        rosters.add(world.db, station.id, replace(STATION, **change), NOW)
    assert refused.value.fields == fields
    with pytest.raises(ShiftUnknown):
        rosters.add(world.db, 4711, STATION, NOW)


def test_what_is_dangerous_is_covered_as_far_as_it_is_made(world: World, station: Activity) -> None:
    policy = Policy(insurer="人保", number="P1", valid_from=NOW, valid_until=NOW + timedelta(days=15))
    world.db.add(policy)
    world.db.flush()
    station.dangerous, station.policy_id = True, policy.id
    world.db.flush()
    roster = rosters.add(world.db, station.id, STATION, NOW)
    assert {shift.min_age for shift in station.shifts if shift.roster_slot != "2026-03-04/1"} == {18}
    with pytest.raises(PolicyMissing):
        rosters.extend(world.db, roster.id, NOW + timedelta(days=7))


def test_a_cancelled_station_makes_no_more_shifts(world: World, station: Activity) -> None:
    roster = rosters.add(world.db, station.id, STATION, NOW)
    activities.cancel(world.db, station.id, "驿站装修", NOW)
    later = NOW + timedelta(days=7)
    assert rosters.behind(world.db, later) == rosters.extend(world.db, roster.id, later) == []


def test_an_edit_changes_only_what_nobody_registered_for(world: World, station: Activity) -> None:
    roster = rosters.add(world.db, station.id, STATION, NOW)
    taken = world.db.scalars(select(Shift).where(Shift.roster_slot == "2026-03-05/1")).one()
    once = world.db.scalars(select(Shift).where(Shift.roster_slot == "2026-03-06/2")).one()
    world.sign_up(taken, world.person())
    registrations.cancel(world.db, world.sign_up(once, world.person()).registration_id, NOW)
    before = (taken.starts_at, once.starts_at)
    template = replace(
        STATION,
        slots=(Slot(starts="08:30", ends="11:00", seats=2), STATION.slots[1], Slot(starts="18:00", ends="20:00")),
    )
    edited = rosters.edit(world.db, roster.id, template, NOW)
    assert (edited.left, len(edited.changed), edited.removed, len(edited.made)) == ((taken.id,), 13, (), 14)
    assert (taken.starts_at, once.starts_at) == before and taken.capacity == 1
    edited = rosters.edit(world.db, roster.id, replace(template, slots=template.slots[:1]), NOW)
    assert (len(edited.removed), set(edited.left)) == (27, {taken.id, once.id})
    assert world.db.scalars(select(func.count()).select_from(Shift)).one() == 15
    assert rosters.edit(world.db, roster.id, replace(template, slots=template.slots[:1]), NOW).changed == ()


def test_days_taken_out_and_put_back(world: World, station: Activity) -> None:
    roster = rosters.add(world.db, station.id, STATION, NOW)
    out = rosters.edit(world.db, roster.id, replace(STATION, except_on=(date(2026, 3, 7),)), NOW)
    assert len(out.removed) == 2
    back = rosters.edit(world.db, roster.id, STATION, NOW)
    assert len(back.made) == 2 and len(slots(world)) == 28


def led(world: World, station: Activity) -> str:
    station.leader_id = world.person(openid="leader")
    world.db.flush()
    return "leader"


def test_empty_seats_are_told_a_day_and_three_hours_before(world: World, station: Activity) -> None:
    led(world, station)
    rosters.add(world.db, station.id, STATION, NOW)
    morning = world.db.scalars(select(Shift).where(Shift.roster_slot == "2026-03-05/1")).one()
    at = morning.starts_at
    told = []
    for before in (25, 24, 23, 12, 3, 2, 0):
        roster_alerts.warn(world.db, at - hours(before))
        about = select(Push.openid).where(Push.key.startswith(f"activities.unfilled:{morning.id}:"))
        told.append((before, world.db.scalars(about).all()))
    once, twice = ["leader"], ["leader"] * 2
    assert told == [(25, []), (24, once), (23, once), (12, once), (3, twice), (2, twice), (0, twice)]


def test_a_seat_that_is_taken_alarms_nobody(world: World, station: Activity) -> None:
    led(world, station)
    rosters.add(world.db, station.id, replace(STATION, slots=STATION.slots[:1]), NOW)
    first = world.db.scalars(select(Shift).where(Shift.roster_slot == "2026-03-04/1")).one()
    world.sign_up(first, world.person())
    assert roster_alerts.warn(world.db, first.starts_at - hours(3)) == 0


def test_without_a_leader_the_office_hears_of_it(world: World, station: Activity) -> None:
    world.person(openid="admin")
    world.db.add(Staff(username="a", role="admin", password_hash="", openid="admin", created_at=NOW))
    rosters.add(world.db, station.id, STATION, NOW)
    assert roster_alerts.warn(world.db, NOW) == 1
    assert world.db.scalars(select(Push.openid)).all() == ["admin"]


def test_what_the_notice_says(world: World, station: Activity) -> None:
    rosters.add(world.db, station.id, STATION, NOW)
    first = station.shifts[0]
    payload = {"shift_id": first.id}
    say = NOTICES["activities.unfilled"]
    text = say(world.db, world.cipher, payload, NOW, SHANGHAI)
    assert text is not None and "微笑驿站值班" in text and "3月4日（周三）09:00–11:30 还缺1个人" in text
    assert say(world.db, world.cipher, payload, first.starts_at, SHANGHAI) is None
    world.sign_up(first, world.person())
    assert say(world.db, world.cipher, payload, NOW, SHANGHAI) is None


def test_the_template_in_the_audit_log(world: World, station: Activity) -> None:
    roster = rosters.add(world.db, station.id, STATION, NOW)
    rosters.edit(world.db, roster.id, replace(STATION, weekdays=(0, 1)), NOW)
    subject = f"rosters:{roster.id}"
    rows = world.db.scalars(select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)).all()
    assert rows[-1].after == {"weekdays": [0, 1]}
    assert world.db.get_one(Roster, roster.id).weekdays == [0, 1]
