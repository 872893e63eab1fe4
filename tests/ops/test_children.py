"""Children never outlive their parent, come back when they die, and stop as a group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.processes.children import Child, last_words
from bot.settings import ROOT
from tests.fixtures.waiting import eventually
from tests.ops.processes import alive

SLEEP = [sys.executable, "-c", "import time; time.sleep(999)"]
PARENT = """
import sys, time
from bot.processes.children import Child
child = Child("sleeper", [sys.executable, "-c", {inner!r}])
child.start()
print(child.pid, flush=True)
time.sleep(999)
"""


@pytest.fixture
def sleeper():
    child = Child("sleeper", SLEEP)
    child.start()
    yield child
    child.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's; elsewhere the guard does it")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_parent(number: signal.Signals) -> None:
    source = PARENT.format(inner="import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(999)")
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(number)
    parent.wait()
    assert eventually(lambda: not alive(pid))


def test_a_killed_child_comes_back_at_once(sleeper: Child) -> None:
    before = sleeper.pid
    os.kill(before, signal.SIGKILL)
    assert eventually(sleeper.revive)
    assert sleeper.alive and sleeper.pid != before and sleeper.deaths == 0


def test_a_child_that_ends_by_itself_waits_longer_each_time() -> None:
    child = Child("hasty", [sys.executable, "-c", "raise SystemExit(3)"])
    child.start()
    pauses = []
    for _ in range(4):
        assert child.wait(10)
        pauses.append(child._pause())
    assert pauses == sorted(pauses) and pauses[0] < pauses[-1]
    assert not child.revive(), "its pause is not over"


def test_stopping_takes_the_whole_group(tmp_path: Path) -> None:
    inner = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '999']); print(p.pid, flush=True); time.sleep(99)"
    )
    child = Child("family", [sys.executable, "-c", inner], tmp_path / "log")
    child.start()
    assert eventually(lambda: (tmp_path / "log").read_text().strip())
    grandchild = int((tmp_path / "log").read_text())
    assert alive(grandchild)
    child.kill()
    assert eventually(lambda: not alive(grandchild))


@pytest.mark.parametrize(
    "written, expected",
    [
        ("Traceback\nValueError: no\n", "ValueError: no"),
        ('{"event": "boom", "exception": "Traceback\\nKeyError: 1"}\n', "KeyError: 1"),
        ('{"event": "the disk is full"}', "the disk is full"),
        ("", "没有说明原因"),
    ],
)
def test_last_words_are_the_reason(tmp_path: Path, written: str, expected: str) -> None:
    log = tmp_path / "x.log"
    log.write_text(written)
    assert last_words(Child("x", [], log)) == f"{expected}（日志：{log}）"


def test_the_guard_ends_what_a_dead_supervisor_left() -> None:
    kept = subprocess.Popen(["sleep", "60"], process_group=0)
    left = subprocess.Popen(["sleep", "60"], process_group=0)
    guard = subprocess.Popen([sys.executable, "-m", "bot.processes.guard"], stdin=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        guard.stdin.write(f"+{kept.pid}\n+{left.pid}\n-{kept.pid}\n")
        guard.stdin.flush()
        assert left.poll() is None
        guard.stdin.close()  # as when the supervisor is killed
        assert guard.wait(10) == 0
        assert left.wait(5) == -signal.SIGKILL
        assert kept.poll() is None
    finally:
        for process in (kept, left):
            process.kill()
            process.wait()
