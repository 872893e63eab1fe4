"""What must hold of broadcasts: two humans, sizes that are rows, nobody left over or carried twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.services import actors, audiences
from bot.services.breaches import SWEPT_WITHIN, Breach
from bot.services.broadcast_reports import STATES as RECIPIENT_STATES
from bot.services.broadcast_states import STATES
from bot.services.broadcasts import CHANNELS
from bot.storage.crypto import Cipher
from bot.storage.models import Batch, Broadcast, Push, Recipient

DECIDED = ("approved", "sending", "paused", "done")
BATCH_STATES = ("filling", "due", "sending", "accepted", "done", "failed", "unknown")
CALLS = ("openids", "tag", "everybody", "article")
PUSH_ENDED = ("sent", "failed", "unknown", "superseded", "expired")
FEW = 20
"""Rows named of what may concern tens of thousands."""


def _states(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for it in db.scalars(select(Broadcast).order_by(Broadcast.id)):
        if it.state not in STATES or it.channel not in CHANNELS:
            yield Breach("broadcast_state", f"unknown state {it.state!r} or channel {it.channel!r}", (it.id,))
        if not set(it.audience) or not set(it.audience) <= set(audiences.KEYS):
            yield Breach("broadcast_audience", f"no rule of an audience: {it.audience}", (it.id,))
        begun = it.state in ("sending", "done")
        if (begun and it.started_at is None) or (it.state == "done") != (it.finished_at is not None):
            yield Breach("broadcast_times", f"{it.state}, begun {it.started_at}, over {it.finished_at}", (it.id,))


def _two_humans(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for it in db.scalars(select(Broadcast).where(Broadcast.state.in_(DECIDED)).order_by(Broadcast.id)):
        if not it.reviewer or actors.is_same_human(db, it.author, it.reviewer):
            yield Breach(
                "broadcast_reviewer", f"written by {it.author}, decided by {it.reviewer or 'nobody'}", (it.id,)
            )
        if it.submitted_at is None or it.previewed_at is None or it.due_at is None:
            yield Breach("broadcast_unseen", f"{it.state} without a preview, a submission or a time", (it.id,))


def _sizes(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    rows = select(func.count()).where(Recipient.broadcast_id == Broadcast.id).scalar_subquery()
    known = select(Broadcast.id, Broadcast.size, rows).where(
        or_(Broadcast.size.is_not(None), Broadcast.state == "done")
    )
    for id, size, made in db.execute(known):
        if size != made:
            yield Breach("broadcast_size", f"said to be for {size}, and {made} rows were made", (id,))


def _left_over(db: Session, _cipher: Cipher, now: datetime | None) -> Iterator[Breach]:
    """Nobody waits for what is done; nor for what was stopped, once the worker has swept, unless it is on its way."""
    waits = select(func.count()).where(Recipient.broadcast_id == Broadcast.id, Recipient.state == "due")
    done = select(Broadcast.id, waits.scalar_subquery()).where(Broadcast.state == "done")
    for id, left in db.execute(done):
        if left:
            yield Breach("broadcast_left", f"done, and {left} still wait", (id,))
    if now is None:
        return
    calls = select(Batch.id).where(Batch.id == Recipient.batch_id, Batch.settled_at.is_(None), Batch.state != "due")
    pushes = select(Push.id).where(Push.id == Recipient.push_id, Push.state == "sending")
    idle = waits.where(~calls.exists(), ~pushes.exists()).scalar_subquery()
    stopped = select(Broadcast.id, idle).where(Broadcast.state == "stopped", Broadcast.updated_at < now - SWEPT_WITHIN)
    for id, left in db.execute(stopped):
        if left:
            yield Breach("broadcast_unstopped", f"stopped, and {left} would still be told", (id,))


def _recipients(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    adrift = select(Push.id).where(Push.id == Recipient.push_id, Push.state.in_(PUSH_ENDED))
    told = Recipient.state.in_(("sent", "delivered"))
    wrong: dict[str, tuple[ColumnElement[bool], str]] = {
        "recipient_state": (Recipient.state.not_in(RECIPIENT_STATES), "unknown state"),
        "recipient_twice": (
            and_(Recipient.batch_id.is_not(None), Recipient.push_id.is_not(None)), "carried by a call and a push"
        ),
        "recipient_adrift": (and_(Recipient.state == "due", adrift.exists()), "waits, though its push has ended"),
        "recipient_unsettled": (and_(told, Recipient.settled_at.is_(None)), "told, and nobody knows when"),
        "recipient_by_nothing": (
            and_(told, Recipient.batch_id.is_(None), Recipient.push_id.is_(None)), "told by neither a call nor a push"
        ),
    }  # fmt: skip
    for rule, (condition, words) in wrong.items():
        for row in db.scalars(select(Recipient).where(condition).limit(FEW)):
            yield Breach(rule, f"{words}: {row.state}", (row.broadcast_id, row.openid))


def _calls(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for row in db.scalars(select(Batch).order_by(Batch.id)):
        if row.state not in BATCH_STATES or row.call not in CALLS:
            yield Breach("batch_state", f"unknown state {row.state!r} or call {row.call!r}", (row.id,))
        if row.state == "sending" and row.leased_until is None:
            yield Breach("batch_unleased", "being called by nobody", (row.id,))
        if row.state in ("accepted", "done") and not row.wechat_id:
            yield Breach("batch_nameless", f"{row.state}, and WeChat gave it no number", (row.id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _states,
    _two_humans,
    _sizes,
    _left_over,
    _recipients,
    _calls,
)
