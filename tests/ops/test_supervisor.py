"""The whole program as a process: it starts, stops, survives kills, and says in one line why it cannot start."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

from bot.settings import ROOT
from bot.storage.models import Activity, EntryCount
from tests.fixtures.campaign import CAMPAIGN
from tests.fixtures.stack import Stack, call, free_ports, start_stack
from tests.fixtures.waiting import eventually
from tests.ops.processes import alive, children, family, holding

KILLS = 5 if CAMPAIGN else 1
COUNTED = select(EntryCount.entry, func.sum(EntryCount.answered)).group_by(EntryCount.entry)
START = [sys.executable, "-m", "bot", "run", "--demo", "--port"]


def child_of(stack: Stack, *words: str) -> int:
    """The supervisor's own child whose command line has these words; 0 while there is none."""
    for pid in children(stack.process.pid):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # ended while we looked
        if all(word in line for word in words):
            return pid
    return 0


def is_ready(stack: Stack) -> bool:
    try:
        return bool(call(f"{stack.web}/readyz", timeout=3)["ready"])
    except OSError:
        return False


def activities(stack: Stack) -> int:
    with stack.database().session() as db:
        return db.scalar(select(func.count(Activity.id))) or 0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One demo goes through all of it, one test after the other: each leaves it running."""
    stack = start_stack(tmp_path_factory.mktemp("running") / "data")
    yield stack
    stack.stop()


def test_beside_a_running_demo_everything_is_well(running: Stack) -> None:
    assert running.command("menu", "publish").returncode == 0
    assert json.loads(running.command("menu", "diff", "--json").stdout) == {"same": True, "changes": []}
    done = running.command("check", "--json")
    assert [each for each in json.loads(done.stdout) if not each["ok"]] == []
    assert done.returncode == 0
    assert running.command("work", "--once").returncode == 0
    assert running.command("work", "--once", "--at", "2026-01-01T09:00").returncode == 0
    verified = running.command("db", "verify", "--json").stdout
    assert json.loads(verified)["ok"], verified
    exported = running.command("export", "registrations").stdout
    assert "手机" in exported and not re.search(r"1\d{10}", exported)


def start_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same data and the same ports; the log begins anew."""
    monkeypatch.setattr("tests.fixtures.stack.free_ports", lambda: stack.port)
    stack.process = start_stack(stack.data).process


def test_whoever_is_killed_comes_back(running: Stack) -> None:
    victims = (("wsgi:app",), ("bot work",), ("valkey-server",), ("processes.simulator:app",))
    for words in victims:
        before = child_of(running, *words)
        assert before, f"no process with {words}"
        os.kill(before, signal.SIGKILL)
        assert eventually(lambda before=before: not alive(before))
        assert eventually(lambda: is_ready(running)), f"{words} did not come back"
        assert eventually(lambda words=words, before=before: child_of(running, *words) not in (0, before))
    master = child_of(running, "wsgi:app")
    worker = min(children(master))
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: len(children(master) - {worker}) == 2)
    (running.data / "valkey.sock").unlink()
    assert eventually(lambda: (running.data / "valkey.sock").exists() and is_ready(running))
    assert running.process.poll() is None


def test_a_reload_loses_no_request(running: Stack) -> None:
    """SIGHUP to a supervisor without a terminal: new workers come, old ones finish."""
    codes: list[int] = []

    def ask() -> None:
        for _ in range(150):
            with urllib.request.urlopen(f"{running.web}/healthz", timeout=10) as answer:
                codes.append(answer.status)

    before = family(child_of(running, "wsgi:app"))
    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    running.process.send_signal(signal.SIGHUP)
    for asker in askers:
        asker.join()
    assert codes == [200] * 300
    master = child_of(running, "wsgi:app")
    assert eventually(lambda: family(master) & before == {master}), "the workers are new"


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's; elsewhere the guard does it")
def test_a_killed_supervisor_leaves_no_orphan_and_needs_no_hand_work(running: Stack, monkeypatch) -> None:
    for _ in range(KILLS):
        members = family(running.process.pid)
        running.process.kill()
        running.process.wait()
        assert eventually(lambda members=members: not any(alive(pid) for pid in members))
        assert holding(running.data) == set()
        start_again(running, monkeypatch)
        assert is_ready(running)


