"""Hits and misses: nothing is lost between threads, processes, a fork and the end; and the twin that loses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bot.knowledge import counts
from bot.knowledge.counts import Counts, Hit, tallies
from bot.storage.database import Database, unguarded, writing
from bot.storage.models import EntryCount

ROOT = Path(__file__).resolve().parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 3)
ASKED: list[Hit] = [("insurance", "answered"), ("certificate", "offered")]


@pytest.fixture
def counted(database: Database) -> Iterator[Counts]:
    made = Counts(database, SHANGHAI, every_s=3600)
    yield made
    made.close()


def rows(database: Database) -> dict[tuple[date, str], tuple[int, int, int, int]]:
    with database.session() as db:
        found = db.query(EntryCount)
        return {(row.day, row.entry): (row.answered, row.offered, row.chosen, row.rejected) for row in found}


def test_what_was_counted_is_added_to_what_is_there(counted: Counts, database: Database) -> None:
    counted.add(ASKED, NOW)
    counted.add([("certificate", "chosen"), ("insurance", "rejected"), ("insurance", "answered")], NOW)
    assert rows(database) == {}, "counting writes nothing"
    assert counted.flush()
    counted.add(ASKED, NOW)
    assert counted.flush()
    assert rows(database) == {(DAY, "insurance"): (3, 0, 0, 1), (DAY, "certificate"): (0, 2, 1, 0)}


def test_a_day_is_a_day_of_the_people_here(counted: Counts, database: Database) -> None:
    for hour in (15, 16):  # 23:00 and midnight in Shanghai
        counted.add([("a", "answered")], datetime(2026, 3, 3, hour, tzinfo=UTC))
    counted.flush()
    assert set(rows(database)) == {(date(2026, 3, 3), "a"), (date(2026, 3, 4), "a")}


def test_tallies_add_up_the_days_asked_for(counted: Counts, database: Database) -> None:
    for day in (1, 2, 3):
        counted.add([("a", "answered"), ("b", "offered")], NOW.replace(day=day))
    counted.flush()
    with database.session() as db:
        first, second = tallies(db, date(2026, 3, 2))
    assert (first.entry, first.answered, first.last) == ("a", 2, DAY)
    assert (second.entry, second.answered, second.offered) == ("b", 0, 2)


def test_a_database_that_is_away_is_waited_for(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counts(sqlite_database, SHANGHAI, every_s=3600)
    counted.add(ASKED, NOW)
    with monkeypatch.context() as away:
        away.setattr(counts, "add_up", _unavailable)
        assert not counted.flush()
    counted.add(ASKED, NOW)
    counted.close()
    assert rows(sqlite_database)[DAY, "insurance"] == (2, 0, 0, 0)


def _unavailable(*_: object) -> None:
    from bot.storage.database import Unavailable

    raise Unavailable("the disk is full")


def test_the_thread_writes_by_itself(sqlite_database: Database) -> None:
    counted = Counts(sqlite_database, SHANGHAI, every_s=0.05)
    counted.add(ASKED, NOW)
    deadline = time.monotonic() + 10
    while not rows(sqlite_database) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert rows(sqlite_database)[DAY, "insurance"] == (1, 0, 0, 0)
    counted.close()


PROCESS = """
import os, sys
from datetime import datetime, UTC
from zoneinfo import ZoneInfo
from bot.knowledge.counts import Counts
from bot.storage.database import Database
counted = Counts(Database(sys.argv[1]), ZoneInfo("Asia/Shanghai"), every_s=3600)
now = datetime(2026, 3, 3, 2, tzinfo=UTC)
counted.add([("a", "answered")], now)
child = os.fork()
for _ in range(2):
    counted.add([("a", "answered")], now)
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_each_process_writes_its_own_at_its_end_and_a_fork_counts_nothing_twice(
    database: Database, database_url: str
) -> None:
    command = [sys.executable, "-c", PROCESS, database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(database) == {(DAY, "a"): (1 + 2 + 2, 0, 0, 0)}


# -- two writers at once -----------------------------------------------------------------------------------------------

ROUNDS = 12


def read_then_write(db: Session, counted: counts.Waiting) -> None:
    """The upsert as it must not be: what somebody else added in between is written over."""
    for (day, entry), more in counted.items():
        row = db.get(EntryCount, (day, entry)) or EntryCount(day=day, entry=entry, answered=0)
        seen = row.answered
        time.sleep(0.01)
        row.answered = seen + more["answered"]
        db.add(row)
    db.flush()


def two_writers(database: Database, monkeypatch: pytest.MonkeyPatch, add_up: object) -> int:
    """Each adds one to the same row, again and again; returns what the row says in the end."""
    with database.session() as db:
        writing(db)
        counts.add_up(db, {(DAY, "a"): Counter()})
        db.commit()
    monkeypatch.setattr(counts, "add_up", add_up)
    writers = [Counts(database, SHANGHAI, every_s=3600) for _ in range(2)]
    start = threading.Barrier(2)

    def write(one: Counts) -> None:
        for _ in range(ROUNDS):
            start.wait(10)
            one.add([("a", "answered"), ("b", "answered")] if add_up is counts.add_up else [("a", "answered")], NOW)
            one.flush()

    threads = [threading.Thread(target=write, args=[one]) for one in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in writers:
        one.close()
    return rows(database)[DAY, "a"][0]


def test_two_writers_lose_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_writers(database, monkeypatch, counts.add_up) == 2 * ROUNDS
    assert rows(database)[DAY, "b"][0] == 2 * ROUNDS


def test_twin_reading_before_writing_loses_counts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with unguarded():  # SQLite's gate would let one writer in at a time
        assert two_writers(database, monkeypatch, read_then_write) < 2 * ROUNDS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_while_somebody_counts_leaves_no_lock_behind(sqlite_database: Database) -> None:
    counted = Counts(sqlite_database, SHANGHAI, every_s=3600)
    counted.add(ASKED, NOW)
    with counted._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(10)  # a lock left behind must end this process, not outlive the test
            counted.add(ASKED, NOW)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    counted.close()
