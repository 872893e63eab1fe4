"""The running program counts what it answers, and writes it down when it is stopped before the ten seconds are over."""

from __future__ import annotations

from pathlib import Path

from bot.storage.models import EntryCount
from tests.fixtures.stack import start_stack


def test_what_was_answered_a_moment_before_the_end_is_counted(tmp_path: Path) -> None:
    stack = start_stack(tmp_path)
    try:
        follower = stack.follow()
        for _ in range(3):
            assert "意外险" in follower.say("活动期间有保险吗")
    finally:
        stack.stop()
    database = stack.database()
    with database.session() as db:
        assert [(row.entry, row.answered) for row in db.query(EntryCount)] == [("insurance", 3)]
    database.dispose()
