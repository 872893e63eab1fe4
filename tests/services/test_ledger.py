"""The ledger and its settlement: entries follow from presence, corrections are reversals, nothing is ever changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from bot.services import actors, appeals, disputes, honours, hours, ledger, points, presence, settlement, working_days
from bot.services.explaining import explain
from bot.services.ledger import NewEntry
from bot.services.refusals.hours import (
    AlreadyReversed,
    EntryUnknown,
    HoursImpossible,
    NothingToDispute,
    NotOver,
    NotVolunteering,
    TwoPeopleNeeded,
)
from bot.services.rules import USUAL, Rules
from bot.settings_volunteering import HourRules, Volunteering
from bot.storage.database import Database, writing
from bot.storage.models import LedgerEntry, Push, Registration, Staff
from tests.fixtures.world import World
from tests.services.presence_world import Afternoon, saturday

LEADER, OTHER = "staff:1", "staff:2"


@pytest.fixture
def afternoon(db: Session, world: World) -> Afternoon:
    writing(db)
    for number in (1, 2):
        row = {"username": f"s{number}", "name": f"老师{number}", "password_hash": "x", "role": "admin"}
        db.add(Staff(id=number, openid=f"staff-{number}", created_at=world.now, **row))
    db.flush()
    return Afternoon(db, world)


def attend(afternoon: Afternoon, came: str = "13:12", left: str = "15:30") -> None:
    afternoon.try_("in", came)
    afternoon.try_("out", left)


def settle(afternoon: Afternoon, at: str = "16:00", rules: Rules = USUAL) -> settlement.Settlement:
    return settlement.settle(afternoon.db, afternoon.shift.id, LEADER, saturday(at), rules)


def test_presence_becomes_minutes_once(afternoon: Afternoon, db: Session) -> None:
    attend(afternoon)
    first, again = settle(afternoon), settle(afternoon)
    assert (first.credited, first.is_complete, again.credited) == ((afternoon.registration_id,), True, ())
    assert hours.total(db, afternoon.person).credit == 138
    assert (afternoon.state, afternoon.shift.settled_at) == ("completed", saturday("16:00"))
    entry = ledger.entries(db, afternoon.person, limit=5)[0]
    said = explain(entry)
    assert (said.present, said.minutes, said.came_at) == (138, 138, saturday("13:12"))
    assert len(entry.detail["events"]) == 2
    assert db.query(Push).filter(Push.key.like("hours.settled:%")).count() == 1


def test_not_before_the_end_and_not_silently_full_or_zero(afternoon: Afternoon, db: Session) -> None:
    afternoon.try_("in", "12:58")
    with pytest.raises(NotOver):
        settle(afternoon, "15:29")
    presence.close(db, afternoon.shift.id, saturday("16:31"))
    done = settle(afternoon, "17:00")
    assert done.pending == (afternoon.registration_id,) and not done.credited
    assert hours.total(db, afternoon.person).total == 0 and afternoon.shift.settled_at is None


def test_who_was_not_recorded_on_the_day_gets_honour_time(afternoon: Afternoon, db: Session) -> None:
    """Said by the volunteer, confirmed by another: two people stand behind it, and it earns no points."""
    presence.close(db, afternoon.shift.id, saturday("16:31"))
    appeal = appeals.says_was_there(db, afternoon.registration_id, "手机没电", saturday("10:00", 8))
    appeals.decide(db, appeal.id, True, OTHER, saturday("11:00", 8))
    settlement.settle(db, afternoon.shift.id, LEADER, saturday("12:00", 8))
    found = hours.total(db, afternoon.person)
    assert (found.credit, found.honour, points.balance(db, afternoon.person)) == (0, 150, 0)
    entry = ledger.entries(db, afternoon.person, limit=1)[0]
    assert (entry.entered_by, entry.approved_by) == (actors.person(afternoon.person), OTHER)


def test_what_is_decided_late_is_settled_by_itself(afternoon: Afternoon, db: Session, world: World) -> None:
    second = world.person()
    registration = world.sign_up(afternoon.shift, second).registration_id
    attend(afternoon)
    presence.close(db, afternoon.shift.id, saturday("16:31"))
    assert settle(afternoon, "17:00").is_complete  # the other never came
    row = db.get_one(Registration, registration)
    writing(db)
    row.state = "confirmed"
    afternoon.try_("in", "13:00", person=second)
    afternoon.try_("out", "14:00", person=second)
    assert settlement.settle_late(db, saturday("18:00")) == 1
    assert hours.total(db, second).credit == 60


def test_what_is_no_volunteering_gives_nothing(db: Session, afternoon: Afternoon) -> None:
    afternoon.shift.activity.kind = "training"
    attend(afternoon)
    settle(afternoon)
    assert afternoon.state == "completed"
    assert db.query(LedgerEntry).count() == 0
    with pytest.raises(NotVolunteering):
        ledger.add(db, honour(afternoon, shift_id=afternoon.shift.id), saturday("17:00"))


def honour(afternoon: Afternoon, **more: object) -> NewEntry:
    values = {
        "person_id": afternoon.person, "kind": "honour", "minutes": 60, "effective_on": date(2026, 3, 7),
        "title": "补记", "entered_by": LEADER, "approved_by": OTHER, "detail": {}, **more,
    }  # fmt: skip
    return NewEntry(**values)  # type: ignore[arg-type]


def test_an_overlapped_half_hour_counts_once(db: Session, world: World, afternoon: Afternoon) -> None:
    attend(afternoon, "13:00", "15:30")
    settle(afternoon)
    later = world.shift(starts_at=saturday("15:00"), ends_at=saturday("17:00"))
    writing(db)
    row = Registration(shift_id=later.id, person_id=afternoon.person, openid="o", state="confirmed",
                       state_since=world.now, created_at=world.now)  # fmt: skip
    db.add(row)
    db.flush()
    for kind, clock in (("in", "15:00"), ("out", "17:00")):
        presence.record(
            db, shift_id=later.id, person_id=afternoon.person, kind=kind, captured_at=saturday(clock), channel="leader",
            entered_by=LEADER, nonce=f"later-{kind}", now=saturday(clock),
        )  # fmt: skip
    settlement.settle(db, later.id, LEADER, saturday("17:30"))
    newest = ledger.of_activity(db, afternoon.person, later.activity.code)
    assert newest is not None and (newest.minutes, newest.detail["twice"]) == (90, 30)
    assert hours.total(db, afternoon.person).credit == 240


def test_hours_entered_by_hand_before_are_not_counted_again(afternoon: Afternoon, db: Session) -> None:
    attend(afternoon, "13:00", "15:30")
    times = {"starts_at": saturday("13:00"), "ends_at": saturday("15:30"), "minutes": 100}
    made = honours.propose(
        db, afternoon.person, reason="纸质签到", actor=LEADER, now=saturday("15:45"),
        shift_id=afternoon.shift.id, **times,
    )  # fmt: skip
    honours.decide(db, made.id, True, OTHER, saturday("15:50"))
    settle(afternoon)
    found = hours.total(db, afternoon.person)
    assert (found.honour, found.credit) == (100, 50)
    assert explain(ledger.entries(db, afternoon.person, limit=1)[0]).by_hand == 100


def test_a_correction_never_counts_another_shifts_time(db: Session, world: World, afternoon: Afternoon) -> None:
    attend(afternoon, "13:00", "15:00")
    settle(afternoon)
    later = world.shift(starts_at=saturday("15:00"), ends_at=saturday("17:00"))
    row = Registration(
        shift_id=later.id, person_id=afternoon.person, openid="o", state="confirmed", state_since=world.now,
        created_at=world.now,
    )  # fmt: skip
    writing(db)
    db.add(row)
    db.flush()
    for kind, clock in (("in", "15:00"), ("out", "17:00")):
        presence.record(
            db, shift_id=later.id, person_id=afternoon.person, kind=kind, captured_at=saturday(clock), channel="leader",
            entered_by=LEADER, nonce=f"later-{kind}", now=saturday(clock),
        )  # fmt: skip
    settlement.settle(db, later.id, LEADER, saturday("17:30"))
    entry = ledger.of_activity(db, afternoon.person, "A12")
    assert entry is not None and entry.minutes == 120
    with pytest.raises(HoursImpossible) as refused:
        ledger.correct(db, entry.id, 150, LEADER, OTHER, "多记", saturday("18:00"))
    assert refused.value.most == 120


def test_nobody_is_credited_without_presence(afternoon: Afternoon, db: Session) -> None:
    new = honour(afternoon, kind="credit", registration_id=afternoon.registration_id, minutes=600)
    with pytest.raises(HoursImpossible):
        ledger.add(db, new, saturday("17:00"))


def test_a_correction_is_a_reversal_and_a_new_entry(afternoon: Afternoon, db: Session) -> None:
    attend(afternoon)
    settle(afternoon)
    entry = ledger.entries(db, afternoon.person, limit=1)[0]
    new = ledger.correct(db, entry.id, 150, LEADER, OTHER, "签到机慢了", saturday("18:00"))
    assert [row.minutes for row in db.query(LedgerEntry).order_by(LedgerEntry.id)] == [138, -138, 150]
    assert hours.total(db, afternoon.person).credit == 150
    assert (explain(new).was, ledger.entries(db, afternoon.person, limit=5)) == (138, [new])
    with pytest.raises(AlreadyReversed):
        ledger.reverse(db, entry.id, LEADER, OTHER, "again", saturday("18:00"))
    with pytest.raises(HoursImpossible):
        ledger.correct(db, new.id, 151, LEADER, OTHER, "more than planned", saturday("18:00"))
    with pytest.raises(TwoPeopleNeeded):
        ledger.reverse(db, new.id, LEADER, LEADER, "alone", saturday("18:00"))
    with pytest.raises(EntryUnknown):
        ledger.reverse(db, 999, LEADER, OTHER, "nothing", saturday("18:00"))


@pytest.mark.parametrize("statement", ["UPDATE ledger_entries SET minutes = 999", "DELETE FROM ledger_entries"])
def test_the_database_refuses_changes(afternoon: Afternoon, db: Session, statement: str) -> None:
    attend(afternoon)
    settle(afternoon)
    db.commit()
    writing(db)
    with pytest.raises(DatabaseError, match="append only"):
        db.execute(text(statement))
    db.rollback()
    assert hours.total(db, afternoon.person).credit == 138


def test_a_change_of_rules_changes_only_what_comes_later(afternoon: Afternoon, db: Session) -> None:
    strict = Rules(volunteering=Volunteering(hours=(HourRules(), HourRules(since=date(2026, 3, 8), snap_minutes=0))))
    attend(afternoon, "13:04", "15:30")
    settle(afternoon, rules=strict)
    entry = ledger.entries(db, afternoon.person, limit=1)[0]
    assert (entry.minutes, entry.rule_since) == (150, date(2017, 1, 1))


def test_a_dispute_is_decided_by_another_and_may_go_further(afternoon: Afternoon, db: Session) -> None:
    attend(afternoon)
    settle(afternoon)
    entry = ledger.entries(db, afternoon.person, limit=1)[0]
    appeal = disputes.ask(db, afternoon.person, entry.id, "我13点就到了", saturday("17:00"))
    assert appeal.due_at == datetime.fromisoformat("2026-03-11T18:00+08:00")
    with pytest.raises(TwoPeopleNeeded):
        disputes.decide(db, appeal.id, True, actors.person(afternoon.person), saturday("18:00"), minutes=150)
    with pytest.raises(HoursImpossible):
        disputes.decide(db, appeal.id, False, "person:999", saturday("18:00"))
    disputes.decide(db, appeal.id, False, "person:999", saturday("18:00"), "签到表上是13:12")
    up = disputes.escalate(db, appeal.id, afternoon.person, saturday("19:00"))
    assert (up.state, [one.id for one in disputes.pending(db)]) == ("escalated", [appeal.id])
    disputes.decide(db, appeal.id, True, LEADER, saturday("20:00"), "照片证实", minutes=150)
    assert hours.total(db, afternoon.person).credit == 150
    with pytest.raises(NothingToDispute):
        disputes.escalate(db, appeal.id, afternoon.person, saturday("21:00"))
    with pytest.raises(NothingToDispute):
        disputes.ask(db, afternoon.person + 1000, entry.id, "不是我的", saturday("17:00"))


def test_leaders_are_warned_after_seven_working_days_and_staff_after_ten(afternoon: Afternoon, db: Session) -> None:
    attend(afternoon)
    stages = {}
    for days in range(24):
        now = saturday("10:00") + timedelta(days=days, hours=12)
        found = [one.stage for one in settlement.due(db, now)]
        stages[now.date()] = found[0] if found else ""
    first = {stage: min(day for day, name in stages.items() if name == stage) for stage in ("warning", "breach")}
    # Saturday 7 March: the seventh working day after it is Tuesday 17, the tenth Friday 20, late from the 21st on.
    assert first == {"warning": date(2026, 3, 17), "breach": date(2026, 3, 21)}
    assert settlement.warn(db, datetime.fromisoformat("2026-03-21T09:00+08:00")) == 1
    assert settlement.warn(db, datetime.fromisoformat("2026-03-21T10:00+08:00")) == 1
    assert db.query(Push).filter(Push.key.like("hours.breach:%")).count() == 2  # two administrators, once each


def test_working_days_know_the_holidays() -> None:
    # The National Day of 2025: 1 to 8 October off, Saturday 11 worked.
    assert working_days.add(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert working_days.add(date(2025, 10, 10), 1) == date(2025, 10, 11)
    assert working_days.add(date(2099, 1, 2), 1) == date(2099, 1, 5)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda db: hours.total(db, 7), "COVERING INDEX ix_ledger_entries_person"),
        (lambda db: ledger.entries(db, 7, limit=6), "INDEX ix_ledger_entries_person"),
    ],
    ids=["我的时长", "时长明细"],
)
def test_what_one_asks_is_found_by_ones_own_rows(
    sqlite_database: Database, ask: Callable[[Session], object], index: str
) -> None:
    """The plan of the very statement that runs, in a database without statistics: as every new one is."""
    ran: list[tuple[str, Any]] = []
    with sqlite_database.session() as db:
        engine = sqlite_database.engine
        event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, args, *_: ran.append((sql, args)))
        ask(db)
        sql, args = next((sql, args) for sql, args in ran if "FROM ledger_entries" in sql)
        plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args).all()
    said = "; ".join(row[3] for row in plan)
    assert f"SEARCH ledger_entries USING {index} (person_id" in said, said
