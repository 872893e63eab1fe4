"""Broadcasts and their states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.storage.database import locked, writing
from bot.storage.models import Broadcast, Recipient


def due(db: Session, now: datetime) -> list[int]:
    return list(db.scalars(select(Broadcast.id).where(Broadcast.state == "approved", Broadcast.due_at <= now)))


def begin(db: Session, broadcast_id: int, now: datetime) -> None:
    _turn(db, broadcast_id, "sending", now, started_at=now)


def made(db: Session, broadcast_id: int, now: datetime) -> int:
    writing(db)
    broadcast = db.get_one(Broadcast, broadcast_id)
    made = select(func.count()).where(Recipient.broadcast_id == broadcast_id)
    broadcast.size = db.scalar(made) or 0
    db.flush()
    return broadcast.size


def finish(db: Session, broadcast_id: int, now: datetime) -> None:
    _turn(db, broadcast_id, "done", now, finished_at=now, error="")


def fail(db: Session, broadcast_id: int, why: str, now: datetime) -> None:
    _turn(db, broadcast_id, "paused", now, error=why)


def _turn(db: Session, broadcast_id: int, state: str, now: datetime, **values: object) -> None:
    writing(db)
    broadcast = locked(db, Broadcast, broadcast_id)
    assert broadcast is not None
    broadcast.state, broadcast.updated_at = state, now
    for name, value in values.items():
        setattr(broadcast, name, value)
    db.flush()
