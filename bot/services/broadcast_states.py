"""The states of a broadcast as one table, and the one way to go from one to the next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.services.refusals.broadcasts import BroadcastState, BroadcastUnknown
from bot.storage.database import locked, writing
from bot.storage.models import Broadcast

TRANSITIONS = {
    ("draft", "edit"): "draft",
    ("draft", "preview"): "draft",
    ("draft", "submit"): "submitted",
    ("draft", "stop"): "stopped",
    ("submitted", "preview"): "submitted",  # whoever reviews wants to see it too
    ("submitted", "approve"): "approved",
    ("submitted", "reject"): "draft",
    ("submitted", "stop"): "stopped",
    ("approved", "begin"): "sending",
    ("approved", "pause"): "paused",
    ("approved", "fail"): "paused",
    ("approved", "stop"): "stopped",
    ("sending", "pause"): "paused",
    ("sending", "fail"): "paused",
    ("sending", "finish"): "done",
    ("sending", "stop"): "stopped",
    ("paused", "resume"): "sending",  # or approved again, when it had not begun
    ("paused", "fail"): "paused",  # what was on its way meanwhile was refused
    ("paused", "stop"): "stopped",
    ("done", "fail"): "done",  # somebody was faster
    ("stopped", "fail"): "stopped",
}
STATES = ("draft", "submitted", "approved", "sending", "paused", "done", "stopped")
EVENTS = ("edit", "preview", "submit", "approve", "reject", "begin", "pause", "resume", "fail", "finish", "stop")
BEGUN = ("sending", "paused", "done", "stopped")
"""States in which it may have reached somebody; whether it did, ``started_at`` says."""


def get(db: Session, broadcast_id: int) -> Broadcast:
    """Raises BroadcastUnknown."""
    broadcast = db.get(Broadcast, broadcast_id)
    if broadcast is None:
        raise BroadcastUnknown(broadcast_id)
    return broadcast


def about_to(db: Session, broadcast_id: int, event: str) -> tuple[Broadcast, str]:
    """The broadcast, locked, and the state that ``event`` leads to. Raises BroadcastUnknown, BroadcastState."""
    writing(db)
    broadcast = locked(db, Broadcast, broadcast_id)
    if broadcast is None:
        raise BroadcastUnknown(broadcast_id)
    state = TRANSITIONS.get((broadcast.state, event))
    if state is None:
        raise BroadcastState(broadcast_id, broadcast.state, event)
    return broadcast, state


def enter(db: Session, broadcast: Broadcast, state: str, now: datetime) -> Broadcast:
    broadcast.state, broadcast.updated_at = state, now
    db.flush()
    return broadcast
