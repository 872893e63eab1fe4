"""The worker as a process: it lives, wakes, follows a moved clock, stops in good order, and survives its database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest

from bot.push import chores, jobs, leases, outbox, worker
from bot.services import announcements
from bot.storage.database import Busy, writing
from bot.storage.models import Delivery, EntryCount, Gap, GapDismissal, Lease, Push, SavedSession
from bot.storage.valkey import Valkey, connect
from tests.fixtures.storage import ValkeyServer
from tests.fixtures.waiting import eventually
from tests.fixtures.world import NOW
from tests.push.account import settings_for
from tests.push.stage import Simulated, Stage
from tests.push.test_reminders import friday, saturday

HOUR_S = 3_600  # longer than any test waits


@contextmanager
def running(stage: Stage, number: int = 1) -> Iterator[threading.Event]:
    stop = threading.Event()
    threads = [
        threading.Thread(target=worker.run, args=(stage,), kwargs={"stop": stop, "busy_pauses_s": ()})
        for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


def owe(stage: Stage, openid: str, key: str = "late:1", **more: datetime) -> None:
    stage.write(
        lambda db: announcements.announce(
            db,
            key=key,
            openid=openid,
            kind="late_reply",
            payload={"reply": {"type": "text", "content": key}},
            **{"due_at": stage.clock, "now": stage.clock, **more},
        )  # fmt: skip
    )


def beat_at(stage: Stage) -> datetime | None:
    with stage.database.session() as db:
        lease = db.get(Lease, leases.HEARTBEAT)
        return lease.beat_at if lease else None


def slow_sweeps(stage: Stage) -> None:
    stage.settings = settings_for(stage.wechat.url, sweep_s=HOUR_S)


def lets_it_tick(stage: Stage) -> None:
    """A clock that stands still is, beside a real one, moved again and again, and the worker hurries each time."""
    started, real = datetime.now(timezone.utc), stage.clock

    class Ticking(Stage):
        @property
        def now(self) -> Callable[[], datetime]:
            return lambda: real + (datetime.now(timezone.utc) - started)

    stage.__class__ = Ticking


def test_it_says_that_it_lives_by_the_wall_clock(stage: Stage) -> None:
    with running(stage):
        eventually(lambda: beat_at(stage), "a heartbeat")
    found = beat_at(stage)
    assert found and abs(datetime.now(timezone.utc) - found) < timedelta(seconds=30)
    assert stage.clock.year == 2026, "not by the movable clock"


def test_somebodys_call_wakes_it_before_anything_else(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((chores, "BEAT_S"), (chores, "CLEAN_EVERY_S"), (worker, "LOOK_EVERY_S")):
        monkeypatch.setattr(module, name, HOUR_S)  # after each of these it looks for work, called or not
    lite.settings = settings_for(lite.wechat.url, sweep_s=HOUR_S, lease_s=3 * HOUR_S)
    openid = lite.follower()
    lite.writes(openid)
    lets_it_tick(lite)
    with running(lite):
        eventually(lambda: beat_at(lite), "a first sweep")
        time.sleep(1.5)  # until it rests
        owe(lite, openid)
        lite.valkey.wake(worker.WAKE_CHANNEL)
        assert eventually(lambda: lite.wechat.seen(openid), "the message")


def test_it_sleeps_until_the_very_moment_a_row_is_due(lite: Stage) -> None:
    slow_sweeps(lite)
    openid = lite.follower()
    lite.writes(openid)
    lets_it_tick(lite)
    owe(lite, openid, due_at=lite.clock + timedelta(seconds=1.5))
    with running(lite):
        time.sleep(0.3)
        assert lite.wechat.seen(openid) == []
        eventually(lambda: lite.wechat.seen(openid), "the message when it was due")


def test_a_moved_clock_is_noticed_within_a_second_or_so(lite: Stage) -> None:
    slow_sweeps(lite)
    openid = lite.follower()
    lite.signs_up(openid, lite.shift(starts_at=saturday(13)))
    with running(lite):
        eventually(lambda: beat_at(lite), "a first sweep")
        time.sleep(0.3)
        lite.at(friday(13))
        assert eventually(lambda: lite.wechat.seen(openid), "the reminder, though the next sweep is an hour away")


def test_without_valkey_it_works_by_its_sweeps(lite: Stage, valkey_server: ValkeyServer) -> None:
    lite.valkey = connect(valkey_server.url)
    lite.__post_init__()
    openid = lite.follower()
    lite.writes(openid)
    with running(lite):
        eventually(lambda: beat_at(lite), "a first sweep")
        valkey_server.kill()
        owe(lite, openid)
        assert eventually(lambda: lite.wechat.seen(openid), "the message")
    lite.valkey.close()


def test_two_workers_share_the_load_without_overlap(stage: Stage) -> None:
    openids = [stage.follower() for _ in range(30)]
    for openid in openids:
        stage.writes(openid)
        owe(stage, openid, f"late:{openid}")
    stage.wechat.faults(api_delay_ms=30)
    with running(stage, 2):
        eventually(lambda: set(stage.states()) == {"sent"}, "all sent")
    assert [len(stage.wechat.seen(openid)) for openid in openids] == [1] * 30
    assert not any(push.maybe_sent for push in stage.pushes())


def test_told_to_stop_it_finishes_what_is_in_flight_and_gives_back_the_rest(stage: Stage) -> None:
    openids = [stage.follower() for _ in range(12)]
    for openid in openids:
        stage.writes(openid)
        owe(stage, openid, f"late:{openid}")
    stage.wechat.faults(api_delay_ms=400)
    with running(stage) as stop:
        eventually(lambda: stage.wechat.calls("/cgi-bin/message/custom/send") or "sending" in stage.states(), "a start")
        time.sleep(0.1)
        stop.set()
    stage.wechat.faults(clear=True)
    seen = [len(stage.wechat.seen(openid)) for openid in openids]
    states = stage.states()
    assert set(states) <= {"sent", "due"} and states.count("sent") == sum(seen) < 12
    assert not any(push.maybe_sent for push in stage.pushes())
    assert stage.work() == {"sent": 12 - sum(seen)}
    assert [len(stage.wechat.seen(openid)) for openid in openids] == [1] * 12


def test_results_are_kept_in_hand_while_the_database_is_away(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    openid = lite.follower()
    lite.writes(openid)
    owe(lite, openid)
    settle, refusals = outbox.settle, [0]

    def sometimes(*arguments: object, **more: object) -> object:
        refusals[0] += 1
        if refusals[0] <= 4:
            raise Busy("somebody else is writing")
        return settle(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "settle", sometimes)
    with running(lite):
        eventually(lambda: lite.states() == ["sent"], "settled in the end")
    assert refusals[0] >= 5 and len(lite.wechat.seen(openid)) == 1


def test_a_job_that_fails_ends_neither_the_others_nor_the_sending(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(jobs, "plan_reminders", broken)
    openid = lite.follower()
    lite.writes(openid)
    with running(lite):
        eventually(lambda: beat_at(lite), "a first sweep")
        owe(lite, openid)
        assert eventually(lambda: lite.wechat.seen(openid), "the message")
    with pytest.raises(RuntimeError):
        lite.work()


def test_a_single_sweep_is_no_heartbeat(lite: Stage) -> None:
    lite.work()
    assert beat_at(lite) is None


def test_a_paused_worker_does_not_begin_calls_under_a_lease_that_ran_out(lite: Stage) -> None:
    """As after SIGSTOP: its lease is over, somebody else may be sending the row."""
    openid = lite.follower()
    lite.writes(openid)
    owe(lite, openid)
    paused = worker.Worker(lite, threading.Event(), lite.now)
    paused.hands._ours_until = {push.id: time.monotonic() - 1 for push in lite.pushes()}
    with lite.database.session() as db:
        (claimed,) = outbox.claim(db, holder="paused", now=lite.clock, lease_s=30, limit=5)
        db.commit()
    assert paused.hands.deliver(claimed).state == "due"
    assert lite.wechat.calls("/cgi-bin/message/custom/send") == []
    paused.hands.close()


def test_once_does_all_that_is_due_at_the_given_time(lite: Stage) -> None:
    """More rows than the worker can hold at a time."""
    openids = [lite.follower() for _ in range(20)]
    for openid in openids:
        lite.writes(openid)
        owe(lite, openid, f"late:{openid}")
        owe(lite, openid, f"more:{openid}")
    owe(lite, openids[0], "later", due_at=lite.clock + timedelta(seconds=1))
    assert worker.run(lite, once=True, at=lite.clock) == {"sent": 40}
    assert lite.states().count("due") == 1


# -- clearing away ---------------------------------------------------------------------------------------------------


def test_what_is_old_goes_and_what_is_new_stays(stage: Stage) -> None:
    def deliveries(db: object) -> None:
        for number in range(450):
            db.add(Delivery(key=f"old-{number}", reply={}, at=NOW - timedelta(days=3)))  # type: ignore[attr-defined]
        db.add(Delivery(key="new", reply={}, at=NOW - timedelta(days=1)))  # type: ignore[attr-defined]
        db.add(SavedSession(openid="o-1", content={}, saved_at=NOW - timedelta(days=3)))  # type: ignore[attr-defined]
        db.add(SavedSession(openid="o-2", content={}, saved_at=NOW))  # type: ignore[attr-defined]
        for age in (179, 181):
            at = NOW - timedelta(days=age)
            db.add(Gap(text=f"{age}", decision="none", at=at))  # type: ignore[attr-defined]
            db.add(GapDismissal(texts=["x"], why="chat", last_gap_id=1, dismissed_by="staff:1", at=at))  # type: ignore[attr-defined]
            db.add(EntryCount(entry="a", day=at.date()))  # type: ignore[attr-defined]
            db.add(EntryCount(entry="b", day=at.date()))  # type: ignore[attr-defined]
        for key, settled in (("long ago", NOW - timedelta(days=3)), ("just now", NOW), ("waits", None)):
            late = {"openid": "o-1", "kind": "late_reply", "payload": {"reply": "words"}}
            late |= {"due_at": NOW, "created_at": NOW}
            db.add(Push(key=key, state="sent" if settled else "unreached", settled_at=settled, **late))  # type: ignore[attr-defined]

    stage.write(deliveries)
    assert jobs.purge(stage.database, NOW, stage.settings) == 450 + 1 + 1 + 1 + 1 + 1  # rows, one day of counts, words
    assert jobs.purge(stage.database, NOW, stage.settings) == 0
    with stage.database.session() as db:
        assert [row.key for row in db.query(Delivery)] == ["new"]
        assert [row.openid for row in db.query(SavedSession)] == ["o-2"]
        said = {row.key: row.payload for row in db.query(Push)}
        assert said == {"long ago": {}, "just now": {"reply": "words"}, "waits": {"reply": "words"}}
        assert [row.text for row in db.query(Gap)] == ["179"]
        assert {row.day for row in db.query(EntryCount)} == {(NOW - timedelta(days=179)).date()}


def test_what_nobody_came_for_is_retired(stage: Stage) -> None:
    def kept(db: object) -> None:
        for number, (due, expires) in enumerate([(0, None), (8, None), (1, 0)]):
            push = announcements.announce(
                db, key=str(number), openid="o-1", kind="offer_lapsed", payload={},  # type: ignore[arg-type]
                due_at=NOW - timedelta(days=due), expires_at=NOW - timedelta(days=expires) if expires == 0 else None,
                now=NOW,
            )  # fmt: skip
            push.state = "unreached"

    stage.write(kept)
    assert jobs.retire_kept(stage.database, NOW) == 2
    assert stage.states() == ["unreached", "expired", "expired"]


def test_offers_run_out_and_seats_move_on_by_the_sweep(stage: Stage, valkey: Valkey, wechat: Simulated) -> None:
    """Also a seat that some event forgot to hand on."""
    from bot.services import registrations

    shift_id = stage.shift(starts_at=saturday(13), capacity=1)
    ids = [stage.signs_up(stage.follower(), shift_id) for _ in range(3)]

    def forgotten(db: object) -> None:
        writing(db)  # type: ignore[arg-type]
        row = db.get_one(registrations.Registration, ids[0])  # type: ignore[attr-defined]
        row.state = "cancelled"

    stage.write(forgotten)
    stage.work()
    assert [stage.registration(id).state for id in ids] == ["cancelled", "offered", "waiting"]
    stage.at(NOW + timedelta(days=1))
    stage.work()
    assert [stage.registration(id).state for id in ids] == ["cancelled", "offer_expired", "offered"]
    assert [push.kind for push in stage.pushes()] == ["offer", "offer_lapsed", "offer"]
    assert {push.state for push in stage.pushes()} == {"sent"}
    with stage.database.session() as db:
        assert db.query(Push).filter(Push.maybe_sent).count() == 0
