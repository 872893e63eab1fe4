"""A broadcast made by its rules and carried by the worker leaves rows that ``db verify`` finds sound at every step."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.services import broadcasts, verification
from bot.services.broadcasts import NewBroadcast
from bot.storage.models import Staff
from tests.push.addressed import followers, report, row, states
from tests.push.stage import Stage


def agreed(stage: Stage, **words: Any) -> int:
    """Written by one, decided by another, due now."""

    def made(db: Session) -> int:
        new = NewBroadcast(title="周六河边见", body="带上手套和水。", **words)
        it = broadcasts.create(db, new, "staff:1", stage.clock)
        broadcasts.preview_done(db, it.id, stage.clock)
        broadcasts.submit(db, it.id, stage.clock)
        return broadcasts.approve(db, it.id, "staff:2", stage.clock).id

    return int(stage.write(made))


def sound(stage: Stage) -> None:
    with stage.database.session() as db:
        assert verification.check(db, stage.cipher, now=stage.clock) == []


def test_by_lists_by_single_messages_and_stopped_in_between(lite: Stage) -> None:
    for login in ("lin", "wang"):
        lite.write(lambda db, login=login: db.add(
            Staff(username=login, password_hash="-", role="reviewer", created_at=lite.clock)
        ))  # fmt: skip
    openids = followers(lite, 4)
    followers(lite, 1, broadcasts=False)
    by_list = agreed(lite)
    lite.work()
    sound(lite)
    report(lite)
    lite.work()
    assert row(lite, by_list).state == "done" and states(lite, by_list) == {"delivered": 4}
    sound(lite)
    lite.writes(openids[0])
    one_by_one = agreed(lite, channel="custom")
    lite.work()
    assert states(lite, one_by_one) == {"sent": 1, "unreached": 3} and row(lite, one_by_one).state == "done"
    sound(lite)
    stopped = agreed(lite)
    lite.write(lambda db: broadcasts.begin(db, stopped, lite.clock))
    lite.write(lambda db: broadcasts.stop(db, stopped, lite.clock))
    lite.work()
    lite.later(minutes=10)
    lite.work()
    assert row(lite, stopped).state == "stopped" and "due" not in states(lite, stopped)
    sound(lite)
