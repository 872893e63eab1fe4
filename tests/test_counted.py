"""The running program counts what it answers, and writes it down when it is stopped before the ten seconds are over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bot.storage.models import EntryCount
from tests.fixtures.stack import Stack, start_stack


def test_what_was_answered_a_moment_before_the_end_is_counted(tmp_path: Path) -> None:
    stack = start_stack(tmp_path)
    before = answered(stack)
    try:
        follower = stack.follow()
        for _ in range(3):
            assert "意外险" in follower.say("活动期间有保险吗")
    finally:
        stack.stop()
    after = answered(stack)
    assert {entry: after[entry] - before[entry] for entry in after if after[entry] != before[entry]} == {"insurance": 3}


def answered(stack: Stack) -> Counter[str]:
    """Entry → how often it answered; the demo's county has some from before."""
    database, counted = stack.database(), Counter[str]()
    with database.session() as db:
        for row in db.query(EntryCount):
            counted[row.entry] += row.answered
    database.dispose()
    return counted