def test_a_second_run_is_told_who_holds_the_data_and_the_logs_hold_no_secret(running: Stack) -> None:
    second = running.command("run", "--demo", "--port", str(free_ports()))
    assert second.returncode == 1
    assert str(running.process.pid) in second.stderr and str(running.port) in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert is_ready(running)

    running.follow().say("我的手机号是13800001234")
    running.command("check")
    made = yaml.safe_load((running.data / "demo.yaml").read_text("utf-8"))
    secrets = [made["wechat"][key] for key in ("app_secret", "token", "encoding_aes_key")] + [made["security"]["key"]]
    logs = [*(running.data / "logs").iterdir(), running.log]
    assert len(logs) > 4
    for log in logs:
        text = log.read_text("utf-8", "replace")
        assert [secret for secret in [*secrets, "13800001234"] if secret in text] == [], log


def answered(stack: Stack) -> Counter[str]:
    """Entry → how often it answered; the demo's county has some from before."""
    with stack.database().session() as db:
        return Counter(dict(db.execute(COUNTED).all()))


def test_ctrl_c_leaves_nothing_and_the_next_run_goes_on_with_the_data(running: Stack, monkeypatch) -> None:
    members = family(running.process.pid)
    assert len(members) >= 7  # supervisor, Valkey, web and its two, worker, simulator and its one
    made = (running.data / "demo.yaml").read_text("utf-8")
    number, before = activities(running), answered(running)
    assert number > 0
    follower = running.follow()
    for _ in range(3):
        assert "意外险" in follower.say("活动期间有保险吗")

    assert running.stop() == 0
    assert [pid for pid in members if alive(pid)] == []
    assert holding(running.data) == set()
    assert not (running.data / "valkey.sock").exists()
    assert answered(running) - before == {"insurance": 3}, "what was answered a moment before the end is counted"
    said = running.log.read_text("utf-8")
    assert "手机页面" in said and "已全部停止" in said and "意外退出" not in said

    start_again(running, monkeypatch)
    assert (running.data / "demo.yaml").read_text("utf-8") == made
    assert activities(running) == number
    assert follower.inbox(), "the simulator remembers its followers"
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    assert holding(running.data) == set()


def refused(data: Path, *arguments: str, port: int | None = None, **environment: str) -> str:
    """The one line with which it does not start."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    done = subprocess.run(
        [*START, str(port or free_ports()), *arguments],
        cwd=ROOT,
        env={**env, "BOT_DATA_DIR": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert holding(data) == set()
    return lines[0]


@pytest.mark.parametrize("beside", [0, 1])
def test_a_port_in_use_is_one_line(tmp_path: Path, beside: int) -> None:
    port = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + beside))
        taken.listen()
        assert f"端口 {port + beside} 已被占用" in refused(tmp_path / "data", port=port)


def test_a_data_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "已有同名的文件" in refused(tmp_path / "data")
    assert "不是文件夹" in refused(tmp_path / "data" / "deeper")


class Disk:
    """A small file system of its own, where the tests may mount one."""

    def __init__(self, at: Path) -> None:
        self.at = at
        at.mkdir()

    def mount(self, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.at)]
        try:
            return subprocess.run(command, capture_output=True).returncode == 0
        except FileNotFoundError:
            return False

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.at)], capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    yield disk
    disk.unmount()


def test_a_read_only_folder_is_one_line(disk: Disk) -> None:
    if not disk.mount("size=4m,ro"):
        pytest.skip("mounting a read-only disk needs root")
    assert "只读" in refused(disk.at) and "只读" in refused(disk.at / "data")


def test_a_full_disk_is_one_line_and_a_start_once_there_is_room(disk: Disk, monkeypatch) -> None:
    if not disk.mount("size=40m"):
        pytest.skip("mounting a small disk needs root")
    filler = disk.at / "filler"
    with filler.open("wb") as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(65536))
            file.flush()
    assert "磁盘已满" in refused(disk.at / "data")
    filler.unlink()
    stack = start_stack(disk.at / "data")
    assert stack.stop() == 0


def test_without_an_account_it_says_what_is_missing(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=ROOT,
        env={**env, "BOT_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "BOT_WECHAT__APP_SECRET" in done.stderr and "run --demo" in done.stderr
    assert not (tmp_path / "data").exists()
