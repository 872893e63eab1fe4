"""kill -9 of web workers, worker and Valkey while hundreds sign up: nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.storage.models import Registration
from tests.crowd import gather, in_parallel, publish, rows
from tests.fixtures.campaign import CAMPAIGN
from tests.fixtures.stack import Follower, Stack, start_stack

SEED = int(os.environ.get("BOT_TEST_SEED", "20260303"))
SIGN_UPS = 1_000 if CAMPAIGN else 400
SEATS = SIGN_UPS // 2
PATIENCE = 30
"""Messages one person sends: of several in a row Valkey may forget the question before each."""
VICTIMS = {"web": r"gunicorn.*wsgi", "worker": r"-m bot work", "valkey": r"valkey-server"}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Stack]:
    stack = start_stack(tmp_path)
    yield stack
    stack.stop()


def descendants(pid: int) -> dict[int, str]:
    """Process ids below ``pid`` with their command lines, read from /proc."""
    parents: dict[int, int] = {}
    lines: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text("utf-8", "replace")
            lines[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found: dict[int, str] = {}
    for child in parents:
        at = child
        while at in parents and at != pid:
            at = parents[at]
        if at == pid and child != pid:
            found[child] = lines[child]
    return found


class Nemesis(threading.Thread):
    """Kills one process at a time at seeded random moments, 0.8–1.6 s apart."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack, self.random = stack, random.Random(SEED)
        self.kills: Counter[str] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(self.random.uniform(0.8, 1.6)):
            name = self.random.choice(sorted(VICTIMS))
            found = [pid for pid, line in descendants(self.stack.process.pid).items() if re.search(VICTIMS[name], line)]
            if name == "web":
                found = sorted(found)[1:]  # the master is the lowest; its workers are what is killed here
            if found:
                os.kill(self.random.choice(sorted(found)), signal.SIGKILL)
                self.kills[name] += 1


def follower_story(stack: Stack, openid: str) -> list[str]:
    """What the phone shows, for the message of a failing test."""
    return [f"{'>' if item['own'] else '<'} {item['text']}" for item in Follower(stack, openid).inbox()]


def test_nothing_lost_nothing_twice(running: Stack) -> None:
    shift_id = publish(running, "M42", SEATS)
    crowd = gather(running, SIGN_UPS)
    nemesis = Nemesis(running)
    nemesis.start()

    def sign_up(follower: Follower) -> str:
        shown = follower.say("报名 M42")
        for _ in range(PATIENCE):
            if re.search("报名成功|已进入候补|已经报过|已经在候补", shown):
                return shown
            if "直接报上" in shown:
                shown = follower.say("排队")
            elif "确认" in shown and "没有等您" not in shown:
                shown = follower.say("确认")
            else:  # the question went with Valkey: begun anew, as anybody would
                time.sleep(1)
                shown = follower.say("报名 M42")
        return shown

    answers = in_parallel(sign_up, crowd, threads=16)
    nemesis.over.set()
    nemesis.join()

    assert nemesis.kills.total() >= 5, nemesis.kills
    found = rows(running, select(Registration.openid, Registration.state).where(Registration.shift_id == shift_id))
    states = Counter(row.state for row in found)
    told_in = sum("报名成功" in text or "已经报过" in text for text in answers)
    told_line = sum("候补" in text and "排队" not in text for text in answers)
    lost = [
        (follower.openid, text)
        for follower, text in zip(crowd, answers, strict=True)
        if follower.openid not in {row.openid for row in found}
    ]
    assert lost == [], [(text, follower_story(running, openid)) for openid, text in lost[:3]]
    print(f"kills {dict(nemesis.kills)}, rows {dict(states)}, told in {told_in}, told in line {told_line}")
    assert len({row.openid for row in found}) == len(found), "somebody stands there twice"
    assert states["confirmed"] == SEATS
    assert states["waiting"] == SIGN_UPS - SEATS
    assert told_in + told_line == SIGN_UPS, [text for text in answers if "报名" not in text][:3]
    assert told_in == SEATS
    verified = running.command("db", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
