"""Clocks of questions: concrete deadlines in natural and working time, and exactly the promises that were broken."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import is_workday
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.services.questions import answering, asking, promises, reviewing
from bot.services.questions.clocks import Clock
from bot.services.rules import Rules
from bot.settings_voice import Voice
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import QuestionClock, Staff

ZONE = ZoneInfo("Asia/Shanghai")
NATURAL = Clock(ZONE, False, time(8, 30), time(17, 30))
WORKING = Clock(ZONE, True, time(8, 30), time(17, 30))
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def counts(moment: datetime) -> bool:
    """The reference: one minute of office time."""
    local = moment.astimezone(ZONE)
    return is_workday(local.date()) and time(8, 30) <= local.time() < time(17, 30)


def counted(start: datetime, length: timedelta) -> datetime:
    """Minute by minute, as slowly as it can be said."""
    moment = start
    while length > timedelta():
        length -= MINUTE if counts(moment) else timedelta()
        moment += MINUTE
    return moment


@pytest.mark.parametrize(
    ("clock", "asked", "reviewed", "replied"),
    [
        (NATURAL, "2026-03-03 23:10", "2026-03-04 02:10", "2026-03-06 23:10"),
        (WORKING, "2026-03-03 23:10", "2026-03-04 11:30", "2026-03-06 17:30"),
        (WORKING, "2026-03-03 16:00", "2026-03-04 10:00", "2026-03-06 16:00"),
        (WORKING, "2026-03-03 14:30", "2026-03-03 17:30", "2026-03-06 14:30"),
        (WORKING, "2026-03-07 10:00", "2026-03-09 11:30", "2026-03-11 17:30"),  # a Saturday
        (WORKING, "2026-09-30 17:00", "2026-10-08 11:00", "2026-10-10 17:00"),  # the national holidays; 10-10 works
        (WORKING, "2026-02-14 09:00", "2026-02-14 12:00", "2026-02-26 09:00"),  # a Saturday that works, then 春节
    ],
)
def test_deadlines_as_they_are_told(clock: Clock, asked: str, reviewed: str, replied: str) -> None:
    assert clock.after(at(asked), hours=3) == at(reviewed)
    assert clock.after(at(asked), days=3) == at(replied)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)).map(lambda d: d.replace(second=0, microsecond=0)),
    st.integers(1, 27 * 60),
)
def test_working_time_is_what_counting_minutes_gives(start: datetime, minutes: int) -> None:
    begins = start.replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
    ends = WORKING.run(begins, minutes * MINUTE)
    assert ends == counted(begins, minutes * MINUTE)
    assert WORKING.between(begins, ends) == minutes * MINUTE


@pytest.mark.parametrize("kind", ["natural", "working"])
def test_a_simulated_month_breaks_exactly_the_promises_of_the_reference(
    sqlite_database: Database, cipher: Cipher, kind: str
) -> None:
    """200 questions at random times, nights and holidays too; some wait for the asker meanwhile."""
    with sqlite_database.session() as db:
        month(db, cipher, kind)


def month(db: Session, cipher: Cipher, kind: str) -> None:
    rules, clock = Rules(voice=Voice(clock=kind)), NATURAL if kind == "natural" else WORKING  # type: ignore[arg-type]
    writing(db)
    staff = [Staff(username=f"s{n}", password_hash="x", role="admin", created_at=at("2026-01-01")) for n in range(2)]
    db.add_all(staff)
    db.flush()
    one, other = (f"staff:{row.id}" for row in staff)
    luck, expected = random.Random(20260930), []
    end = at("2026-11-15 00:00")
    for number in range(200):
        asked = at("2026-09-15 00:00") + luck.randrange(30 * 1440) * MINUTE
        row = asking.ask(db, cipher, f"o-{number}", "league", "团费怎么交", asked, rules)
        pause = (luck.randrange(60) * MINUTE, luck.randrange(3000) * MINUTE) if luck.random() < 0.3 else None
        review_due, reply_due = clock.after(asked, hours=3), clock.after(asked, days=3)
        if pause:  # within the first hour more is asked for
            stopped = asked + pause[0]
            reviewing.want_more(db, cipher, row.id, "哪个学校？", one, stopped, rules)
            asking.add(db, cipher, row.id, f"o-{number}", "一中", stopped + pause[1], rules)
            stood = clock.between(stopped, stopped + pause[1])
            review_due, reply_due = clock.run(review_due, stood), clock.run(reply_due, stood)
        reviewed = max(asked + sum(pause or (), timedelta()), asked) + luck.randrange(1, 1200) * MINUTE
        answered = reviewed + luck.randrange(1, 9000) * MINUTE
        if luck.random() < 0.9:
            reviewing.accept(db, row.id, one, reviewed, rules)
            answering.draft(db, cipher, row.id, "每月交", staff[0], reviewed, rules)
            expected += [(row.number, "review", review_due)] * (reviewed > review_due)
        else:
            expected.append((row.number, "review", review_due))
        if luck.random() < 0.9 and row.state == "accepted":
            answering.send(db, cipher, row.id, other, answered, rules)
            expected += [(row.number, "reply", reply_due)] * (answered > reply_due)
        else:
            expected.append((row.number, "reply", reply_due))
    found = promises.breaches(db, at("2026-09-01"), end, end)
    assert sorted((one.number, one.kind, one.due_at) for one in found) == sorted(expected)
    assert 50 < len(found) < 350


def test_a_pause_moves_the_deadline_and_is_never_a_breach(db: Session, cipher: Cipher) -> None:
    now = at("2026-03-03 23:10")
    row = asking.ask(db, cipher, "o", "rights", "拖欠工资", now)
    reviewing.want_more(db, cipher, row.id, "有合同吗？", "staff:1", now + timedelta(hours=1))
    later = now + timedelta(days=9)
    assert promises.breaches(db, now, later, later) == []
    assert promises.due(db, row, "review") == at("2026-03-04 02:10")
    asking.add(db, cipher, row.id, "o", "没有", now + timedelta(hours=11))
    assert promises.due(db, row, "review") == at("2026-03-04 12:10")
    assert promises.due(db, row, "reply") == at("2026-03-07 09:10")
    assert [one.kind for one in promises.breaches(db, now, later, later)] == ["review", "reply"]


def test_what_was_late_before_the_pause_stays_late(db: Session, cipher: Cipher) -> None:
    now = at("2026-03-03 08:00")
    row = asking.ask(db, cipher, "o", "league", "团费", now)
    reviewing.want_more(db, cipher, row.id, "哪个学校？", "staff:1", now + timedelta(hours=5))
    asking.add(db, cipher, row.id, "o", "一中", now + timedelta(hours=50))
    clocks = {one.kind: one for one in db.query(QuestionClock)}
    assert clocks["review"].due_at == at("2026-03-03 11:00")
    assert clocks["reply"].due_at == at("2026-03-08 05:00")
    assert date(2026, 3, 8) == clocks["reply"].due_at.astimezone(ZONE).date()
