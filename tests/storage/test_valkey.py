"""What is kept in Valkey and for how long; locks that are exclusive, renewed and released by death; wake-ups."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import redis

from bot.storage.locks import LOCK_TTL_MS
from bot.storage.turns import Turns
from bot.storage.valkey import Valkey, connect
from tests.fixtures.storage import ValkeyServer, valkey_binary


def test_the_token_comes_back_and_ends(valkey: Valkey, raw: redis.Redis) -> None:
    assert valkey.load_token() is None
    valkey.keep_token({"token": "t", "n": [1], "of": "青"}, 7000)
    assert valkey.load_token() == {"token": "t", "n": [1], "of": "青"}
    lives = {key.split(":", 1)[1]: raw.ttl(key) for key in raw.scan_iter("*")}
    assert set(lives) == {"token"}
    assert 6990 < lives["token"] <= 7000
    valkey.drop_token()
    assert valkey.load_token() is None


def test_every_key_ends_by_itself(valkey: Valkey, raw: redis.Redis) -> None:
    with Turns(valkey).turn("m", "o", 1) as turn:
        turn.leave({"type": "text"}, {"form": None}, 60)
    valkey.keep_token({}, 60)
    valkey.wake("outbox")
    with valkey.lock("x", 1):
        lives = [raw.ttl(key) for key in raw.scan_iter("*")]
    assert len(lives) == 5
    assert all(life >= 0 for life in lives)


@pytest.fixture
def raw(valkey_server: ValkeyServer) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(valkey_server.folder / "valkey.sock"), decode_responses=True)


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> Valkey:
    """Alone on its server here: tests look at all keys."""
    return connect(valkey_server.url)


def test_one_holder_at_a_time(valkey: Valkey) -> None:
    inside, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with valkey.lock("o", 20) as got:
                assert got
                with guard:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.002)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


def test_twin_without_the_lock_several_are_inside() -> None:
    inside, most = 0, 0
    barrier = threading.Barrier(4)

    def work() -> None:
        nonlocal inside, most
        inside += 1
        barrier.wait(5)
        most = max(most, inside)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 4


def test_who_waits_too_long_is_told(valkey: Valkey) -> None:
    with valkey.lock("x", 1) as first, valkey.lock("x", 0.05) as second, valkey.lock("y", 0) as other:
        assert (first, second, other) == (True, False, True)
    with valkey.lock("x", 0) as again:
        assert again


def test_a_lock_is_released_when_the_work_fails(valkey: Valkey) -> None:
    with pytest.raises(ZeroDivisionError), valkey.lock("x", 1):
        1 / 0  # noqa: B018
    with valkey.lock("x", 0) as got:
        assert got


def test_a_lock_outlives_its_ttl_while_held(valkey: Valkey, raw: redis.Redis) -> None:
    with valkey.lock("x", 1):
        (key,) = raw.scan_iter("*lock:x")
        raw.pexpire(key, 1500)
        time.sleep(1.3)
        assert raw.pttl(key) > 1500
        with valkey.lock("x", 0) as second:
            assert second is False


def hold(url: str, held: multiprocessing.synchronize.Event) -> None:  # type: ignore[name-defined]
    with connect(url).lock("x", 1) as got:
        assert got
        held.set()
        time.sleep(60)


def test_a_killed_holder_loses_the_lock_within_its_ttl(valkey: Valkey, valkey_server: ValkeyServer) -> None:
    spawn = multiprocessing.get_context("spawn")
    held = spawn.Event()
    holder = spawn.Process(target=hold, args=(valkey_server.url, held))
    holder.start()
    assert held.wait(30) and holder.pid
    with valkey.lock("x", 0.05) as got:
        assert got is False
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    with valkey.lock("x", LOCK_TTL_MS / 1000 + 1) as got:
        assert got


def test_a_release_never_frees_somebody_elses_lock(valkey: Valkey, raw: redis.Redis) -> None:
    with valkey.lock("x", 1):
        (key,) = raw.scan_iter("*lock:x")
        raw.set(key, "somebody else", px=3000)
    assert raw.get(key) == "somebody else"


def test_a_forked_child_renews_its_own_locks(valkey: Valkey, raw: redis.Redis) -> None:
    with valkey.lock("parent", 1):
        child = os.fork()
        if child == 0:
            with valkey.lock("child", 1):
                raw.pexpire("qs:lock:child", 1500)
                time.sleep(1.3)
                os._exit(0 if raw.pttl("qs:lock:child") > 1500 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_waking(valkey: Valkey) -> None:
    assert valkey.wait_woken("outbox", 0.05) is False
    valkey.wake("outbox")
    valkey.wake("outbox")
    assert valkey.wait_woken("outbox", 5) is True  # also when the wake-up came first
    assert valkey.wait_woken("outbox", 0.05) is False  # and many are one
    waking = threading.Timer(0.1, valkey.wake, ("outbox",))
    waking.start()
    assert valkey.wait_woken("outbox", 20) is True
    waking.join()
    valkey.wake("other")
    assert valkey.wait_woken("outbox", 0.05) is False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_through_sentinel(tmp_path: Path) -> None:
    master, watcher = free_port(), free_port()
    (tmp_path / "sentinel.conf").write_text(f"port {watcher}\nsentinel monitor main 127.0.0.1 {master} 1\n")
    quiet = {"stdout": subprocess.DEVNULL, "cwd": tmp_path}
    started = [
        subprocess.Popen([valkey_binary(), "--port", str(master), "--save", ""], **quiet),
        subprocess.Popen([valkey_binary(), str(tmp_path / "sentinel.conf"), "--sentinel"], **quiet),
    ]
    try:
        client = connect(f"redis+sentinel://127.0.0.1:{watcher}/main/0")
        for _ in range(100):
            if client.ping():
                break
            time.sleep(0.05)
        client.keep_token({"a": 1}, 60)
        assert client.load_token() == {"a": 1}
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.parametrize("url", ["redis+sentinel://", "redis+sentinel://host:26379", "redis+sentinel:///main"])
def test_a_wrong_sentinel_address_says_what_a_right_one_is(url: str) -> None:
    with pytest.raises(ValueError, match="redis\\+sentinel://host"):
        connect(url)
