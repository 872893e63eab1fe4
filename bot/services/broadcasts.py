"""Broadcasts and their states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.database import locked, writing
from bot.storage.models import Broadcast


def due(db: Session, now: datetime) -> list[int]:
    return list(db.scalars(select(Broadcast.id).where(Broadcast.state == "approved", Broadcast.due_at <= now)))


def begin(db: Session, broadcast_id: int, now: datetime) -> None:
    _turn(db, broadcast_id, "sending", now, started_at=now)


def finish(db: Session, broadcast_id: int, now: datetime) -> None:
    _turn(db, broadcast_id, "done", now, finished_at=now)


def fail(db: Session, broadcast_id: int, why: str, now: datetime) -> None:
    _turn(db, broadcast_id, "paused", now, error=why)


def preview_done(db: Session, broadcast_id: int, now: datetime) -> None:
    writing(db)
    broadcast = locked(db, Broadcast, broadcast_id)
    assert broadcast is not None
    broadcast.previewed_at = now
    db.flush()


def _turn(db: Session, broadcast_id: int, state: str, now: datetime, **values: object) -> None:
    writing(db)
    broadcast = locked(db, Broadcast, broadcast_id)
    assert broadcast is not None
    broadcast.state, broadcast.updated_at = state, now
    for name, value in values.items():
        setattr(broadcast, name, value)
    db.flush()
