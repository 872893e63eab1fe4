"""A broadcast through the running program: begun by the worker, called, reported by WeChat's webhook, done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.storage.database import writing
from bot.storage.models import Batch, Broadcast, FollowerTag, Recipient
from tests.fixtures.stack import Stack, call
from tests.fixtures.waiting import eventually
from tests.test_chats import wipe


def test_from_approval_to_wechats_report(stack: Stack) -> None:
    wipe(stack)
    stack.set_clock(datetime.fromisoformat("2026-03-07T10:00:00+08:00"))  # at night nothing leaves
    openids = [stack.follow().openid for _ in range(3)]
    stack.advance(120)
    now = datetime.fromisoformat(call(f"{stack.simulator}/sim/clock")["now"])
    database = stack.database()

    def found(what: Any) -> Any:
        with database.session() as db:
            return db.scalars(what).all()

    with database.session() as db:
        writing(db)
        db.add_all(FollowerTag(openid=one, name="骨干", given_at=now) for one in openids)
        times = {"due_at": now, "created_at": now, "updated_at": now}
        db.add(Broadcast(code="whole", title="周六河边见", audience={"tag": "骨干"}, state="approved", author="staff:1",
                         **times))  # fmt: skip
        db.commit()
    eventually(lambda: found(select(Broadcast.state)) == ["done"], what="the broadcast being done")
    (batch,) = found(select(Batch))
    assert (batch.call, batch.state) == ("openids", "done")
    assert (batch.total_count, batch.sent_count, batch.error_count) == (3, 3, 0), "as WeChat reported"
    assert set(found(select(Recipient.state))) == {"delivered"}
    inboxes = [call(f"{stack.simulator}/sim/followers/{openid}/inbox") for openid in openids]
    assert [sum(1 for one in shown if one["kind"] == "mass") for shown in inboxes] == [1, 1, 1]
    database.dispose()
