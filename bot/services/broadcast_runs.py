"""A broadcast on its way: begun when it is due, paused, resumed, stopped, failed, finished; nobody is told twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, update
from sqlalchemy.orm import Session

from bot.services import duty, listeners
from bot.services.announcements import NOT_SAID_YET, notify
from bot.services.broadcast_states import about_to, enter, get
from bot.services.refusals_broadcasts import RecipientsLeft
from bot.storage.database import writing
from bot.storage.models import Batch, Broadcast, Push, Recipient

IN_FLIGHT = ("sending", "accepted", "unknown")
"""States of a call that WeChat may have, so that its recipients are not ours to give up."""
STOPPED = "已停止群发"


def due(db: Session, now: datetime) -> list[int]:
    """Approved broadcasts whose time has come, the earliest first."""
    ready = select(Broadcast.id).where(Broadcast.state == "approved", Broadcast.due_at <= now)
    return list(db.scalars(ready.order_by(Broadcast.due_at, Broadcast.id)))


def begin(db: Session, broadcast_id: int, now: datetime) -> Broadcast:
    """From here on rows of recipients are made. Raises BroadcastState when somebody was faster, or paused it."""
    broadcast, state = about_to(db, broadcast_id, "begin")
    broadcast.started_at, broadcast.error = now, ""
    return enter(db, broadcast, state, now)


def made(db: Session, broadcast_id: int, now: datetime) -> int:
    """All rows of recipients are there: their number is the broadcast's size, and is returned."""
    writing(db)
    broadcast = get(db, broadcast_id)
    broadcast.size, broadcast.updated_at = _rows(db, broadcast_id), now
    db.flush()
    return broadcast.size


def pause(db: Session, broadcast_id: int, now: datetime) -> Broadcast:
    """Nothing new leaves; what WeChat has already cannot be held back."""
    broadcast, state = about_to(db, broadcast_id, "pause")
    broadcast.error = ""
    return enter(db, broadcast, state, now)


def resume(db: Session, broadcast_id: int, now: datetime) -> Broadcast:
    """Goes on where it was; one that had not begun waits for its time again."""
    broadcast, state = about_to(db, broadcast_id, "resume")
    broadcast.error = ""
    return enter(db, broadcast, state if broadcast.started_at is not None else "approved", now)


def stop(db: Session, broadcast_id: int, now: datetime) -> int:
    """For good. Whoever has not been told will not be; returns how many. What is on its way at WeChat still settles."""
    broadcast, state = about_to(db, broadcast_id, "stop")
    enter(db, broadcast, state, now)
    unsent = update(Batch).where(Batch.broadcast_id == broadcast_id, Batch.state == "due")
    db.execute(unsent.values(state="failed", error=STOPPED, settled_at=now))
    owed = select(Recipient.push_id).where(Recipient.broadcast_id == broadcast_id, Recipient.push_id.is_not(None))
    unsaid = update(Push).where(Push.id.in_(owed), Push.state.in_(NOT_SAID_YET))
    db.execute(unsaid.values(state="superseded", settled_at=now, error="the broadcast was stopped"))
    waiting = update(Recipient).where(Recipient.broadcast_id == broadcast_id, Recipient.state == "due", _free())
    ended = waiting.values(state="stopped", settled_at=now, error=STOPPED)
    given_up = db.execute(ended.execution_options(synchronize_session=False))
    assert isinstance(given_up, CursorResult)
    db.expire_all()
    if broadcast.started_at is not None:
        broadcast.size = _rows(db, broadcast_id)
    db.flush()
    return given_up.rowcount


def finish(db: Session, broadcast_id: int, now: datetime) -> Broadcast:
    """Everybody meant is settled one way or another; its author is told. Raises RecipientsLeft."""
    broadcast, state = about_to(db, broadcast_id, "finish")
    due_still = select(func.count()).where(Recipient.broadcast_id == broadcast_id, Recipient.state == "due")
    if left := db.scalars(due_still).one():
        raise RecipientsLeft(broadcast_id, left)
    broadcast.size, broadcast.finished_at, broadcast.error = _rows(db, broadcast_id), now, ""
    enter(db, broadcast, state, now)
    _tell(db, broadcast, "broadcasts.done", listeners.of_actor(db, broadcast.author), now)
    return broadcast


def fail(db: Session, broadcast_id: int, why: str, now: datetime) -> Broadcast:
    """WeChat or the account does not allow it now: paused with the reason; author, reviewer and duty are told."""
    broadcast, state = about_to(db, broadcast_id, "fail")
    broadcast.error = why.strip()[:255]
    enter(db, broadcast, state, now)
    told = [
        *listeners.of_actor(db, broadcast.author),
        *listeners.of_actor(db, broadcast.reviewer),
        *(staff.openid for staff in duty.on_duty(db) if staff.openid),
    ]
    _tell(db, broadcast, "broadcasts.failed", dict.fromkeys(told), now, urgent=True)
    return broadcast


def _tell(
    db: Session, broadcast: Broadcast, notice: str, openids: Iterable[str], now: datetime, *, urgent: bool = False
) -> None:
    for openid in openids:
        key = f"{broadcast.id}:{now.timestamp():.0f}:{openid}"
        notify(db, openid, notice, key, now, urgent=urgent, broadcast_id=broadcast.id)


def _rows(db: Session, broadcast_id: int) -> int:
    return int(db.scalars(select(func.count()).where(Recipient.broadcast_id == broadcast_id)).one())


def _free() -> ColumnElement[bool]:
    """Neither a call nor a push has this recipient in hand."""
    calls = select(Batch.id).where(Batch.id == Recipient.batch_id, Batch.state.in_(IN_FLIGHT))
    pushes = select(Push.id).where(Push.id == Recipient.push_id, Push.state == "sending")
    return ~or_(calls.exists(), pushes.exists())
