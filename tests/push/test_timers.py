"""Timers of several workers: one turn for each interval, also when a worker is killed or the clock is moved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.push import leases
from bot.push.chores import Chores
from bot.push.timers import Timers
from bot.storage.database import Database, writing
from bot.storage.models import Lease, Staff
from tests.fixtures.waiting import eventually
from tests.fixtures.world import NOW
from tests.push.stage import Stage
from tests.push.test_reminders import friday, saturday, start_and_sign_up
from tests.push.test_worker import beat_at, running

ROOT = Path(__file__).resolve().parents[2]
EVERY_S = 0.8

# Four workers' chores with one timer that writes down who had its turn and when; loaded once, then forked.
SCRIPT = """
import os, sys, time
from datetime import datetime, timezone
from pathlib import Path
from bot.push import leases
from bot.push.chores import Chore, Chores
from bot.push.timers import Timers
from bot.settings import Settings
from bot.storage.database import Database

url, folder, every_s, guarded = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "yes"

def work(number):
    database, holder, now = Database(url), leases.holder_name(), lambda: datetime.now(timezone.utc)
    out = (folder / str(number)).open("w")
    chores = Chores(database, Settings(), holder, now, lambda: None)
    chores._timers = Timers(database, holder, now, guarded=guarded)
    chores._sweep = [Chore("tick", every_s, lambda: print(time.monotonic(), file=out, flush=True))]
    while True:
        chores.do_what_is_due()
        time.sleep(max(0.0, min(0.05, chores.due_in_s())))

children = []
for number in range(4):
    children.append(os.fork())
    if children[-1] == 0:
        work(number)
print(*children, flush=True)
for child in children:
    os.waitpid(child, 0)
