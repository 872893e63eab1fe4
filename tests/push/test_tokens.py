"""The token in Valkey: shared by processes, and each process's own while Valkey is away."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.push.tokens import ValkeyTokenStore
from bot.storage.valkey import Valkey, connect
from bot.wechat.tokens import Granted, Tokens
from tests.fixtures.storage import ValkeyServer


def test_what_one_process_fetched_the_others_use(valkey: Valkey) -> None:
    one, other = ValkeyTokenStore(valkey, "wx1"), ValkeyTokenStore(valkey, "wx1")
    one.put("t1", 100)
    assert other.get() == "t1"
    assert ValkeyTokenStore(valkey, "wx2").get() is None, "another account's token is nobody's here"


def test_a_token_does_not_outlive_its_time(valkey: Valkey) -> None:
    store = ValkeyTokenStore(valkey, "wx1")
    store.put("t1", 1)
    assert store.get() == "t1"
    time.sleep(1.1)
    assert store.get() is None


def test_a_forced_refresh_is_spaced_over_all_processes(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = ValkeyTokenStore(valkey, "wx1"), ValkeyTokenStore(valkey, "wx1")
    one.put("t1", 100)
    assert one.may_force(30)
    assert not other.may_force(30)
    other.put("t2", 100)
    assert not one.may_force(30), "a new token does not forget when it was forced"
    assert one.get() == "t2"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31)
    assert other.may_force(30)
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert one.may_force(30), "a clock set back must not forbid it for an hour"


def test_two_processes_fetch_once(valkey: Valkey) -> None:
    fetched: list[bool] = []

    def fetch(force: bool) -> Granted:
        fetched.append(force)
        time.sleep(0.2)
        return Granted("t1", 7200)

    processes = [Tokens(fetch, ValkeyTokenStore(valkey, "wx1")) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert {token for token, _ in pool.map(lambda tokens: tokens.current(), processes)} == {"t1"}
    assert fetched == [False]


def test_a_token_is_renewed_before_it_ends_by_one_of_all_processes(valkey: Valkey) -> None:
    fetched: list[bool] = []

    def fetch(force: bool) -> Granted:
        fetched.append(force)
        return Granted(f"t{len(fetched)}", 7200)

    processes = [Tokens(fetch, ValkeyTokenStore(valkey, "wx1"), kept_s=60) for _ in range(3)]
    assert not processes[0].renew(180), "nobody needed one yet"
    assert processes[0].current()[0] == "t1"
    assert not processes[0].renew(180), "it lives two hours"
    ValkeyTokenStore(valkey, "wx1").put("t1", 170)
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(lambda tokens: tokens.renew(180), processes)) == [False, False, True]
    assert fetched == [False, False], "one call for all, and never by force"
    assert processes[0].current()[0] == "t2"


def test_while_valkey_is_away_each_process_keeps_its_own(valkey_server: ValkeyServer) -> None:
    valkey = connect(valkey_server.url)
    store = ValkeyTokenStore(valkey, "wx1")
    made = iter(["t1", "t2", "t3"])
    tokens = Tokens(lambda force: Granted(next(made), 7200), store)
    assert tokens.current() == ("t1", True)
    valkey_server.kill()
    assert tokens.current() == ("t1", False), "known from before"
    assert tokens.renewed("t1") == "t2"
    assert tokens.current() == ("t2", False)
    assert store.may_force(30) and not store.may_force(30)
    valkey_server.start()
    assert valkey.ping()
    assert tokens.current() == ("t3", True), "what is in Valkey counts, and there is nothing"
    valkey.close()
