"""An answer slower than WeChat waits is not lost: the outbox brings it when no retry has fetched it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.stack import Stack, start_stack
from tests.fixtures.waiting import eventually


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Stack]:
    """A WeChat that hangs up after 0.41 s instead of 4.5."""
    stack = start_stack(tmp_path, BOT_CONVERSATION__REPLY_BUDGET_S="0.41")
    yield stack
    stack.stop()


def test_what_came_too_late_is_said_by_the_account_itself(impatient: Stack) -> None:
    follower = impatient.follow()
    other = impatient.follow()
    blocker = sqlite3.connect(impatient.data / "qingsheng.db", isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    threading.Timer(0.9, lambda: blocker.execute("ROLLBACK")).start()

    assert "姓名" in follower.say("报名 A02")

    def said_later() -> list[str]:
        return [item["text"] for item in follower.inbox() if item["kind"] == "custom"]

    assert "姓名" in eventually(said_later, "the late answer")[0]
    assert other.say("你好")
    assert [item for item in other.inbox() if item["kind"] == "custom"] == [], "who was answered in time hears it once"