"""


@contextmanager
def four_workers(url: str, folder: Path, *, guarded: bool) -> Iterator[list[int]]:
    """Their pids; each writes its turns into a file of its own."""
    for number in range(4):
        (folder / f"{number}").touch()
    arguments = [sys.executable, "-c", SCRIPT, url, str(folder), str(EVERY_S), "yes" if guarded else "no"]
    parent = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 4
    try:
        yield pids
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        parent.wait()
        parent.stdout.close()


def turns(folder: Path) -> list[tuple[float, int]]:
    """(when, whose), oldest first."""
    found = [
        (float(line), number) for number in range(4) for line in (folder / f"{number}").read_text().split("\n")[:-1]
    ]
    return sorted(found)


def gaps(folder: Path) -> list[float]:
    moments = [at for at, _ in turns(folder)]
    return [later - earlier for earlier, later in zip(moments, moments[1:], strict=False)]


def test_of_four_workers_one_has_the_turn_and_a_killed_one_leaves_no_gap(database_url: str, tmp_path: Path) -> None:
    with four_workers(database_url, tmp_path, guarded=True) as workers:
        eventually(lambda: len(turns(tmp_path)) >= 3, "three turns")
        _, last = turns(tmp_path)[-1]
        os.kill(workers[last], signal.SIGKILL)
        before = len(turns(tmp_path))
        eventually(lambda: len(turns(tmp_path)) >= before + 3, "turns of the others")
    # What is written down comes a moment after the turn was taken.
    assert min(gaps(tmp_path)) > EVERY_S / 2, "no turn twice"
    assert max(gaps(tmp_path)) < 2 * EVERY_S
    assert {whose for _, whose in turns(tmp_path)[before:]}.isdisjoint({last})


def test_the_twin_without_leases_has_each_turn_four_times(sqlite_url: str, tmp_path: Path) -> None:
    with four_workers(sqlite_url, tmp_path, guarded=False):
        eventually(lambda: len(turns(tmp_path)) >= 12, "turns")
    assert min(gaps(tmp_path)) < EVERY_S / 2


# -- turns, one at a time --------------------------------------------------------------------------------------------


def test_a_turn_is_had_once_until_its_interval_is_over(database: Database) -> None:
    first, second = Timers(database, "a", clock), Timers(database, "b", clock)
    assert first.take("tick", 0.5).wait_s == 0
    assert 0 < second.take("tick", 0.5).wait_s <= 0.5
    assert 0 < first.take("tick", 0.5).wait_s <= 0.5, "not even its own"
    assert second.take("other", 0.5).wait_s == 0, "another timer"
    time.sleep(0.5)
    assert second.take("tick", 0.5).wait_s == 0


def clock() -> datetime:
    return datetime.now(timezone.utc)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_moved_clock_gives_one_turn_at_once_to_one_of_them(database: Database, jump: timedelta) -> None:
    offset = [timedelta(0)]

    def moved() -> datetime:
        return clock() + offset[0]

    first, second = Timers(database, "a", moved), Timers(database, "b", moved)
    assert first.take("tick", 60).wait_s == 0
    assert second.take("tick", 60).wait_s > 0
    offset[0] = jump
    assert second.take("tick", 60).wait_s == 0
    assert first.take("tick", 60).wait_s > 0 and second.take("tick", 60).wait_s > 0


def test_a_row_from_before_a_reboot_holds_nobody_up(database: Database) -> None:
    timers = Timers(database, "a", clock)
    assert timers.take("tick", 60).wait_s == 0
    with database.session() as db:
        writing(db)
        row = db.get_one(Lease, "timer:tick")
        row.until += timedelta(days=30)
        db.commit()
    assert timers.take("tick", 60).wait_s == 0


def test_a_slow_job_is_not_done_twice_at_once(database: Database) -> None:
    slow, other = Timers(database, "a", clock), Timers(database, "b", clock)
    turn = slow.take("tick", 0.6)
    with slow.kept("tick", 0.6, turn):
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert other.take("tick", 0.6).wait_s > 0
            time.sleep(0.1)
    time.sleep(0.65)
    assert other.take("tick", 0.6).wait_s == 0


def test_every_sweep_but_the_own_chores_goes_by_turns(lite: Stage) -> None:
    chores = Chores(lite.database, lite.settings, "a", lite.now, lambda: None)
    assert [chore.name for chore in chores._sweep if chore.own] == ["recover", "broadcasts"]
    chores.do_what_is_due()
    with lite.database.session() as db:
        names = {row.name for row in db.query(Lease)}
    assert names == {leases.HEARTBEAT} | {f"timer:{chore.name}" for chore in chores._sweep if not chore.own}
    assert {"timer:reminders", "timer:unsettled", "timer:merits", "timer:stars"} <= names


# -- reminders under a moved clock and after an outage ---------------------------------------------------------------


def test_each_reminder_once_though_the_clock_jumps_to_and_fro_under_two_workers(lite: Stage) -> None:
    stage = lite
    openid, _, _ = start_and_sign_up(stage)
    stage.at(friday(12, 30))
    with running(stage, 2):
        eventually(lambda: beat_at(stage), "a first sweep")
        for moment in (friday(13, 30), friday(12, 30), friday(13, 30)):
            stage.at(moment)
            eventually(lambda: stage.wechat.seen(openid), "the reminder of the day before")
            time.sleep(1.2)
        assert len(stage.wechat.seen(openid)) == 1
        for moment in (saturday(11, 30), saturday(10, 30), saturday(11, 30)):
            stage.at(moment)
            eventually(lambda: len(stage.wechat.seen(openid)) == 2, "the reminder of two hours before")
            time.sleep(1.2)
    assert len(stage.wechat.seen(openid)) == 2
    assert [push.state for push in stage.pushes("reminder")] == ["sent", "sent"]


def test_after_a_days_outage_what_is_late_is_over_and_what_is_not_is_said(stage: Stage) -> None:
    """Planned before the outage: expired. Not planned: not any more. No flood of yesterday's reminders."""
    early, _, _ = start_and_sign_up(stage)
    later = stage.follower()
    stage.signs_up(later, stage.shift(starts_at=saturday(13) + timedelta(days=1), place="体育馆"))
    stage.at(friday(12, 55))
    stage.work()
    assert stage.states("reminder") == ["due"]
    stage.at(saturday(12, 55))
    stage.work()
    assert stage.states("reminder")[0] == "expired", "the day before"
    (text,) = stage.wechat.texts(early)
    assert "今天" in text, "of two hours before, which is not two hours late"
    stage.at(saturday(13))
    stage.work()
    assert len(stage.wechat.seen(later)) == 1, "tomorrow's, at its time"
    assert sorted(stage.states("reminder")) == ["expired", "sent", "sent"]


def puts_on_duty(stage: Stage, openid: str) -> None:
    staff = {"username": "li", "name": "李老师", "role": "admin", "password_hash": "", "created_at": NOW}
    stage.write(lambda db: db.add(Staff(**staff, openid=openid, on_duty=True)))


def test_those_on_duty_hear_that_nothing_was_sent_for_a_while(stage: Stage) -> None:
    openid = stage.follower()
    stage.writes(openid)
    puts_on_duty(stage, openid)
    silent_since = datetime.now(timezone.utc) - timedelta(minutes=25)

    def was_silent(db: object) -> None:
        lease = Lease(name=leases.HEARTBEAT, holder="gone", until=silent_since, beat_at=silent_since)
        db.add(lease)  # type: ignore[attr-defined]

    stage.write(was_silent)
    with running(stage, 2):
        eventually(lambda: stage.wechat.seen(openid), "the notice")
        time.sleep(0.5)
    (text,) = stage.wechat.texts(openid)
    assert "停了25分钟，现在已恢复" in text and "python -m bot check" in text


def test_a_short_restart_is_told_to_nobody(lite: Stage) -> None:
    puts_on_duty(lite, "o-li")
    recently = datetime.now(timezone.utc) - timedelta(minutes=9)
    lite.write(lambda db: db.add(Lease(name=leases.HEARTBEAT, holder="gone", until=recently, beat_at=recently)))
    with running(lite):
        eventually(lambda: beat_at(lite) != recently, "a heartbeat")
    assert lite.pushes() == []
