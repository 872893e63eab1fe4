"""The embedded Valkey starts whatever state its files are in, or says in one line why not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bot.processes.data_folder import Unusable
from bot.processes.embedded_valkey import EmbeddedValkey
from bot.settings import ROOT
from tests.fixtures.waiting import eventually
from tests.ops.processes import alive


class Home:
    """A folder (with a space and Chinese in its name) and the servers started in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.mkdir()
        self.servers: list[EmbeddedValkey] = []

    @property
    def files(self) -> Path:
        return self.path / "valkey" / "appendonlydir"

    def start(self) -> EmbeddedValkey:
        server = EmbeddedValkey(self.path / "valkey", self.path / "v.sock", self.path / "valkey.log")
        self.servers.append(server)
        server.start()
        return server

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.path / "v.sock"))

    def fill(self) -> None:
        """Start, write 200 keys, stop."""
        server = self.start()
        with self.client() as client:
            for number in range(200):
                client.set(f"key:{number}", "x" * 50)
        self.stop(server)

    def stop(self, server: EmbeddedValkey) -> None:
        server.child.kill()
        server.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "青 声")
    yield home
    for server in home.servers:
        if server.child:
            server.child.kill()
        server.close()


def test_it_keeps_what_it_was_told_behind_a_private_socket(home: Home) -> None:
    home.fill()
    home.start()
    assert (home.path / "v.sock").stat().st_mode & 0o777 == 0o700
    with home.client() as client:
        assert client.dbsize() == 200
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}


def test_a_torn_tail_loses_only_the_tail(home: Home) -> None:
    home.fill()
    tail = next(home.files.glob("*.incr.aof"))
    os.truncate(tail, tail.stat().st_size - 7)
    home.start()
    with home.client() as client:
        assert client.dbsize() == 199
    assert not (home.path / "valkey" / "damaged").exists()


@pytest.mark.parametrize("damage", ["middle", "base", "manifest", "missing"])
def test_damaged_files_are_put_aside(home: Home, damage: str) -> None:
    home.fill()
    if damage == "middle":
        file = next(home.files.glob("*.incr.aof"))
        content = file.read_bytes()
        file.write_bytes(content[:100] + b"#garbage#" + content[109:])
    elif damage == "base":
        next(home.files.glob("*.base.rdb")).write_bytes(b"not a dump")
    elif damage == "manifest":
        next(home.files.glob("*.manifest")).write_text("junk\n")
    else:
        next(home.files.glob("*.incr.aof")).unlink()
    home.start()
    with home.client() as client:
        assert client.dbsize() == 0
        assert client.set("works", 1)
    assert (home.path / "valkey" / "damaged").is_dir()


def test_a_stale_socket_and_a_stale_lock_are_no_obstacle(home: Home) -> None:
    (home.path / "valkey").mkdir()
    (home.path / "valkey" / "lock").write_text("999999")
    (home.path / "v.sock").write_text("left over")
    assert home.start().answers


def test_it_comes_back_after_a_kill_and_after_its_socket_was_deleted(home: Home) -> None:
    server = home.start()
    server.revive()
    os.kill(server.child.pid, signal.SIGKILL)
    assert eventually(server.revive) and eventually(lambda: server.answers)
    server.revive()
    (home.path / "v.sock").unlink()
    assert eventually(server.revive) and eventually(lambda: server.answers)


def test_two_never_share_a_folder(home: Home) -> None:
    home.start()
    second = EmbeddedValkey(home.path / "valkey", home.path / "w.sock", home.path / "w.log")
    second.lock_s = 0.1
    with pytest.raises(Unusable, match="正被另一个 Valkey 使用"):
        second.start()


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's; elsewhere the guard does it")
def test_it_ends_with_its_starter_and_the_next_start_finds_a_free_folder(home: Home) -> None:
    source = (
        "import sys, time; from pathlib import Path; from bot.processes.embedded_valkey import EmbeddedValkey\n"
        "home = Path(sys.argv[1])\n"
        "server = EmbeddedValkey(home / 'valkey', home / 'v.sock', home / 'valkey.log')\n"
        "print(server.start().pid, flush=True); time.sleep(1_000)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", source, str(home.path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    pid = int(starter.stdout.readline())
    assert alive(pid)
    starter.kill()
    starter.wait()
    assert eventually(lambda: not alive(pid))
    assert home.start().answers


def test_a_socket_path_that_cannot_be_used_is_one_line(home: Home) -> None:
    server = EmbeddedValkey(home.path / "valkey", home.path / "nowhere" / "v.sock", home.path / "valkey.log")
    home.servers.append(server)
    with pytest.raises(Unusable) as caught:
        server.start()
    assert "\n" not in str(caught.value) and str(home.path / "valkey.log") in str(caught.value)
