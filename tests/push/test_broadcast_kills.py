"""kill -9 amid a broadcast's pages, calls and reports: each follower receives it once, and none is forgotten."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.push import broadcasts_batches, broadcasts_pages
from bot.services.rules import USUAL
from bot.storage.database import unguarded
from tests.push.addressed import approved, batches, followers, report, row, seen, states
from tests.push.stage import Stage

ROOT = Path(__file__).resolve().parents[2]

# A worker process that kills itself at one moment: before a page is committed, when a call is claimed and not made,
# when it is made and nothing is written of it, amid telling the recipients, and before pushes are committed.
SCRIPT = """
import os, signal, sys, uuid
from datetime import datetime
from types import SimpleNamespace
from bot.push import broadcasts_batches, broadcasts_calls, broadcasts_pages, worker
from bot.services import recipients
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import connect
from tests.push.account import client_for, settings_for

database_url, redis_url, prefix, wechat_url, at, moment, times, stable = sys.argv[1:]
broadcasts_pages.PAGE, broadcasts_pages.MOST_IN_A_CALL, recipients.PAGE = 7, 10, 7
where, name = {
    "page": (broadcasts_pages, "_page"), "claimed": (broadcasts_calls.Caller, "make"),
    "called": (broadcasts_batches, "settle"), "told": (recipients, "settle_page"),
    "owed": (broadcasts_pages, "_owe_page"),
}[moment]
work, left = getattr(where, name), [int(times)]

def dying(*given, **named):
    left[0] -= 1
    done = None if moment in ("claimed", "called") and not left[0] else work(*given, **named)
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

setattr(where, name, dying)
settings = settings_for(wechat_url)
valkey = connect(redis_url, prefix=prefix)
client = client_for(settings, valkey)
if stable == "no":
    send = client.mass_send
    client.mass_send = lambda *to, clientmsgid: send(*to, clientmsgid=uuid.uuid4().hex)
