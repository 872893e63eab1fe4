"""A push that did not arrive, sent again because a colleague says so: never twice without saying that it may be."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.services.refusals.pushes import (
    PushHasItsOwnWay,
    PushMayArriveTwice,
    PushNobodyThere,
    PushNotEnded,
    PushTooLate,
)
from bot.storage import audit
from bot.storage.database import locked, writing
from bot.storage.models import Follower, Push

ENDED = ("failed", "unknown", "unreached")
"""From these a push may be sent again; ``expired`` and ``superseded`` mean that it is not true or no use any more."""
OWN_WAY = ("broadcast", "broadcast_preview")
RECENT = timedelta(days=7)
MOST = 20


def may_arrive_twice(push: Push) -> bool:
    """Whether WeChat may have delivered it although we do not know."""
    return push.state == "unknown" or push.maybe_sent


def can(push: Push, now: datetime) -> bool:
    """Whether a button makes sense; `again` has the last word."""
    return push.state in ENDED and push.kind not in OWN_WAY and not _is_over(push, now)


def _is_over(push: Push, now: datetime) -> bool:
    """Too late, or a late answer whose words were forgotten since."""
    return push.state == "expired" or not push.payload or (push.expires_at is not None and push.expires_at <= now)


def again(db: Session, push_id: int, now: datetime, *, twice: bool) -> Push:
    """Due at once, with all its tries; the state behind it is read anew before a word is said, and night holds it.

    ``twice``: whoever asks knows that it may arrive twice; it is refused where nobody said so. One call then, no
    more: an earlier doubt stays a doubt. A new fence: a late result of an earlier call changes nothing.
    """
    writing(db)
    push = locked(db, Push, push_id)
    if push is None or push.state not in (*ENDED, "expired"):
        raise PushNotEnded
    if _is_over(push, now):
        raise PushTooLate
    if push.kind in OWN_WAY:
        raise PushHasItsOwnWay
    follower = db.get(Follower, push.openid)
    if follower is not None and not follower.followed:
        raise PushNobodyThere
    if may_arrive_twice(push) and not twice:
        raise PushMayArriveTwice
    audit.note(db, f"pushes:{push.id}", f"sent again after {push.state}: {push.error}")
    push.doubts = 1 if may_arrive_twice(push) else 0
    push.maybe_sent = push.doubts > 0
    push.state, push.error, push.channel, push.wechat_id = "due", "", "", ""
    push.attempts, push.tried_at, push.settled_at = 0, None, None
    push.not_before = now  # lateness counts from here
    push.fence += 1
    db.info["announced"] = True  # whoever commits wakes the worker
    db.flush()
    return push


def unsent(now: datetime, kind: str = "", state: str = "") -> Select[Push]:
    """What did not arrive lately, newest first."""
    wanted = select(Push).where(Push.due_at >= now - RECENT).order_by(Push.due_at.desc(), Push.id.desc())
    wanted = wanted.where(Push.state == state) if state in (*ENDED, "expired") else wanted.where(Push.state.in_(ENDED))
    return wanted.where(Push.kind == kind) if kind else wanted


def unsent_to(db: Session, openids: Collection[str], now: datetime) -> list[Push]:
    """What one person did not get lately."""
    return list(db.scalars(unsent(now).where(Push.openid.in_(openids)).limit(MOST))) if openids else []
