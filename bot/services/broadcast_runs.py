"""A broadcast on its way: begun when it is due, paused, resumed, stopped, failed, finished; nobody is told twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import duty, listeners
from bot.services.announcements import notify
from bot.services.broadcast_states import about_to, enter, get
from bot.services.refusals.broadcasts import RecipientsLeft
from bot.storage.database import writing
from bot.storage.models import Broadcast, Recipient


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


def stop(db: Session, broadcast_id: int, now: datetime) -> Broadcast:
    """For good: nothing more leaves. What was still to be said the worker takes back; what WeChat has still settles."""
    broadcast, state = about_to(db, broadcast_id, "stop")
    return enter(db, broadcast, state, now)


def finish(db: Session, broadcast_id: int, now: datetime) -> Broadcast:
    """Everybody meant is settled one way or another; its author is told. Raises RecipientsLeft."""
    broadcast, state = about_to(db, broadcast_id, "finish")
    due_still = select(func.count()).where(Recipient.broadcast_id == broadcast_id, Recipient.state == "due")
    if left := db.scalars(due_still).one():
        raise RecipientsLeft(broadcast_id, left)
    broadcast.size, broadcast.finished_at = _rows(db, broadcast_id), now
    enter(db, broadcast, state, now)
    for openid in listeners.of_actor(db, broadcast.author):
        notify(db, openid, "broadcast_reviews.done", f"{broadcast.id}:{openid}", now, broadcast_id=broadcast.id)
    return broadcast


def fail(db: Session, broadcast_id: int, why: str, now: datetime) -> Broadcast:
    """WeChat or the account does not allow it now: paused with the reason; author, reviewer and duty are told.

    What is over stays over.
    """
    broadcast, state = about_to(db, broadcast_id, "fail")
    broadcast.error = why.strip()[:255]
    enter(db, broadcast, state, now)
    told = {
        *listeners.of_actor(db, broadcast.author),
        *listeners.of_actor(db, broadcast.reviewer),
        *(staff.openid for staff in duty.on_duty(db) if staff.openid),
    }
    for openid in sorted(told) if state == "paused" else ():
        key = f"{broadcast.id}:{now.timestamp():.3f}:{openid}"
        notify(db, openid, "broadcast_reviews.failed", key, now, broadcast_id=broadcast.id)
    return broadcast


def _rows(db: Session, broadcast_id: int) -> int:
    return int(db.scalars(select(func.count()).where(Recipient.broadcast_id == broadcast_id)).one())
