"""Leases by a clock that nobody can set; holders that are found dead; the heartbeat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

import pytest

from bot.push import leases
from bot.storage.database import Database
from bot.storage.models import Lease


def test_the_lease_clock_runs_forward_whatever_the_wall_clock_says(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.session() as db:
        before = leases.instant(db)
        monkeypatch.setattr(time, "time", lambda: 0.0)
        time.sleep(0.05)
        passed = leases.instant(db) - before
    assert timedelta(seconds=0.04) < passed < timedelta(seconds=5)


def test_a_lease_is_over_when_its_time_is_up_or_it_is_from_before_a_reboot() -> None:
    at = datetime(1970, 1, 2, tzinfo=timezone.utc)
    nobody = "elsewhere/1/2/3/0"
    assert not leases.is_over(at + timedelta(seconds=30), nobody, at, 30)
    assert leases.is_over(at, nobody, at, 30)
    assert leases.is_over(None, nobody, at, 30)
    assert leases.is_over(at + timedelta(days=3), nobody, at, 30)


def test_a_killed_process_of_this_machine_is_found_dead_at_once() -> None:
    script = "from bot.push import leases; import time; print(leases.holder_name(), flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    holder = process.stdout.readline().strip()
    assert holder.count("/") == 4 and len(holder) <= 64
    assert not leases.is_dead(holder)
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert leases.is_dead(holder), "a zombie is dead too"
    process.wait()
    assert leases.is_dead(holder)


def test_only_who_is_certainly_gone_is_dead() -> None:
    mine = leases.holder_name()
    assert not leases.is_dead(mine)
    host, namespace, pid, started, number = mine.split("/")
    assert leases.is_dead("/".join((host, namespace, pid, started + "9", number))), "the pid was given to another"
    assert not leases.is_dead("/".join(("another-host", namespace, pid, started + "9", number)))
    assert not leases.is_dead("/".join((host, "4026", pid, started + "9", number))), "in another container"
    assert not leases.is_dead("") and not leases.is_dead("a") and not leases.is_dead("a/b/c")


def test_the_heartbeat_is_one_row_by_the_wall_clock(database: Database) -> None:
    for holder in ("a", "b"):
        leases.beat(database, holder, 30)
    with database.session() as db:
        (row,) = db.query(Lease).all()
    assert (row.name, row.holder) == ("worker", "b")
    assert abs(datetime.now(timezone.utc) - row.beat_at) < timedelta(seconds=30)
