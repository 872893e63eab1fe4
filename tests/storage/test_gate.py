"""The gate before SQLite's writers: one at a time over processes, opened by death, in turn."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.storage.errors import Busy
from bot.storage.gate import Gate

HOLD = """
import sys, time
from pathlib import Path
from bot.storage.gate import Gate
gate = Gate(Path(sys.argv[1]))
gate.enter(5)
print("in", flush=True)
sys.stdin.readline()
gate.leave()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "in\n"
    return process


def test_one_process_at_a_time(tmp_path: Path) -> None:
    gate, other = Gate(tmp_path / "x.db"), holder(tmp_path / "x.db")
    with pytest.raises(Busy, match="another process"):
        gate.enter(0.05)
    other.communicate("\n")
    gate.enter(1)
    gate.leave()


def test_one_thread_at_a_time(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "x.db")
    gate.enter(1)
    with pytest.raises(Busy, match="this process"):
        gate.enter(0.05)
    gate.leave()
    gate.enter(1)
    gate.leave()


def test_a_killed_process_leaves_the_gate_open(tmp_path: Path) -> None:
    other = holder(tmp_path / "x.db")
    other.kill()
    other.wait()
    gate = Gate(tmp_path / "x.db")
    gate.enter(1)
    gate.leave()


NEXT = """
import sys
from pathlib import Path
from bot.storage.gate import Gate
gate = Gate(Path(sys.argv[1]))
gate.enter(20)
Path(sys.argv[2]).write_text("was in")
gate.leave()
"""


def test_who_waits_is_next_even_if_the_last_one_comes_back_at_once(tmp_path: Path) -> None:
    gate, log = Gate(tmp_path / "x.db"), tmp_path / "log"
    gate.enter(1)
    other = subprocess.Popen([sys.executable, "-c", NEXT, str(tmp_path / "x.db"), str(log)])
    while not waits_at(tmp_path / "x.db.turnstile"):
        time.sleep(0.01)
    gate.leave()
    gate.enter(20)
    assert log.read_text() == "was in"
    gate.leave()
    assert other.wait(20) == 0


def waits_at(turnstile: Path) -> bool:
    with turnstile.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
