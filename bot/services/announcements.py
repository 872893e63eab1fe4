"""What the account owes someone unprompted: rows written with the fact itself, sent later by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.storage.models import Push

KINDS = ("reminder", "offer", "offer_lapsed", "change", "cancelled", "late_reply")
WAITING = ("due", "unreached")


def announce(
    db: Session,
    *,
    key: str,
    openid: str,
    kind: str,
    payload: dict[str, Any],
    due_at: datetime,
    expires_at: datetime | None = None,
    now: datetime,
) -> Push:
    """Owe ``openid`` one message, once for each ``key``; saying it again returns the row that is there.

    ``payload`` holds ids, never names or phone numbers: the words are made from the state at the moment of sending.
    A superseded row comes back to life, because what it says is true again (a shift moved away and back).
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of announcement: {kind!r}")
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"openid": openid, "payload": payload, "due_at": due_at, "expires_at": expires_at, "state": "due"}
    new = insert(Push).values(key=key, kind=kind, created_at=now, **values)
    again = new.on_conflict_do_update(
        index_elements=[Push.key],
        set_={**values, "settled_at": None, "error": "", "not_before": None},
        where=(Push.state == "superseded") & Push.maybe_sent.is_(False),
    )
    db.execute(again)
    return db.scalars(select(Push).where(Push.key == key).execution_options(populate_existing=True)).one()


def supersede(db: Session, key: str, now: datetime, *, prefix: bool = False, reason: str = "no longer true") -> int:
    """Take back what was not said yet: the row ``key``, or with ``prefix`` every row whose key begins with it."""
    named = Push.key.startswith(key, autoescape=True) if prefix else Push.key == key
    taken_back = update(Push).where(named, Push.state.in_(WAITING))
    done = db.execute(taken_back.values(state="superseded", settled_at=now, error=reason))
    return int(done.rowcount)  # type: ignore[attr-defined]


def take_kept(db: Session, openid: str, now: datetime) -> list[Push]:
    """What could not reach this follower and waits for their next message, oldest first. Reads only."""
    alive = or_(Push.expires_at.is_(None), Push.expires_at > now)
    kept = select(Push).where(Push.openid == openid, Push.state == "unreached", alive)
    return list(db.scalars(kept.order_by(Push.due_at, Push.id)))


def settle_kept(db: Session, pushes: Sequence[Push], now: datetime) -> None:
    """The passive reply that the caller is about to commit carries these. Call ``writing(db)`` before."""
    said = update(Push).where(Push.id.in_([push.id for push in pushes]), Push.state == "unreached")
    db.execute(said.values(state="sent", channel="passive", settled_at=now, error=""))


def settle_report(db: Session, wechat_id: str, status: str, now: datetime) -> bool:
    """WeChat's report on a template message (``success``, ``failed:user block``, …). False if the id is not ours.

    A message that WeChat took and could not deliver waits for the follower's next message.
    """
    push = db.scalars(select(Push).where(Push.wechat_id == wechat_id, Push.channel == "template")).first()
    if push is None:
        return False
    if not status.replace(" ", "").lower().startswith("success") and push.state == "sent":
        push.state, push.settled_at, push.error = "unreached", now, status[:255]
    return True
