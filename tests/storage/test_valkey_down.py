"""Valkey dead, frozen, restarted or unable to write: one error, quickly, and back as soon as it is back."""

from __future__ import annotations

import os
import signal
import time

import pytest
import redis

from bot.storage import valkey as module
from bot.storage.turns import Turns
from bot.storage.valkey import Valkey, ValkeyDown, connect
from tests.fixtures.storage import ValkeyServer


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> Valkey:
    return connect(valkey_server.url)


def everything(valkey: Valkey) -> list[str]:
    """The names of the operations that raised ValkeyDown."""
    operations = {
        "load_token": valkey.load_token,
        "keep_token": lambda: valkey.keep_token({}, 60),
        "drop_token": valkey.drop_token,
        "turn": lambda: Turns(valkey).turn("m", "o", 1).__enter__(),
        "lock": lambda: valkey.lock("x", 1).__enter__(),
        "wake": lambda: valkey.wake("c"),
        "wait_woken": lambda: valkey.wait_woken("c", 5),
    }
    down = []
    for name, operation in operations.items():
        try:
            operation()
        except ValkeyDown:
            down.append(name)
    return [name for name in operations if name not in down]


def test_nothing_there_fails_as_one_and_leaves_by_itself(valkey: Valkey, valkey_server: ValkeyServer) -> None:
    valkey.keep_token({"a": 1}, 60)
    valkey_server.kill()
    assert everything(valkey) == []
    assert valkey.ping() is False
    valkey_server.start()
    assert valkey.ping() is True
    assert valkey.load_token() is None
    valkey.keep_token({"a": 2}, 60)
    assert valkey.load_token() == {"a": 2}


def test_a_restart_between_two_messages_is_not_noticed(valkey: Valkey, valkey_server: ValkeyServer) -> None:
    valkey.keep_token({"a": 1}, 60)
    valkey_server.kill()
    valkey_server.start()
    assert valkey.load_token() is None


def test_a_frozen_server_costs_one_caller_half_a_second(
    valkey: Valkey, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    process = valkey_server.process
    assert process is not None
    valkey.keep_token({"a": 1}, 60)
    monkeypatch.setattr(module, "_CIRCUIT_S", 60)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(ValkeyDown, match="(?i)time"):
            valkey._ask(lambda client: asked.append(1) or client.get("x"))  # type: ignore[func-returns-value]
        for _ in range(50):
            with pytest.raises(ValkeyDown, match="a moment ago"):
                valkey._ask(lambda client: asked.append(1) or client.get("x"))  # type: ignore[func-returns-value]
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert len(asked) == 1
    assert valkey.ping() is True  # closes the circuit
    assert valkey.load_token() == {"a": 1}


def test_after_a_second_somebody_tries_again(
    valkey: Valkey, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CIRCUIT_S", 0.05)
    valkey_server.kill()
    with pytest.raises(ValkeyDown):
        valkey.load_token()
    valkey_server.start()
    time.sleep(0.06)
    assert valkey.load_token() is None


def test_a_server_that_cannot_write_is_down(valkey: Valkey, valkey_server: ValkeyServer) -> None:
    raw = redis.Redis(unix_socket_path=str(valkey_server.folder / "valkey.sock"))
    raw.config_set("maxmemory", "1")
    with pytest.raises(ValkeyDown, match="maxmemory"):
        valkey.keep_token({}, 60)
    raw.config_set("maxmemory", "0")
    assert valkey.ping()
    valkey.keep_token({}, 60)


def test_a_lock_lost_with_the_server_does_not_break_the_work(valkey: Valkey, valkey_server: ValkeyServer) -> None:
    with valkey.lock("x", 1) as got:
        assert got
        valkey_server.kill()
    valkey_server.start()
    assert valkey.ping()
    with valkey.lock("x", 0) as got:
        assert got
