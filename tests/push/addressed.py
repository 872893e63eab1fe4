"""People to whom a broadcast is said, a broadcast that two have agreed on, and what WeChat's ledger says of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import recipients
from bot.storage.models import Batch, Broadcast, Follower, Recipient
from tests.push.stage import Stage


def followers(stage: Stage, number: int, **values: Any) -> list[str]:
    """Openids in ascending order; nobody has an open window unless ``values`` say so."""
    openids = sorted(stage.wechat.new_follower() for _ in range(number))
    stage.later(minutes=2)
    stage.write(lambda db: db.add_all(Follower(openid=one, followed_at=stage.clock, **values) for one in openids))
    return openids


def approved(stage: Stage, **values: Any) -> int:
    """A broadcast that is due now; returns its id."""

    def made(db: Session) -> int:
        number = (db.scalar(select(func.count()).select_from(Broadcast)) or 0) + 1
        usual = {
            "code": f"B{number}", "title": "周六河边见", "body": "带上手套和水。", "audience": {"all": True},
            "state": "approved", "author": "staff:1", "due_at": stage.clock, "created_at": stage.clock,
            "updated_at": stage.clock,
        }  # fmt: skip
        broadcast = Broadcast(**{**usual, **values})
        db.add(broadcast)
        db.flush()
        return broadcast.id

    return int(stage.write(made))


def row(stage: Stage, id: int) -> Broadcast:
    with stage.database.session() as db:
        return db.get_one(Broadcast, id)


def batches(stage: Stage, id: int) -> list[Batch]:
    with stage.database.session() as db:
        return list(db.scalars(select(Batch).where(Batch.broadcast_id == id).order_by(Batch.number)))


def states(stage: Stage, id: int) -> Counter[str]:
    """How many recipients are in each state."""
    with stage.database.session() as db:
        return Counter(db.scalars(select(Recipient.state).where(Recipient.broadcast_id == id)))


def seen(stage: Stage, openids: Sequence[str]) -> list[int]:
    """How often each follower was shown a broadcast: the ledger of WeChat, not ours."""
    ended(stage)
    return [sum(1 for one in stage.wechat.seen(openid) if one["kind"] == "mass") for openid in openids]


def ended(stage: Stage) -> list[dict[str, Any]]:
    """WeChat's mass jobs, all of them over."""
    jobs = stage.wechat.world.state.shelf("mass")
    deadline = time.monotonic() + 20
    while any(job["status"] == "SENDING" for job in list(jobs.values())):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return [dict(job) for job in jobs.values()]


def report(stage: Stage, status: str = "send success") -> None:
    """WeChat's reports arrive."""
    for job in ended(stage):
        counts = recipients.Counts(*(job["counts"][f"{name}Count"] for name in ("Total", "Filter", "Sent", "Error")))
        stage.write(lambda db, job=job, counts=counts: recipients.reported(
            db, str(job["msg_id"]), status, counts, stage.clock
        ))  # fmt: skip
