"""One token for everybody: single flight among threads and processes, and patience with forced refreshes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

import pytest

from bot.wechat.client import Client
from bot.wechat.failures import NotSent, TokenUnavailable
from bot.wechat.tokens import FORCE_SPACING_S, Granted, MemoryStore, Tokens
from tests.wechat.scripted import OK, Answer, Asked, Scripted, refused, scripted


class Unlocked(MemoryStore):
    """The twin: a store whose lock holds nobody back."""

    def lock(self, wait_s: float) -> AbstractContextManager[bool]:
        return nullcontext(True)


class Revocable:
    """A WeChat whose current token can be revoked; asking again gives the new one."""

    def __init__(self, script: Scripted) -> None:
        self.valid, self.code = "token-0", 40001
        self.script = script
        script.grant = self.grant  # type: ignore[method-assign]

    def answer(self, asked: Asked, taken: list[str]) -> Answer:
        if asked.query["access_token"] != self.valid:
            return refused(self.code)
        taken.append(asked.body["touser"])
        return OK

    def grant(self, asked: Asked) -> Answer:
        return {"access_token": self.valid, "expires_in": 7200}


THREADS, REVOCATIONS = 50, 100


def revoked(times: int, alone: bool) -> tuple[int, list[str], bool]:
    """Fifty threads call while the token is revoked so many times (40001 and 42001 in turn).

    Returns how often it was asked for beyond the first time, whose messages WeChat took, and whether by force.
    """
    taken: list[str] = []
    with scripted() as script, ThreadPoolExecutor(THREADS) as pool:
        wechat = Revocable(script)
        client = Client("wx1", "s", base_url=script.url, threads=THREADS)
        if not alone:
            client._tokens._alone = lambda: nullcontext(time.monotonic())  # type: ignore[method-assign]
        client.custom_text("oA", "first")
        script.answer = lambda asked: wechat.answer(asked, taken)
        for n in range(1, times + 1):
            wechat.valid, wechat.code = f"token-{n}", (40001, 42001)[n % 2]
            list(pool.map(lambda who, n=n: client.custom_text(f"o{n}-{who}", "好"), range(THREADS)))  # type: ignore[misc]
        return len(script.token_calls) - 1, taken, any(asked.body["force_refresh"] for asked in script.token_calls)


def test_a_hundred_revocations_under_fifty_threads_make_a_hundred_refreshes_and_lose_nothing() -> None:
    refreshes, taken, forced = revoked(REVOCATIONS, alone=True)
    assert (refreshes, forced) == (REVOCATIONS, False)
    assert sorted(taken) == sorted(f"o{n}-{who}" for n in range(1, REVOCATIONS + 1) for who in range(THREADS))


def test_twin_without_the_guard_every_thread_refreshes() -> None:
    refreshes, taken, _ = revoked(3, alone=False)
    assert refreshes > 3 * 2
    assert len(taken) == 3 * THREADS, "stable_token forgives it: nothing is lost, but the quota is"


def refreshes_of_two_processes(store: type[MemoryStore]) -> int:
    """Two `Tokens` stand for two processes: they share the store and its lock, not the lock inside."""
    both_fetch = threading.Barrier(2)
    fetched: list[bool] = []

    def fetch(force: bool) -> Granted:
        fetched.append(force)
        try:
            both_fetch.wait(timeout=1)
        except threading.BrokenBarrierError:
            both_fetch.reset()
        return Granted("token-1", 7200)

    shared = store()
    processes = [Tokens(fetch, shared) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert [token for token, _ in pool.map(lambda tokens: tokens.current(), processes)] == ["token-1"] * 2
    return len(fetched)


def test_two_processes_fetch_once() -> None:
    assert refreshes_of_two_processes(MemoryStore) == 1


def test_twin_without_the_stores_lock_both_fetch() -> None:
    assert refreshes_of_two_processes(Unlocked) == 2


def test_a_lost_lock_does_not_stop_anybody() -> None:
    store = MemoryStore()
    tokens = Tokens(lambda force: Granted("token-1", 7200), store)
    with store.lock(0):
        taken = store.lock(0.01)
        with taken as mine:
            assert mine is False
    assert tokens.current() == ("token-1", True)


def test_somebody_elses_new_token_is_taken_without_asking() -> None:
    store = MemoryStore()
    tokens = Tokens(lambda force: pytest.fail("no call was needed"), store)
    store.put("new", 100)
    assert tokens.renewed("old") == "new"


def test_a_repeated_token_is_forced_once_in_thirty_seconds() -> None:
    time = [1000.0]
    store = MemoryStore(lambda: time[0])
    asked: list[bool] = []

    def fetch(force: bool) -> Granted:
        asked.append(force)
        return Granted("forced" if force else "same", 7200)

    tokens = Tokens(fetch, store)
    assert tokens.current() == ("same", True)
    assert tokens.renewed("same") == "forced"
    assert asked == [False, False, True]
    store.put("same", 100)
    with pytest.raises(TokenUnavailable, match="another system"):
        tokens.renewed("same")
    time[0] += FORCE_SPACING_S
    store.put("same", 100)
    assert tokens.renewed("same") == "forced"


def test_lifetimes_follow_the_monotonic_clock_and_end_before_wechats() -> None:
    time = [1000.0]
    store = MemoryStore(lambda: time[0])
    made = iter(["one", "two"])
    tokens = Tokens(lambda force: Granted(next(made), 7200), store)
    assert tokens.current()[0] == "one"
    time[0] += 7200 - 120 - 1
    assert tokens.current() == ("one", False)
    time[0] += 2
    assert tokens.current() == ("two", True)


def test_a_short_remaining_life_is_used_too() -> None:
    time = [1000.0]
    store = MemoryStore(lambda: time[0])
    Tokens(lambda force: Granted("late", 20), store).current()
    time[0] += 17
    assert store.get() == "late"
    time[0] += 2
    assert store.get() is None


def test_threads_that_waited_share_a_failure_instead_of_failing_one_after_the_other() -> None:
    waiting = threading.Barrier(11, timeout=10)
    asked: list[bool] = []

    def fetch(force: bool) -> Granted:
        asked.append(force)
        release.wait(timeout=10)
        raise NotSent("no network")

    release = threading.Event()
    tokens = Tokens(fetch, MemoryStore())

    def call(_: int) -> bool:
        waiting.wait()
        with pytest.raises(TokenUnavailable):
            tokens.current()
        return True

    with ThreadPoolExecutor(10) as pool:
        results = pool.map(call, range(10))
        waiting.wait()
        threading.Timer(0.2, release.set).start()
        assert all(results)
    assert len(asked) == 1
    with pytest.raises(TokenUnavailable):
        tokens.current()
    assert len(asked) == 2, "a network failure is tried again by the next call"
