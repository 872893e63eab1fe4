"""What became of a broadcast for each follower: as its push ended, as its call ended, as WeChat reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.orm import Session

from bot.storage.database import writing
from bot.storage.models import Batch, Push, Recipient

REFUSED = "the follower wants no broadcasts"
"""The error of a push that was not said because its follower has turned broadcasts off since."""
STOPPED = "the broadcast was stopped"
"""The error of what was not called, nor said, because somebody stopped the broadcast."""
NOT_SAID_YET = ("due", "unreached")
"""The states of a push that can still be taken back."""
PAGE = 1000


@dataclass(frozen=True)
class Counts:
    """WeChat's own: of ``total`` it passed ``filtered`` on, of which ``sent`` arrived and ``errors`` did not."""

    total: int
    filtered: int
    sent: int
    errors: int


def follow_pushes(db: Session, push_ids: Collection[int]) -> None:
    """The recipients whom these pushes carry take over what became of them. Call ``writing(db)`` before.

    A push that nobody came for in time expires; its recipient was unreached before and stays so.
    """
    if not push_ids:
        return
    state = case(
        (Push.state == "sending", "due"),
        (Push.state == "expired", "unreached"),
        ((Push.state == "superseded") & (Push.error == REFUSED), "refused"),
        (Push.state == "superseded", "stopped"),
        else_=Push.state,
    )
    values = {
        name: select(value).where(Push.id == Recipient.push_id).scalar_subquery()
        for name, value in {
            "state": state, "channel": Push.channel, "error": Push.error, "settled_at": Push.settled_at,
        }.items()
    }  # fmt: skip
    carried = update(Recipient).where(Recipient.push_id.in_(push_ids))
    db.execute(carried.values(values).execution_options(synchronize_session=False))


def reported(db: Session, wechat_id: str, status: str, counts: Counts, now: datetime) -> bool:
    """WeChat's report on a mass send (``send success``, ``err(10001)``, …). False if the id is not ours.

    Only the call is written down here, for WeChat waits for an answer; its recipients follow in `settle_page`.
    """
    values = {
        "total_count": counts.total,
        "filter_count": counts.filtered,
        "sent_count": counts.sent,
        "error_count": counts.errors,
    }
    return _ended(db, wechat_id, status.replace(" ", "").lower() == "sendsuccess", status, values)


def published(db: Session, publish_id: str, status: str, url: str, now: datetime) -> bool:
    """WeChat's report on a published article: ``status`` is ``0`` when it succeeded. False if the id is not ours."""
    return _ended(db, publish_id, status == "0", f"publish_status {status}", {"url": url[:1024]})


def _ended(db: Session, wechat_id: str, well: bool, status: str, values: Mapping[str, object]) -> bool:
    ours = select(Batch.id).where(Batch.wechat_id == wechat_id) if wechat_id else None
    if ours is None or db.scalars(ours.limit(1)).first() is None:
        return False
    writing(db)
    # A second report, or one that comes after we have asked, changes only the counts.
    db.execute(update(Batch).where(Batch.wechat_id == wechat_id).values(**values))
    open_still = update(Batch).where(Batch.wechat_id == wechat_id, Batch.state.in_(("accepted", "unknown")))
    error = "" if well else status[:255]
    db.execute(open_still.values(state="done" if well else "failed", error=error, settled_at=None))
    return True


def settle_page(db: Session, batch: Batch, now: datetime, after: str = "") -> str:
    """Tell the recipients of a call what became of it, a page of the broadcast's rows beginning behind ``after``.

    Returns the last openid looked at, or nothing at the end. WeChat counts whom it did not reach and does not name
    them: only when it reached all is each ``delivered``.
    """
    reached_all = batch.sent_count is not None and batch.sent_count == batch.total_count
    state = {
        "accepted": "sent",
        "done": "delivered" if reached_all else "sent",
        "failed": "stopped" if batch.error == STOPPED else "failed",
        "unknown": "unknown",
    }[batch.state]
    rows = select(Recipient.openid, Recipient.batch_id, Recipient.state)
    rows = rows.where(Recipient.broadcast_id == batch.broadcast_id, Recipient.openid > after)
    page = db.execute(rows.order_by(Recipient.openid).limit(PAGE)).all()
    behind = [openid for openid, batch_id, now_is in page if batch_id == batch.id and now_is != state]
    if behind:
        writing(db)
        told = update(Recipient).where(Recipient.broadcast_id == batch.broadcast_id, Recipient.openid.in_(behind))
        told = told.where(Recipient.batch_id == batch.id).values(state=state, error=batch.error, settled_at=now)
        db.execute(told.execution_options(synchronize_session=False))
    return page[-1].openid if len(page) == PAGE else ""


def stop_page(db: Session, broadcast_id: int, now: datetime) -> int:
    """Take back up to a thousand of what single people were not told yet; how many, 0 when nothing is left.

    What calls carry follows its call. Whatever is on its way to WeChat at this moment arrives.
    """
    unsaid = select(Recipient.openid, Recipient.push_id).where(Recipient.broadcast_id == broadcast_id)
    rows = list(db.execute(unsaid.where(_nobodys(), Recipient.state == "due").limit(PAGE)))
    kept = unsaid.join(Push, Recipient.push_id == Push.id).where(Recipient.state.in_(("due", "unreached")))
    rows += db.execute(kept.where(Push.state.in_(NOT_SAID_YET)).limit(PAGE - len(rows)))
    if not rows:
        return 0
    writing(db)
    pushes = [push_id for _, push_id in rows if push_id is not None]
    alone = [openid for openid, push_id in rows if push_id is None]
    mine = update(Recipient).where(Recipient.broadcast_id == broadcast_id, Recipient.openid.in_(alone), _nobodys())
    db.execute(mine.values(state="stopped", settled_at=now).execution_options(synchronize_session=False))
    superseded = update(Push).where(Push.id.in_(pushes), Push.state.in_(NOT_SAID_YET))
    superseded = superseded.values(state="superseded", settled_at=now, error=STOPPED)
    db.execute(superseded.execution_options(synchronize_session=False))
    follow_pushes(db, pushes)
    return len(rows)


def _nobodys() -> ColumnElement[bool]:
    """Neither a call nor the outbox carries it yet."""
    return and_(Recipient.batch_id.is_(None), Recipient.push_id.is_(None))
