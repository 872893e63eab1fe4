"""Many at once: nothing lost, nothing mixed up, no lock held while the webhook thinks."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.simulator.conftest import Client, Push, Start, echo


def test_sixty_four_followers_at_once(start: Start) -> None:
    sim = start(delivery_timeout_s=5.0, delivery_times_s=(0.0, 5.0, 10.0))
    openids = [sim.follow() for _ in range(64)]
    together = threading.Barrier(64)

    def think(push: Push) -> bytes:
        together.wait(timeout=4)  # passes only if all 64 exchanges are under way at the same time
        return echo(push)

    sim.hook.answer = think

    def say(openid: str) -> dict:
        return Client(int(sim.base.rpartition(":")[2]), sim.world, sim.hook).say(openid, openid)

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(say, openids))
    assert [one["shown"] for one in answers] == [f"echo {openid}" for openid in openids]
    assert [one["deliveries"] for one in answers] == [1] * 64


def test_the_api_answers_while_the_webhook_is_slow(start: Start) -> None:
    sim = start(delivery_timeout_s=5.0)
    openid = sim.follow()
    asked, go = threading.Event(), threading.Event()

    def wait(push: Push) -> bytes:
        asked.set()
        assert go.wait(4)
        return echo(push)

    sim.hook.answer = wait
    other = Client(int(sim.base.rpartition(":")[2]), sim.world, sim.hook)
    talking = threading.Thread(target=other.say, args=(openid, "慢"))
    talking.start()
    assert asked.wait(4)
    assert sim.custom(openid) == 0
    assert [item["kind"] for item in sim.inbox(openid)] == ["welcome", "own", "custom"]
    go.set()
    talking.join()
    assert sim.inbox(openid)[-1]["kind"] == "reply"


def test_a_thousand_messages_leave_exact_windows_and_ids(start: Start) -> None:
    sim = start(delivery_timeout_s=5.0, delivery_times_s=(0.0, 5.0, 10.0))
    openids = [sim.follow() for _ in range(20)]

    def talk(openid: str) -> None:
        mine = Client(int(sim.base.rpartition(":")[2]), sim.world, sim.hook)
        for number in range(25):
            mine.say(openid, f"{number}")
            mine.custom(openid)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(talk, openids))
    ids = [push.text("MsgId") for push in sim.hook.pushes if push.text("MsgType") == "text"]
    assert len(ids) == len(set(ids)) == 500
    time.sleep(0)
    for openid in openids:
        texts = [item["text"] for item in sim.inbox(openid, "reply")]
        assert texts == [f"echo {number}" for number in range(25)]
        assert len(sim.inbox(openid, "custom")) == 25
