"""Presence: every verdict, the states that follow, pairs of coming and leaving, and what happens after the end."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.services import actors, appeals, places, presence, settlement
from bot.services import hours as hours_of
from bot.services.refusals.attendance import ClaimImpossible, EventAnswered, EventUnknown, SamePerson
from bot.services.rules import USUAL
from bot.services.verdicts import Window, judge
from bot.storage.models import AttendanceEvent, Person, Push, Staff
from tests.fixtures.world import World, hours
from tests.services.presence_world import Afternoon, saturday

OPEN = Window(saturday("12:30"), saturday("15:30"), saturday("16:30"))


@pytest.fixture
def afternoon(db: Session, world: World) -> Afternoon:
    return Afternoon(db, world)


@pytest.mark.parametrize(
    ("kind", "clock", "state", "more", "verdict"),
    [
        ("in", "12:30", "confirmed", {}, "accepted"),
        ("in", "12:29", "confirmed", {}, "outside_window"),
        ("in", "15:30", "confirmed", {}, "accepted"),
        ("in", "15:35", "confirmed", {}, "outside_window"),  # came after the end
        ("in", "12:58", None, {}, "not_listed"),
        ("in", "12:58", "waiting", {}, "not_listed"),
        ("in", "12:58", "cancelled", {}, "not_listed"),
        ("in", "12:58", "confirmed", {"is_right": False}, "wrong_code"),
        ("in", "11:58", "confirmed", {"is_right": False}, "outside_window"),  # before the time no code is judged
        ("in", "13:05", "checked_in", {}, "repeated"),
        ("in", "13:05", "completed", {}, "repeated"),
        ("in", "14:30", "checked_out", {}, "accepted"),  # went and came back
        ("in", "12:58", "confirmed", {"distance_m": 501, "radius_m": 500}, "too_far"),
        ("in", "12:58", "confirmed", {"distance_m": 500, "radius_m": 500}, "accepted"),
        ("in", "12:58", "confirmed", {"distance_m": 9000}, "accepted"),  # nobody wrote down where it is
        ("in", "12:58", "confirmed", {"needs_person": True}, "needs_person"),
        ("in", "13:05", "checked_in", {"needs_person": True}, "repeated"),
        ("out", "15:31", "checked_in", {}, "accepted"),
        ("out", "16:30", "checked_in", {}, "accepted"),
        ("out", "16:31", "checked_in", {}, "outside_window"),
        ("out", "15:31", "checked_out", {}, "repeated"),
        ("out", "15:31", "confirmed", {}, "needs_person"),  # leaves without having come
        ("out", "15:31", "checked_in", {"is_right": False}, "wrong_code"),
    ],
)
def test_every_try_has_its_verdict(kind, clock, state, more, verdict) -> None:  # type: ignore[no-untyped-def]
    assert judge(kind, saturday(clock), state, OPEN, **more) == verdict


def test_in_and_out_move_the_state(afternoon: Afternoon) -> None:
    assert afternoon.try_("in", "12:58").verdict == "accepted"
    assert afternoon.state == "checked_in"
    assert afternoon.try_("out", "15:31").verdict == "accepted"
    assert afternoon.state == "checked_out"
    assert presence.about_minutes(afternoon.db, afternoon.registration_id) == 150


def test_where_no_minutes_count_none_are_promised(afternoon: Afternoon) -> None:
    afternoon.shift.activity.kind = "training"
    afternoon.db.flush()
    afternoon.try_("in", "12:58")
    afternoon.try_("out", "15:31")
    assert afternoon.state == "checked_out"
    assert presence.about_minutes(afternoon.db, afternoon.registration_id) is None


def test_what_is_promised_is_what_the_ledger_credits(db: Session, afternoon: Afternoon) -> None:
    afternoon.shift.break_minutes = 20
    db.flush()
    afternoon.try_("in", "13:04")
    assert presence.about_minutes(db, afternoon.registration_id, left_at=saturday("15:26")) == 130
    afternoon.try_("out", "15:26")
    settlement.settle(db, afternoon.shift.id, "staff:1", saturday("17:00"))
    assert hours_of.total(db, afternoon.person).credit == 130 == presence.about_minutes(db, afternoon.registration_id)
    assert afternoon.state == "completed"
    assert afternoon.try_("out", "15:40").verdict == "repeated"


def test_an_appeal_upheld_after_the_others_were_settled_is_credited(db: Session, afternoon: Afternoon) -> None:
    presence.close(db, afternoon.shift.id, saturday("16:31"))
    settlement.settle(db, afternoon.shift.id, "staff:1", saturday("17:00"))
    assert afternoon.shift.settled_at is not None
    appeal = appeals.says_was_there(db, afternoon.registration_id, "我到了", saturday("18:00"))
    appeals.decide(db, appeal.id, True, "staff:1", saturday("19:00"))
    assert settlement.settle_late(db, saturday("19:01")) == 1
    assert hours_of.total(db, afternoon.person).credit == 150


def test_failures_are_kept_and_change_nothing(afternoon: Afternoon) -> None:
    assert afternoon.try_("in", "12:58", is_right=False).verdict == "wrong_code"
    assert afternoon.try_("in", "13:00", distance_m=1800, radius_m=500).verdict == "too_far"
    assert afternoon.state == "confirmed"
    assert presence.intervals(afternoon.db, afternoon.registration_id) == []
    kept = afternoon.db.scalars(select(AttendanceEvent.verdict).order_by(AttendanceEvent.id)).all()
    assert kept == ["wrong_code", "too_far"]


def test_a_repeated_delivery_is_one_event(afternoon: Afternoon) -> None:
    first = afternoon.try_("in", "12:58", nonce="msg-1")
    again = afternoon.try_("in", "13:01", nonce="msg-1")
    assert again.id == first.id and again.captured_at == saturday("12:58")
    assert afternoon.db.scalar(select(func.count()).select_from(AttendanceEvent)) == 1


def test_two_check_ins_and_one_check_out_are_one_pair(afternoon: Afternoon) -> None:
    """Vector 13 of the ledger: 12:50, 13:05 / 15:30."""
    assert [afternoon.try_("in", clock).verdict for clock in ("12:50", "13:05")] == ["accepted", "repeated"]
    afternoon.try_("out", "15:30")
    (pair,) = presence.intervals(afternoon.db, afternoon.registration_id)
    assert (pair.in_at, pair.out_at) == (saturday("12:50"), saturday("15:30"))


def test_went_and_came_back_is_two_pairs(afternoon: Afternoon) -> None:
    """Vector 14: 13:00–14:00, 14:30–15:30."""
    for kind, clock in (("in", "13:00"), ("out", "14:00"), ("in", "14:30"), ("out", "15:30")):
        assert afternoon.try_(kind, clock).verdict == "accepted"
    pairs = presence.intervals(afternoon.db, afternoon.registration_id)
    assert [(pair.in_at, pair.out_at) for pair in pairs] == [
        (saturday("13:00"), saturday("14:00")),
        (saturday("14:30"), saturday("15:30")),
    ]
    assert presence.about_minutes(afternoon.db, afternoon.registration_id) == 120


def test_without_check_out_the_pair_stays_open(afternoon: Afternoon) -> None:
    event = afternoon.try_("in", "12:58")
    (pair,) = presence.intervals(afternoon.db, afternoon.registration_id)
    assert pair == presence.Interval(saturday("12:58"), None, event.id, None, "code")


def test_the_leaders_end_is_the_end(afternoon: Afternoon) -> None:
    afternoon.shift.ended_at = saturday("15:00")
    afternoon.db.flush()
    assert afternoon.try_("in", "15:10").verdict == "outside_window"
    afternoon.try_("in", "12:58")
    assert afternoon.try_("out", "16:01").verdict == "outside_window"
    assert presence.close(afternoon.db, afternoon.shift.id, saturday("16:01")) == 1


def test_a_shift_over_midnight(db: Session, world: World) -> None:
    night = Afternoon(db, world, starts_at=saturday("22:00"), ends_at=saturday("01:00", day=8))
    assert night.try_("in", "21:50").verdict == "accepted"
    assert presence.close(db, night.shift.id, saturday("01:59", day=8)) == 0
    assert night.try_("out", "", at=saturday("01:00", day=8)).verdict == "accepted"
    assert presence.about_minutes(db, night.registration_id) == 180


def test_two_accounts_of_one_person_are_one(db: Session, world: World, afternoon: Afternoon) -> None:
    """A record merged into another still finds the registration that moved."""
    old = world.person("王晓雨")
    db.get_one(Person, old).merged_into = afternoon.person
    db.flush()
    assert afternoon.try_("in", "12:58", person=old).verdict == "accepted"
    assert afternoon.try_("in", "13:02").verdict == "repeated"


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_tried_pairs_follow_each_other_and_fit_the_state(afternoon: Afternoon, seed: int) -> None:
    """Random tries of every kind, against what a reader of the accepted ones alone would say."""
    dice, inside, count = random.Random(seed), False, 0
    for number in range(40):
        at = saturday("12:20") + timedelta(minutes=6 * number, seconds=dice.randrange(300))
        kind = dice.choice(("in", "out"))
        far = dice.choice((None, None, 100, 900))
        event = afternoon.try_(kind, "", at=at, is_right=dice.random() < 0.8, distance_m=far, radius_m=500)
        if event.verdict == "accepted":
            assert (kind == "in") is not inside
            inside, count = not inside, count + 1
        pairs = presence.intervals(afternoon.db, afternoon.registration_id)
        assert sum(1 + (pair.out_at is not None) for pair in pairs) == count
        times = [time for pair in pairs for time in (pair.in_at, pair.out_at) if time is not None]
        assert times == sorted(times)
        assert afternoon.state == ("checked_in" if inside else "checked_out" if count else "confirmed")
    assert count > 1 and len({event.verdict for event in afternoon.db.scalars(select(AttendanceEvent))}) > 3


def test_events_are_append_only(afternoon: Afternoon) -> None:
    event = afternoon.try_("in", "12:58", place_encrypted=b"sealed")
    afternoon.db.commit()
    for change in ("verdict = 'refused'", "captured_at = received_at", "distance_m = 3"):
        with pytest.raises(DBAPIError, match="append only"):
            afternoon.db.execute(text(f"UPDATE attendance_events SET {change} WHERE id = {event.id}"))
        afternoon.db.rollback()
    with pytest.raises(DBAPIError, match="append only"):
        afternoon.db.execute(text(f"DELETE FROM attendance_events WHERE id = {event.id}"))


def test_places_are_forgotten_and_the_distance_stays(afternoon: Afternoon) -> None:
    event = afternoon.try_("in", "12:58", place_encrypted=b"sealed", distance_m=40)
    week = timedelta(days=USUAL.attendance.keep_places_days)
    assert places.forget(afternoon.db, saturday("12:57") + week, USUAL) == 0
    assert places.is_anything_old(afternoon.db, saturday("12:58") + week, USUAL)
    assert places.forget(afternoon.db, saturday("12:58") + week, USUAL) == 1
    assert not places.is_anything_old(afternoon.db, saturday("12:58") + week, USUAL)
    afternoon.db.refresh(event)
    assert (event.place_encrypted, event.distance_m, event.verdict) == (None, 40, "accepted")


# -- when the time is over ----------------------------------------------------------------------------


def notices(db: Session) -> list[tuple[str, str]]:
    rows = db.scalars(select(Push).where(Push.kind == "notice").order_by(Push.id))
    return [(row.openid, row.payload["notice"]) for row in rows]


def test_after_the_window_open_rows_are_closed_and_told_once(db: Session, world: World, afternoon: Afternoon) -> None:
    absent = world.person("陈大力", openid="o-absent")
    world.sign_up(afternoon.shift, absent)
    afternoon.try_("in", "12:58")
    assert presence.shifts_to_close(db, saturday("16:30"), USUAL) == []
    assert presence.close(db, afternoon.shift.id, saturday("16:30")) == 0
    assert presence.shifts_to_close(db, saturday("16:31"), USUAL) == [afternoon.shift.id]
    assert presence.close(db, afternoon.shift.id, saturday("16:31")) == 2
    assert world.states(afternoon.shift) == ["unclosed", "absent"]
    told = [("o-1", "attendance.unclosed"), ("o-absent", "attendance.absent")]
    assert sorted(notices(db)) == sorted(told)
    assert presence.close(db, afternoon.shift.id, saturday("16:45")) == 0
    assert presence.shifts_to_close(db, saturday("16:45"), USUAL) == []
    assert sorted(notices(db)) == sorted(told)


def test_who_left_properly_stays_as_they_are(afternoon: Afternoon) -> None:
    afternoon.try_("in", "12:58")
    afternoon.try_("out", "15:31")
    assert presence.close(afternoon.db, afternoon.shift.id, saturday("17:00")) == 0
    assert afternoon.state == "checked_out"


def test_what_ended_long_ago_is_closed_without_a_word(db: Session, afternoon: Afternoon) -> None:
    assert presence.close(db, afternoon.shift.id, saturday("17:00") + hours(24 * 30)) == 1
    assert notices(db) == []


# -- entered later ------------------------------------------------------------------------------------


@pytest.fixture
def leader(world: World) -> str:
    return actors.person(world.person("李组长", openid="o-leader"))


def propose(afternoon: Afternoon, leader: str) -> AttendanceEvent:
    times = (saturday("13:02"), saturday("15:30"))
    return presence.propose_offline(
        afternoon.db, afternoon.registration_id, *times, leader, "paper-1", saturday("18:00")
    )


def staff(db: Session, name: str, openid: str | None) -> str:
    row = Staff(username=name, password_hash="x", role="reviewer", openid=openid, created_at=saturday("08:00"))
    db.add(row)
    db.flush()
    return actors.staff(row.id)


def test_paper_counts_after_a_second_person(db: Session, afternoon: Afternoon, leader: str) -> None:
    reviewer = staff(db, "审核员", "o-reviewer")
    came = propose(afternoon, leader)
    assert (came.verdict, afternoon.state) == ("needs_person", "confirmed")
    assert presence.intervals(db, afternoon.registration_id) == []
    assert notices(db) == [("o-reviewer", "attendance.offline")]
    assert presence.offline_pending(db) == [came]
    answers = presence.approve_offline(db, came.id, reviewer, saturday("19:00"))
    assert [(event.verdict, event.entered_by) for event in answers] == [("accepted", reviewer)] * 2
    assert afternoon.state == "checked_out"
    (pair,) = presence.intervals(db, afternoon.registration_id)
    assert (pair.in_at, pair.out_at, pair.channel) == (saturday("13:02"), saturday("15:30"), "offline")
    assert presence.offline_pending(db) == []
    with pytest.raises(EventAnswered):
        presence.approve_offline(db, came.id, reviewer, saturday("19:01"))


def test_refused_paper_counts_for_nothing(db: Session, afternoon: Afternoon, leader: str) -> None:
    came = propose(afternoon, leader)
    presence.approve_offline(db, came.id, staff(db, "审核员", None), saturday("19:00"), approve=False, note="没见到人")
    assert afternoon.state == "confirmed"
    assert presence.intervals(db, afternoon.registration_id) == []
    assert presence.offline_pending(db) == []


def test_nobody_approves_what_they_entered_nor_their_own(db: Session, afternoon: Afternoon, leader: str) -> None:
    came = propose(afternoon, leader)
    with pytest.raises(SamePerson):
        presence.approve_offline(db, came.id, leader, saturday("19:00"))
    with pytest.raises(SamePerson):  # an account of staff that is the leader's own WeChat
        presence.approve_offline(db, came.id, staff(db, "组长", "o-leader"), saturday("19:00"))
    with pytest.raises(SamePerson):
        presence.approve_offline(db, came.id, actors.person(afternoon.person), saturday("19:00"))
    assert presence.offline_pending(db) == [came]


def test_times_on_paper_must_be_possible(afternoon: Afternoon, leader: str) -> None:
    db, row = afternoon.db, afternoon.registration_id
    for first, last in (("15:30", "13:02"), ("13:02", "18:30")):
        with pytest.raises(ClaimImpossible):
            presence.propose_offline(db, row, saturday(first), saturday(last), leader, "n", saturday("18:00"))
    with pytest.raises(EventUnknown):
        presence.approve_offline(db, 999, leader, saturday("19:00"))
