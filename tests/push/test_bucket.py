"""The rate that all workers share: never more than it, also while Valkey is away; the twin takes twice as much."""

from __future__ import annotations

import threading
import time

from bot.push.bucket import Bucket
from bot.storage.valkey import Valkey, connect
from tests.fixtures.storage import ValkeyServer
from tests.fixtures.waiting import eventually
from tests.push.account import settings_for
from tests.push.stage import Stage
from tests.push.test_worker import owe, running

RATE = 50


def taken_by_two(first: Bucket, second: Bucket, lasting_s: float = 1.0) -> tuple[int, float]:
    """Both take whatever they can get; how many in all, and for how long they took."""
    taken = [0, 0]
    began = time.monotonic()

    def take(number: int, bucket: Bucket) -> None:
        while time.monotonic() - began < lasting_s:
            taken[number] += bucket.take(7)
            time.sleep(0.002)

    threads = [threading.Thread(target=take, args=each) for each in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken), time.monotonic() - began


def test_two_workers_together_take_the_rate_and_no_more(valkey: Valkey) -> None:
    taken, lasted = taken_by_two(Bucket(valkey, "a", RATE), Bucket(valkey, "b", RATE))
    assert RATE <= taken <= RATE + RATE * lasted + 1, "a full bucket, and what came meanwhile"


def test_the_twin_that_shares_nothing_takes_twice_as_much(valkey: Valkey) -> None:
    alone = [Bucket(valkey, name, RATE, shared=False) for name in "ab"]
    taken, lasted = taken_by_two(*alone)
    assert taken > RATE * lasted * 1.5


def test_while_valkey_is_away_each_keeps_to_its_share(valkey_server: ValkeyServer) -> None:
    valkey = connect(valkey_server.url)
    both = [Bucket(valkey, name, RATE) for name in "ab"]
    for bucket in both:
        assert bucket.take(RATE) or bucket is both[1]
    assert both[0].take(0) == 0  # hears of the other
    valkey_server.kill()
    taken, lasted = taken_by_two(*both)
    assert 0 < taken <= RATE * lasted + 2
    valkey.close()


def test_what_was_not_needed_is_given_back(valkey: Valkey) -> None:
    bucket = Bucket(valkey, "a", 20)
    assert bucket.take(20) == 20
    bucket.give_back(15)
    assert 15 <= bucket.take(20) <= 16


def test_two_workers_keep_to_the_rate_and_send_each_row_once(lite: Stage) -> None:
    lite.settings = settings_for(lite.wechat.url, rate=10)
    openids = [lite.follower() for _ in range(25)]
    for openid in openids:
        lite.writes(openid)
        owe(lite, openid, f"late:{openid}")
    began = time.monotonic()
    with running(lite, 2):
        eventually(lambda: set(lite.states()) == {"sent"}, "all sent")
        assert time.monotonic() - began >= 1.5, "ten at once, the other fifteen at ten a second"
    assert [len(lite.wechat.seen(openid)) for openid in openids] == [1] * 25
    assert not any(push.maybe_sent for push in lite.pushes())
