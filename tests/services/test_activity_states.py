"""The states of an activity as a table: every state and every event; guards, two humans, who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.push.notices import NOTICES
from bot.services import activities, actors, offers
from bot.services.activity_states import EVENTS, STATES, TRANSITIONS
from bot.services.refusals import ActivityIncomplete, CapacityBelowTaken, ShiftUnknown
from bot.services.refusals.activities import (
    DangerousForMinors,
    PolicyMissing,
    SameHuman,
    SomebodyRegistered,
    WrongState,
)
from bot.storage.models import (
    Activity,
    AuditEntry,
    Follower,
    Offer,
    Policy,
    Push,
    Registration,
    Reservation,
    Shift,
    Staff,
    Team,
)
from tests.fixtures.world import NOW, WORDS, World, hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
AUTHOR, REVIEWER = "staff:1", "staff:2"
DRAFT = activities.NewActivity(
    **WORDS, capacity=20, starts_at=NOW + hours(30), ends_at=NOW + hours(32), state="draft", author=AUTHOR
)


@pytest.fixture
def office(world: World) -> World:
    """Two of staff, each with an account of their own; the second reviews."""
    for number, role in ((1, "editor"), (2, "reviewer")):
        world.person(openid=f"staff-{number}")
        world.db.add(
            Staff(
                id=number, username=f"u{number}", role=role, password_hash="", openid=f"staff-{number}", created_at=NOW
            )
        )
    world.db.flush()
    return world


def draft(world: World, **change: Any) -> Activity:
    return activities.create(world.db, replace(DRAFT, **change), NOW)


def policy(world: World, until: float = 100) -> int:
    row = Policy(insurer="人保", number=f"P{until}", valid_from=NOW, valid_until=NOW + hours(until))
    world.db.add(row)
    world.db.flush()
    return row.id


def happen(world: World, activity: Activity, event: str) -> None:
    match event:
        case "submit":
            activities.submit(world.db, activity.id, AUTHOR, NOW)
        case "approve":
            activities.approve(world.db, activity.id, REVIEWER, NOW)
        case "reject":
            activities.reject(world.db, activity.id, REVIEWER, NOW, "写清风险")
        case "withdraw":
            activities.withdraw(world.db, activity.id, AUTHOR, NOW)
        case "cancel":
            activities.cancel(world.db, activity.id, "台风", NOW)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_and_every_event(office: World, state: str, event: str) -> None:
    activity = draft(office)
    activity.state = state
    office.db.flush()
    led_to = TRANSITIONS.get((state, event))
    if (state, event) == ("cancelled", "cancel"):
        happen(office, activity, event)  # twice is once
        assert activity.state == "cancelled"
    elif led_to is None:
        with pytest.raises(WrongState) as refused:
            happen(office, activity, event)
        assert (refused.value.state, refused.value.event, activity.state) == (state, event, state)
    else:
        happen(office, activity, event)
        assert activity.state == led_to


def test_the_table_is_what_the_rules_say() -> None:
    assert TRANSITIONS == {
        ("draft", "submit"): "submitted",
        ("rejected", "submit"): "submitted",
        ("submitted", "approve"): "open",
        ("submitted", "reject"): "rejected",
        ("open", "withdraw"): "withdrawn",
        ("open", "cancel"): "cancelled",
    }


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected", "withdrawn"])
def test_what_is_not_published_is_nobodys_to_see(office: World, state: str) -> None:
    activity = draft(office)
    activity.state = state
    office.db.flush()
    assert activities.listed(office.db, NOW) == activities.find(office.db, NOW, activity.code) == []
    with pytest.raises(ShiftUnknown):
        activities.detail(office.db, activity.shifts[0].id, NOW)


@pytest.mark.parametrize("field", ["content", "risk", "organiser", "leader"])
def test_nothing_is_submitted_that_lacks_words(office: World, field: str) -> None:
    activity = draft(office, **{field: " "})
    with pytest.raises(ActivityIncomplete) as refused:
        activities.submit(office.db, activity.id, AUTHOR, NOW)
    assert refused.value.fields == (field,)


def test_time_passes_while_it_waits_for_review(office: World) -> None:
    activity = draft(office)
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    with pytest.raises(ActivityIncomplete) as refused:
        activities.approve(office.db, activity.id, REVIEWER, NOW + hours(31))
    assert refused.value.fields == ("starts_at",)
    assert activity.state == "submitted"


def test_nobody_approves_what_they_wrote(office: World) -> None:
    activity = draft(office)
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    person = office.db.get_one(Staff, 1).openid
    assert person is not None
    for self in (AUTHOR, actors.follower(person)):
        with pytest.raises(SameHuman):
            activities.approve(office.db, activity.id, self, NOW)
    activities.approve(office.db, activity.id, REVIEWER, NOW, note="好")
    assert (activity.state, activity.reviewer, activity.review_note) == ("open", REVIEWER, "好")


def test_a_second_login_of_the_author_is_the_author(office: World) -> None:
    """Bound to the same human being by the person behind two WeChat accounts."""
    activity = draft(office)
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    first, second = (office.db.get_one(Follower, f"staff-{number}") for number in (1, 2))
    second.person_id = first.person_id
    office.db.flush()
    with pytest.raises(SameHuman):
        activities.approve(office.db, activity.id, REVIEWER, NOW)


def test_a_rejection_needs_a_reason_and_the_author_may_try_again(office: World) -> None:
    activity = draft(office)
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    with pytest.raises(ActivityIncomplete):
        activities.reject(office.db, activity.id, REVIEWER, NOW, " ")
    activities.reject(office.db, activity.id, REVIEWER, NOW, "写清风险")
    assert activities.pending(office.db) == []
    activities.submit(office.db, activity.id, AUTHOR, NOW + hours(1))
    assert (activity.state, activity.reviewer, activity.review_note) == ("submitted", "", "")
    assert activities.pending(office.db) == [activity]


def test_reviewers_are_told_of_a_submission_and_the_author_of_the_decision(office: World) -> None:
    activity = draft(office)
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    activities.approve(office.db, activity.id, REVIEWER, NOW)
    told = [(push.openid, push.payload) for push in office.db.scalars(select(Push).order_by(Push.id))]
    assert told == [
        ("staff-2", {"notice": "activities.submitted", "activity_id": activity.id}),
        ("staff-1", {"notice": "activities.reviewed", "activity_id": activity.id}),
    ]


def test_a_reviewer_is_not_asked_to_review_their_own(office: World) -> None:
    activity = draft(office, author=REVIEWER)
    activities.submit(office.db, activity.id, REVIEWER, NOW)
    assert office.db.scalars(select(Push)).all() == []


def test_danger_needs_a_policy_that_covers_every_shift(office: World) -> None:
    activity = draft(office, dangerous=True)
    later = activities.NewShift(starts_at=NOW + hours(200), ends_at=NOW + hours(202), capacity=3)
    activities.add_shift(office.db, activity.id, later, NOW)
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    for policy_id, first_without in (
        (None, hours(30)),
        (policy(office, 100), hours(200)),
        (policy(office, 201), hours(200)),
    ):
        with pytest.raises(PolicyMissing) as refused:
            activities.approve(office.db, activity.id, REVIEWER, NOW, policy_id=policy_id)
        assert refused.value.starts_at == NOW + first_without
    activities.approve(office.db, activity.id, REVIEWER, NOW, policy_id=policy(office, 202))
    assert activity.state == "open" and activity.policy_id is not None


def test_what_is_dangerous_is_for_adults(office: World) -> None:
    assert draft(office, dangerous=True).shifts[0].min_age == 18
    with pytest.raises(DangerousForMinors):
        draft(office, dangerous=True, min_age=16)
    activity = draft(office, min_age=14)
    activity.dangerous = True
    office.db.flush()
    with pytest.raises(DangerousForMinors):
        activities.submit(office.db, activity.id, AUTHOR, NOW)
    activity.shifts[0].min_age = None
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    activities.approve(office.db, activity.id, REVIEWER, NOW, policy_id=policy(office))
    assert activity.shifts[0].min_age == 18


def test_staffs_own_import_meets_the_same_guards(office: World) -> None:
    with pytest.raises(PolicyMissing):
        draft(office, state="open", dangerous=True)
    with pytest.raises(DangerousForMinors):
        draft(office, state="open", dangerous=True, min_age=17, policy_id=policy(office))
    assert office.db.scalars(select(Activity)).all() == []
    assert draft(office, state="open", dangerous=True, policy_id=policy(office, 50)).state == "open"


def test_only_what_nobody_ever_registered_for_is_withdrawn(office: World) -> None:
    shift = office.shift()
    registration = office.db.get_one(Registration, office.sign_up(shift, office.person()).registration_id)
    registration.state = "cancelled"
    office.db.flush()
    with pytest.raises(SomebodyRegistered) as refused:
        activities.withdraw(office.db, shift.activity_id, AUTHOR, NOW)
    assert refused.value.number == 1
    alone = office.shift()
    activities.withdraw(office.db, alone.activity_id, AUTHOR, NOW)
    assert alone.activity.state == "withdrawn"
    for refused_too in (
        lambda: activities.set_capacity(office.db, alone.id, 9, NOW),
        lambda: activities.move(office.db, alone.id, NOW + hours(5), NOW + hours(6), now=NOW),
        lambda: activities.add_shift(office.db, alone.activity_id, DRAFT, NOW),
    ):
        with pytest.raises(ShiftUnknown):
            refused_too()


def test_what_is_broken_off_ends_now_and_keeps_who_was_there(office: World) -> None:
    shift = office.shift(starts_in=hours(1), lasts=3, capacity=2)
    ids = office.fill(shift, waiting=1)
    there = office.db.get_one(Registration, ids[0])
    there.state = "checked_in"
    office.db.flush()
    assert activities.cancel(office.db, shift.activity_id, "暴雨", NOW + hours(2)) == 2
    assert office.states(shift) == ["checked_in", "activity_cancelled", "activity_cancelled"]
    assert shift.ended_at == NOW + hours(2)


def test_what_is_over_is_not_cancelled(office: World) -> None:
    shift = office.shift(starts_in=hours(1), lasts=2)
    with pytest.raises(WrongState) as refused:
        activities.cancel(office.db, shift.activity_id, "暴雨", NOW + hours(3))
    assert refused.value.state == "over"


def test_cancelling_ends_what_teams_hold(office: World) -> None:
    shift = office.shift()
    reservation = hold(office, shift, 5)
    activities.cancel(office.db, shift.activity_id, "暴雨", NOW)
    assert reservation.state == "cancelled"


def hold(world: World, shift: Shift, seats: int) -> Reservation:
    team = Team(code="T01", name="河小二队", created_at=NOW)
    world.db.add(team)
    world.db.flush()
    row = Reservation(
        shift_id=shift.id, team_id=team.id, person_id=world.person(), openid="o", seats=seats, state_since=NOW,
        created_at=NOW, expires_at=NOW + hours(9),
    )  # fmt: skip
    world.db.add(row)
    world.db.flush()
    return row


def test_fewer_seats_than_parties_and_teams_hold_are_refused(office: World) -> None:
    shift = office.shift(capacity=20)
    party = office.db.get_one(Registration, office.sign_up(shift, office.person()).registration_id)
    party.party_size = 3
    hold(office, shift, 5)
    office.db.flush()
    with pytest.raises(CapacityBelowTaken) as refused:
        activities.set_capacity(office.db, shift.id, 7, NOW)
    assert refused.value.taken == 8
    activities.set_capacity(office.db, shift.id, 8, NOW)


def test_after_it_is_cancelled_or_has_begun_nobody_is_offered_a_seat(office: World) -> None:
    cancelled, begun = office.shift(capacity=1), office.shift(capacity=1, starts_in=hours(1))
    for shift in (cancelled, begun):
        office.fill(shift, waiting=1)
    activities.cancel(office.db, cancelled.activity_id, "雨", NOW)
    begun.capacity = 2
    office.db.flush()
    assert offers.promote(office.db, cancelled.id, NOW) == []
    assert offers.promote(office.db, begun.id, NOW + hours(1)) == []
    assert office.db.scalars(select(Offer)).all() == []


def test_every_step_is_in_the_audit_log(office: World) -> None:
    activity = draft(office)
    actors.acting(office.db, REVIEWER)
    happen(office, activity, "submit")
    happen(office, activity, "reject")
    office.db.flush()
    rows = [
        (row.actor, row.after["state"], row.reason)
        for row in office.db.scalars(select(AuditEntry).order_by(AuditEntry.id))
        if row.subject == f"activities:{activity.id}"
    ]
    assert rows[1:] == [(REVIEWER, "submitted", ""), (REVIEWER, "rejected", "写清风险")]


def test_the_words_of_a_review(office: World) -> None:
    say = {name: NOTICES[f"activities.{name}"] for name in ("submitted", "reviewed")}
    activity = draft(office, dangerous=True)
    payload = {"activity_id": activity.id}
    assert say["submitted"](office.db, office.cipher, payload, NOW, SHANGHAI) is None
    activities.submit(office.db, activity.id, AUTHOR, NOW)
    told = say["submitted"](office.db, office.cipher, payload, NOW, SHANGHAI)
    assert told is not None and "【待审核】A01 江滨公园清洁（u1提交）" in told and "有危险" in told
    assert say["reviewed"](office.db, office.cipher, payload, NOW, SHANGHAI) is None
    activities.reject(office.db, activity.id, REVIEWER, NOW, "写清风险")
    told = say["reviewed"](office.db, office.cipher, payload, NOW, SHANGHAI)
    assert told is not None and "没有通过审核（u2）：写清风险" in told
    activity.state = "open"
    told = say["reviewed"](office.db, office.cipher, payload, NOW, SHANGHAI)
    assert told is not None and "【已发布】A01" in told