cipher = Cipher(Cipher.generate_key())
parts = SimpleNamespace(
    settings=settings, database=Database(database_url), valkey=valkey, cipher=cipher, client=client, now=None
)
worker.run(parts, once=True, at=datetime.fromisoformat(at))
"""


def killed(stage: Stage, moment: str, times: int = 1, *, stable: bool = True) -> None:
    """One sweep in a process of its own, which dies at the ``times``-th such moment."""
    url = stage.database.url.render_as_string(hide_password=False)
    redis_url = f"unix://{stage.valkey._client.connection_pool.connection_kwargs['path']}"
    arguments = [url, redis_url, stage.valkey._prefix, stage.wechat.url, stage.clock.isoformat(), moment, str(times)]
    command = [sys.executable, "-c", SCRIPT, *arguments, "yes" if stable else "no"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -9, f"it was not killed at {moment}: {ended.stdout[-500:]} {ended.stderr[-2000:]}"
    stage.later(seconds=62)  # WeChat wants a minute between two calls with one id


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts_pages, "PAGE", 7)
    monkeypatch.setattr(broadcasts_pages, "MOST_IN_A_CALL", 10)


def test_each_follower_once_and_none_forgotten(stage: Stage) -> None:
    openids, refusing = followers(stage, 41), followers(stage, 1, broadcasts=False)
    stage.writes(openids[-1])
    id = approved(stage)
    for moment, times in (("page", 3), ("claimed", 2), ("called", 1), ("told", 2), ("called", 2), ("owed", 1)):
        killed(stage, moment, times)
    stage.work()
    stage.later(seconds=62)
    stage.work()
    alone = [push.openid for push in stage.pushes("broadcast")]
    assert alone == [openids[-1]], "41 are four lists of ten, and one"
    assert seen(stage, openids) == [1] * 40 + [0] and seen(stage, refusing) == [0]
    assert [one["kind"] for one in stage.wechat.seen(openids[-1])] == ["custom"]
    repeated = [batch for batch in batches(stage, id) if batch.attempts > 1]
    assert len(repeated) >= 3, "the kills did hit calls"
    report(stage)
    stage.work()
    assert row(stage, id).state == "done" and states(stage, id) == {"delivered": 40, "sent": 1}


def test_twin_without_the_stable_id_a_kill_is_a_second_broadcast(lite: Stage) -> None:
    openids = followers(lite, 12)
    followers(lite, 1, broadcasts=False)
    approved(lite)
    for _ in range(3):  # the second makes the other call, for it must wait a minute with the first
        killed(lite, "called", stable=False)
    assert Counter(seen(lite, openids))[2] == 10, "the judge sees what is sent twice"


def test_who_was_stopped_for_a_whole_lease_writes_nothing(stage: Stage) -> None:
    followers(stage, 2)
    id = approved(stage)
    stage.write(lambda db: broadcasts_pages.begin(db, id, stage.clock, "verified_service"))
    broadcasts_pages.plan(stage.database, id, stage.clock, USUAL, lambda: True)
    old = stage.write(lambda db: take(stage, db, "gone/0/1/1/0"))
    stage.write(lambda db: broadcasts_batches.recover(db, stage.clock, lease_s=-100))
    stage.later(seconds=62)
    new = stage.write(lambda db: take(stage, db, "b"))
    assert old.fence < new.fence and old.client_msg_id == new.client_msg_id and new.in_doubt
    late = broadcasts_batches.Outcome("failed", "late")
    assert stage.write(lambda db: broadcasts_batches.settle(db, old, late, stage.clock)) is False
    assert batches(stage, id)[0].state == "sending"


def take(stage: Stage, db: object, holder: str, guarded: bool = True) -> broadcasts_batches.Claimed:
    claimed = broadcasts_batches.claim(
        db, holder=holder, now=stage.clock, lease_s=30, account="verified_service", guarded=guarded  # type: ignore[arg-type]
    )  # fmt: skip
    assert claimed is not None
    return claimed


def claims_of_two_workers(stage: Stage, *, guarded: bool) -> Counter[int]:
    """The first has claimed and not committed when the second begins."""
    followers(stage, 20)
    followers(stage, 1, broadcasts=False)
    id = approved(stage)
    stage.write(lambda db: broadcasts_pages.begin(db, id, stage.clock, "verified_service"))
    broadcasts_pages.plan(stage.database, id, stage.clock, USUAL, lambda: True)
    taken: list[int] = []
    first_wrote, second_begins = threading.Event(), threading.Event()

    def first() -> None:
        with stage.database.session() as db:
            one = take(stage, db, "a", guarded)
            first_wrote.set()
            second_begins.wait(10)
            time.sleep(0.4)
            db.commit()
            taken.append(one.id)

    def second() -> None:
        first_wrote.wait(10)
        with stage.database.session() as db:
            second_begins.set()
            one = take(stage, db, "b", guarded)
            db.commit()
            taken.append(one.id)

    with nullcontext() if guarded else unguarded():
        threads = [threading.Thread(target=work) for work in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Counter(taken)


def test_two_workers_never_take_the_same_call(stage: Stage) -> None:
    taken = claims_of_two_workers(stage, guarded=True)
    assert len(taken) == 2 and set(taken.values()) == {1}


def test_twin_without_the_guard_they_do(stage: Stage) -> None:
    assert claims_of_two_workers(stage, guarded=False) == {batches(stage, 1)[0].id: 2}


def test_two_workers_carry_one_broadcast_without_overlap(stage: Stage) -> None:
    openids = followers(stage, 45)
    followers(stage, 1, broadcasts=False)
    id = approved(stage)
    threads = [threading.Thread(target=stage.work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(stage, openids) == [1] * 45 and row(stage, id).size == 45
    assert len(stage.wechat.calls("/cgi-bin/message/mass/send")) == 5
    assert [batch.attempts for batch in batches(stage, id)] == [1] * 5


def test_what_the_worker_asks_scans_no_table(lite: Stage) -> None:
    followers(lite, 5)
    approved(lite, channel="custom")
    approved(lite)
    seen_sql: list[tuple[str, object]] = []
    listen = (lite.database.engine, "before_cursor_execute")
    note = lambda _c, _cur, sql, values, *_: seen_sql.append((sql, values))  # noqa: E731
    event.listen(*listen, note)
    lite.work()
    lite.later(minutes=11)
    lite.work()
    event.remove(*listen, note)
    ours = {
        sql: values for sql, values in seen_sql
        if any(f" {table} " in sql or f" {table}\n" in sql for table in ("broadcast_batches", "broadcast_recipients"))
        and sql.startswith(("SELECT", "UPDATE"))
    }  # fmt: skip
    assert len(ours) > 10
    with lite.database.session() as db:
        for sql, values in ours.items():
            given = values[0] if isinstance(values, list) else values
            steps = [str(one[3]) for one in db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]
            assert not [step for step in steps if step.startswith("SCAN broadcast_")], (sql, steps)
