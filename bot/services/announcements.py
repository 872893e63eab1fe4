"""What the account owes someone unprompted: rows written with the fact itself, sent later by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.services import recipients
from bot.services.quiet_hours import awake_from
from bot.services.recipients import NOT_SAID_YET
from bot.storage.database import writing
from bot.storage.models import Push

KINDS = (
    "reminder", "offer", "offer_lapsed", "change", "cancelled", "late_reply", "alert", "alert_note", "alert_answer",
    "notice", "picture", "broadcast", "broadcast_preview",
)  # fmt: skip
BEIJING = ZoneInfo("Asia/Shanghai")
NOTICE_REPORTED_WITHIN = timedelta(hours=1)
# Which template serves a kind that has none of its own.
TEMPLATE_OF = {"cancelled": "change", "offer_lapsed": "change"}


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
    row = {"key": key, "openid": openid, "kind": kind, "payload": payload, "due_at": due_at, "expires_at": expires_at}
    announce_all(db, [row], now)
    return db.scalars(select(Push).where(Push.key == key).execution_options(populate_existing=True)).one()


def announce_all(db: Session, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """As `announce`, for many: each row a dict of its keyword arguments (all six)."""
    unknown = {row["kind"] for row in rows}.difference(KINDS)
    if unknown:
        raise ValueError(f"unknown kinds of announcement: {unknown}")
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(Push)
    said_anew = {name: insert.excluded[name] for name in ("openid", "payload", "due_at", "expires_at")}
    owed = insert.on_conflict_do_update(
        index_elements=[Push.key],
        set_={**said_anew, "state": "due", "settled_at": None, "error": "", "not_before": None},
        where=(Push.state == "superseded") & Push.maybe_sent.is_(False),
    )
    if rows:
        db.info["announced"] = True  # whoever commits may wake the worker
        db.execute(owed, [{**row, "state": "due", "created_at": now} for row in rows])


def notify(
    db: Session,
    openid: str,
    notice: str,
    key: str,
    now: datetime,
    *,
    urgent: bool = False,
    zone: ZoneInfo = BEIJING,
    **ids: Any,
) -> None:
    """Owe ``openid`` the notice ``hours.settled`` (bot/push/notices/), once for each ``key``; at night only if urgent.

    ``ids`` are what the words are made from: ids, never names or numbers.
    """
    due_at = now if urgent else awake_from(now, zone)
    payload = {"notice": notice, **ids}
    row = {"key": f"{notice}:{key}", "openid": openid, "kind": "notice", "payload": payload, "due_at": due_at}
    announce_all(db, [{**row, "expires_at": None}], now)


def supersede(db: Session, key: str, now: datetime, *, prefix: bool = False, reason: str = "no longer true") -> int:
    """Take back what was not said yet: the row ``key``, or with ``prefix`` every row whose key begins with it."""
    named = Push.key.startswith(key, autoescape=True) if prefix else Push.key == key
    taken_back = update(Push).where(named, Push.state.in_(NOT_SAID_YET))
    done = db.execute(taken_back.values(state="superseded", settled_at=now, error=reason))
    assert isinstance(done, CursorResult)
    return done.rowcount


def supersede_of(db: Session, openid: str, kind: str, now: datetime, reason: str) -> None:
    """Take back everything of this kind that was not said to this follower yet."""
    theirs = update(Push).where(Push.openid == openid, Push.kind == kind, Push.state.in_(NOT_SAID_YET))
    db.execute(theirs.values(state="superseded", settled_at=now, error=reason))


def take_kept(db: Session, openid: str, now: datetime) -> list[Push]:
    """What could not reach this follower and waits for their next message, oldest first. Reads only."""
    alive = or_(Push.expires_at.is_(None), Push.expires_at > now)
    kept = select(Push).where(Push.openid == openid, Push.state == "unreached", alive)
    return list(db.scalars(kept.order_by(Push.due_at, Push.id)))


def settle_kept(db: Session, pushes: Sequence[Push], now: datetime) -> None:
    """The passive reply that the caller is about to commit carries these. Call ``writing(db)`` before."""
    said = update(Push).where(Push.id.in_([push.id for push in pushes]), Push.state == "unreached")
    db.execute(said.values(state="sent", channel="passive", settled_at=now, error=""))
    recipients.follow_pushes(db, [push.id for push in pushes if push.kind == "broadcast"])
    for push in pushes:
        if push.kind == "reminder":  # of two reminders of one registration only the last was worth saying
            kept = Push.key.startswith(f"reminder:{push.payload['registration_id']}:", autoescape=True)
            older = update(Push).where(kept, Push.openid == push.openid, Push.state == "unreached")
            db.execute(older.values(state="superseded", settled_at=now, error="a later reminder was said"))


def reported(db: Session, wechat_id: str, status: str, now: datetime) -> bool:
    """WeChat's report on a template message (``success``, ``failed:user block``, …). False if the id is not ours.

    What WeChat took and could not deliver waits for the follower's next message.
    """
    sent = select(Push.id).where(Push.wechat_id == wechat_id, Push.channel == "template") if wechat_id else None
    id = db.scalars(sent.limit(1)).one_or_none() if sent is not None else None
    if id is None:
        return False
    if not status.replace(" ", "").lower().startswith("success"):
        writing(db)
        failed = update(Push).where(Push.id == id, Push.state == "sent")
        db.execute(failed.values(state="unreached", settled_at=now, error=status[:255]))
    return True


def notice_failed(db: Session, openid: str, kinds: Sequence[str], why: str, now: datetime) -> bool:
    """WeChat could not deliver a subscribe notice of one of these kinds: it waits for the follower's next message.

    WeChat gives a notice no id when it takes it, so the latest one sent within the hour is meant. False if none was.
    """
    sent = select(Push).where(Push.openid == openid, Push.channel == "subscribe", Push.state == "sent")
    sent = sent.where(Push.kind.in_(kinds), Push.settled_at > now - NOTICE_REPORTED_WITHIN)
    writing(db)
    push = db.scalars(sent.order_by(Push.settled_at.desc(), Push.id.desc()).limit(1).with_for_update()).one_or_none()
    if push is None:
        return False
    push.state, push.settled_at, push.error = "unreached", now, why[:255]
    db.flush()
    return True
