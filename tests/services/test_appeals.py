"""Appeals about presence: who may say what until when, who decides, and what becomes of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, appeals, presence
from bot.services.refusals.attendance import (
    AppealDecided,
    AppealUnknown,
    ClaimImpossible,
    NothingToAppeal,
    ReasonMissing,
    SamePerson,
)
from bot.storage.models import Appeal, AttendanceEvent, Push, Staff
from tests.fixtures.world import World, hours
from tests.services.presence_world import Afternoon, saturday


@pytest.fixture
def afternoon(db: Session, world: World) -> Afternoon:
    return Afternoon(db, world)


@pytest.fixture
def admin(db: Session) -> str:
    row = Staff(username="li", password_hash="x", role="admin", openid="o-admin", created_at=saturday("08:00"))
    db.add(row)
    db.flush()
    return actors.staff(row.id)


@pytest.fixture
def leader(world: World, afternoon: Afternoon) -> str:
    leads = world.person("李组长", openid="o-leader")
    afternoon.shift.activity.leader_id = leads
    world.db.flush()
    return actors.person(leads)


def forgot(afternoon: Afternoon, left: str = "15:30") -> Appeal:
    afternoon.try_("in", "12:58")
    presence.close(afternoon.db, afternoon.shift.id, saturday("16:31"))
    now = saturday("16:40")
    return appeals.says_left(afternoon.db, afternoon.registration_id, saturday(left), "三点半走的", now)


def was_there(afternoon: Afternoon, clock: str = "16:40") -> Appeal:
    presence.close(afternoon.db, afternoon.shift.id, saturday("16:31"))
    return appeals.says_was_there(afternoon.db, afternoon.registration_id, "我到了", saturday(clock))


def told(db: Session, openid: str) -> list[str]:
    rows = db.scalars(select(Push).where(Push.openid == openid, Push.kind == "notice").order_by(Push.id))
    return [row.payload["notice"].removeprefix("attendance.") for row in rows]


def test_a_forgotten_check_out_waits_for_the_leader(db: Session, afternoon: Afternoon, leader: str) -> None:
    appeal = forgot(afternoon)
    assert (appeal.kind, appeal.claimed_in, appeal.claimed_out) == ("check_out", saturday("12:58"), saturday("15:30"))
    assert afternoon.state == "unclosed"
    assert presence.intervals(db, afternoon.registration_id)[0].out_at is None
    assert told(db, "o-leader") == ["appeal"]
    assert appeals.pending(db) == [appeal]
    assert appeal.due_at == saturday("18:00", day=17)  # seven working days after a Saturday


def test_upheld_it_counts_in_the_deciders_name(db: Session, afternoon: Afternoon, leader: str) -> None:
    appeal = forgot(afternoon)
    appeals.decide(db, appeal.id, True, leader, saturday("18:00"))
    assert afternoon.state == "checked_out"
    (pair,) = presence.intervals(db, afternoon.registration_id)
    assert (pair.in_at, pair.out_at, pair.channel) == (saturday("12:58"), saturday("15:30"), "code")
    event = db.get_one(AttendanceEvent, pair.out_event_id)
    assert (event.channel, event.entered_by, event.kind) == ("leader", leader, "out")
    assert told(db, "o-1") == ["unclosed", "upheld"]
    with pytest.raises(AppealDecided):
        appeals.decide(db, appeal.id, False, leader, saturday("18:01"), "不是")


def test_the_time_may_be_corrected_until_it_is_decided(db: Session, afternoon: Afternoon, leader: str) -> None:
    first = forgot(afternoon, "15:30")
    again = appeals.says_left(db, afternoon.registration_id, saturday("15:10"), "", saturday("16:50"))
    assert again.id == first.id and again.claimed_out == saturday("15:10")
    appeals.says_left(db, afternoon.registration_id, saturday("15:10"), "", saturday("16:51"))
    assert told(db, "o-leader") == ["appeal", "appeal"]  # once for each time claimed


@pytest.mark.parametrize("left", ["12:58", "12:00", "16:31"])
def test_a_time_before_coming_or_after_the_window_is_impossible(afternoon: Afternoon, left: str) -> None:
    with pytest.raises(ClaimImpossible) as refused:
        forgot(afternoon, left)
    assert (refused.value.after, refused.value.before) == (saturday("12:58"), saturday("16:30"))


def test_who_checked_out_or_never_came_has_no_check_out_to_claim(db: Session, afternoon: Afternoon) -> None:
    with pytest.raises(NothingToAppeal):
        appeals.says_left(db, afternoon.registration_id, saturday("15:30"), "", saturday("16:00"))
    afternoon.try_("in", "12:58")
    afternoon.try_("out", "15:31")
    with pytest.raises(NothingToAppeal):
        appeals.says_left(db, afternoon.registration_id, saturday("15:30"), "", saturday("16:00"))


def test_i_was_there_claims_the_planned_time(db: Session, afternoon: Afternoon, leader: str) -> None:
    appeal = was_there(afternoon)
    assert (appeal.kind, appeal.claimed_in, appeal.claimed_out) == ("check_in", saturday("13:00"), saturday("15:30"))
    appeals.decide(db, appeal.id, True, leader, saturday("18:00"))
    assert afternoon.state == "checked_out"
    (pair,) = presence.intervals(db, afternoon.registration_id)
    assert (pair.in_at, pair.out_at, pair.channel) == (saturday("13:00"), saturday("15:30"), "leader")


def test_i_was_there_begins_with_the_code_that_nobody_confirmed(afternoon: Afternoon) -> None:
    afternoon.try_("in", "13:08", needs_person=True)
    assert was_there(afternoon).claimed_in == saturday("13:08")


def test_i_was_there_is_heard_for_48_hours(db: Session, afternoon: Afternoon) -> None:
    presence.close(db, afternoon.shift.id, saturday("16:31"))
    edge = saturday("16:31") + hours(48)
    with pytest.raises(NothingToAppeal) as refused:
        appeals.says_was_there(db, afternoon.registration_id, "", edge + hours(0.1))
    assert refused.value.until == edge
    assert appeals.says_was_there(db, afternoon.registration_id, "", edge).state == "open"


def test_before_the_end_there_is_nothing_to_appeal(db: Session, afternoon: Afternoon) -> None:
    with pytest.raises(NothingToAppeal):
        appeals.says_was_there(db, afternoon.registration_id, "", saturday("14:00"))


def test_a_refusal_says_why_and_the_committee_can_be_asked_once(
    db: Session, afternoon: Afternoon, leader: str, admin: str
) -> None:
    appeal = was_there(afternoon)
    with pytest.raises(ReasonMissing):
        appeals.decide(db, appeal.id, False, leader, saturday("18:00"), " ")
    appeals.decide(db, appeal.id, False, leader, saturday("18:00"), "点名时没见到人")
    assert (appeal.state, appeal.answer, afternoon.state) == ("refused", "点名时没见到人", "absent")
    with pytest.raises(AppealUnknown):  # somebody else's
        appeals.escalate(db, appeal.id, 999, saturday("19:00"))
    appeals.escalate(db, appeal.id, afternoon.person, saturday("19:00"))
    assert appeal.state == "escalated" and told(db, "o-admin") == ["appeal_escalated"]
    assert appeals.may_decide(db, "o-leader", appeal) is None
    assert appeals.may_decide(db, "o-admin", appeal) == admin
    appeals.decide(db, appeal.id, False, admin, saturday("20:00"), "照片里没有您")
    with pytest.raises(AppealUnknown):
        appeals.escalate(db, appeal.id, afternoon.person, saturday("21:00"))


def test_nobody_decides_about_themselves(db: Session, afternoon: Afternoon) -> None:
    appeal = was_there(afternoon)
    with pytest.raises(SamePerson):
        appeals.decide(db, appeal.id, True, actors.person(afternoon.person), saturday("18:00"))
    db.add(Staff(username="w", password_hash="x", role="admin", openid="o-1", created_at=saturday("08:00")))
    db.flush()
    mine = appeals.may_decide(db, "o-1", appeal)
    assert mine is not None
    with pytest.raises(SamePerson):
        appeals.decide(db, appeal.id, True, mine, saturday("18:00"))


def test_only_who_leads_or_staff_may_decide(db: Session, afternoon: Afternoon, leader: str) -> None:
    appeal = was_there(afternoon)
    assert appeals.may_decide(db, "o-1", appeal) is None
    assert appeals.may_decide(db, "o-leader", appeal) == leader


def test_what_nobody_decides_in_time_is_complained_of_once(db: Session, afternoon: Afternoon, admin: str) -> None:
    appeal = was_there(afternoon)
    assert appeals.complain(db, appeal.due_at) == 0
    for _ in range(2):
        assert appeals.complain(db, appeal.due_at + hours(1)) == 1
    assert told(db, "o-1") == ["absent", "appeal_late"]
    assert told(db, "o-admin") == ["appeal", "appeal_overdue"]  # no leader is known: administrators were asked too
