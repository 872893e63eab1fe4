"""What the worker does on each sweep besides sending: plan reminders, end offers, clear away what is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, String, cast, delete, exists, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.push import facts, quiet
from bot.services import (
    alerts,
    announcements,
    auditing,
    conversation_messages,
    duty,
    invitations,
    registrations,
    reservations,
    swaps,
)
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.database import Database, writing
from bot.storage.models import (
    Activity,
    Conversation,
    ConversationMessage,
    Delivery,
    Document,
    EntryCount,
    Follower,
    Gap,
    GapDismissal,
    Offer,
    Push,
    Registration,
    SavedSession,
    Shift,
)  # fmt: skip

log = structlog.get_logger()

# Rows are written a little ahead, so that the worker can sleep until the very moment.
AHEAD = timedelta(minutes=10)
# The night may bring a reminder forward by so much (from 07:29 to 21:30 the evening before).
BY_NIGHT = timedelta(hours=10)
PAGE = 200
# WeChat repeats a delivery for a quarter of a minute.
DELIVERIES_LIVE = timedelta(days=2)
UNREACHED_LIVES = timedelta(days=7)


def plan_reminders(database: Database, now: datetime, settings: Settings) -> int:
    """A row for each confirmed registration whose reminder is due soon. Found by looking, so a shift that moves takes
    its reminders along, a restart loses nothing, and planning twice changes nothing."""
    with database.session() as db:
        rows = list(_missing(db, now, settings))
        db.rollback()
        for page in (rows[start : start + PAGE] for start in range(0, len(rows), PAGE)):
            writing(db)
            announcements.announce_all(db, page, now)
            db.commit()
    return len(rows)


def _missing(db: Session, now: datetime, settings: Settings) -> Iterator[dict[str, Any]]:
    zone = ZoneInfo(settings.organisation.timezone)
    notices = settings.registrations.remind_before_hours
    horizon = now + timedelta(hours=max(notices, default=0)) + BY_NIGHT + AHEAD
    coming = select(Shift).join(Activity, Shift.activity_id == Activity.id)
    coming = coming.where(Activity.state == "open", Shift.starts_at > now, Shift.starts_at <= horizon)
    for shift in db.scalars(coming.order_by(Shift.starts_at, Shift.id)):
        for hours in notices:
            due_at = quiet.due_at(shift.starts_at, hours, zone)
            if now - facts.LATE < due_at <= now + AHEAD and (shift.moved_at is None or shift.moved_at <= due_at):
                yield from _reminders(db, shift, hours, due_at)


def _reminders(db: Session, shift: Shift, hours: int, due_at: datetime) -> Iterator[dict[str, Any]]:
    """For everybody with a seat who signed up before ``due_at`` (later ones have just been told the time)."""
    suffix = f":{hours}:{shift.starts_at:%Y%m%dT%H%M%SZ}"
    key = "reminder:" + cast(Registration.id, String).concat(suffix)
    planned = exists().where(Push.key == key, (Push.state != "superseded") | Push.maybe_sent)
    wanted = (
        select(Registration.id, Registration.openid)
        .outerjoin(Follower, Follower.openid == Registration.openid)
        .where(Registration.shift_id == shift.id, Registration.state == "confirmed")
        .where(Registration.state_since <= due_at, func.coalesce(Follower.reminders, True), ~planned)
        .order_by(Registration.id)
    )
    for id, openid in db.execute(wanted):
        yield {
            "key": f"reminder:{id}{suffix}",
            "openid": openid,
            "kind": "reminder",
            "payload": {"registration_id": id, "starts_at": shift.starts_at.isoformat()},
            "due_at": due_at,
            "expires_at": shift.starts_at,
        }


def run_offers(database: Database, now: datetime, settings: Settings) -> int:
    """End the offers that were not answered in time and hand their seats on; returns how many ended."""
    rules = Rules.of(settings)
    with database.session() as db:
        overdue = select(Offer.id).where(Offer.answer.is_(None), Offer.expires_at <= now).limit(1)
        expired = registrations.expire_offers(db, now, rules=rules) if db.scalars(overdue).first() else []
        db.commit()
        for release in (registrations.pass_over_unreached, reservations.expire, invitations.expire, swaps.expire):
            release(db, now, rules=rules)
            db.commit()
        for shift_id in registrations.shifts_to_promote(db, now):
            registrations.promote(db, shift_id, now, rules=rules)
            db.commit()
    return len(expired)


def repeat_alerts(database: Database, now: datetime) -> int:
    """Wake those on duty again for each alert that nobody has taken over."""
    with database.session() as db:
        count = alerts.repeat(db, now)
        db.commit()
    return count


def complain_of_alerts(database: Database) -> None:
    """Whoever watches the log hears of it too, whatever became of the messages to those on duty."""
    with database.session() as db:
        waiting = [alert.code for alert in alerts.unheard(db)]
        if waiting:
            nobody = "" if duty.on_duty(db) else "没有人值班，谁也收不到：python -m bot staff duty 登录名 on"
            log.error("alert.unheard", alerts=waiting, what=nobody or "值班老师还没有回复 收到")


def tell_of_silence(database: Database, last: datetime, until: datetime, now: datetime) -> int:
    """Those on duty hear that nothing was sent for a while; once for each silence. ``last`` and ``until`` are the wall
    clock's, ``now`` ours."""
    log.error("push.silent", since=last.isoformat(timespec="seconds"), what="提醒程序停过，其间该发的都晚了")
    with database.session() as db:
        writing(db)
        woken = [str(staff.openid) for staff in duty.on_duty(db)]
        for openid in woken:
            key = f"{last:%Y%m%dT%H%M%SZ}:{openid}"
            announcements.notify(
                db, openid, "worker.silent", key, now, urgent=True, since=last.isoformat(), until=until.isoformat()
            )
        db.commit()
    return len(woken)


def seal_audit(database: Database) -> int:
    """Give new rows of the audit log their place in the chain."""
    with database.session() as db:
        count = auditing.seal(db)
        db.commit()
    return count


def retire_kept(database: Database, now: datetime) -> int:
    """What nobody fetched in time by writing to us is over."""
    with database.session() as db:
        over = (Push.expires_at <= now) | (Push.due_at <= now - UNREACHED_LIVES)
        if db.scalars(select(Push.id).where(Push.state == "unreached", over).limit(1)).first() is None:
            return 0
        writing(db)
        retired = update(Push).where(Push.state == "unreached", over)
        done = db.execute(retired.values(state="expired", settled_at=now, error="nobody came for it"))
        db.commit()
        return int(done.rowcount)  # type: ignore[attr-defined]


def purge(database: Database, now: datetime, settings: Settings) -> int:
    """Deliveries that WeChat will not repeat any more, documents whose links are over, sessions saved in outages long
    ago, and what was kept to learn from, or said with staff, for as long as the settings say."""
    learned = now - timedelta(days=settings.understanding.keep_gaps_days)
    messages, conversations = conversation_messages.ended_before(now - timedelta(days=settings.conversation.keep_days))
    first_day = learned.astimezone(ZoneInfo(settings.organisation.timezone)).date()
    return (
        _remove(database, Delivery.key, Delivery.at < now - DELIVERIES_LIVE)
        + _remove(database, Document.id, Document.expires_at <= now)
        + _remove(database, SavedSession.openid, SavedSession.saved_at < now - DELIVERIES_LIVE)
        + _remove(database, Gap.id, Gap.at < learned)
        + _remove(database, GapDismissal.id, GapDismissal.at < learned)
        + _remove(database, EntryCount.day, EntryCount.day < first_day)
        + _remove(database, ConversationMessage.id, messages)
        + _remove(database, Conversation.id, conversations)
        + _unsay(database, now)
    )


def _unsay(database: Database, now: datetime) -> int:
    """Of all that is pushed only a late answer holds its words: long since said, they go; that it was said stays."""
    said = (Push.kind == "late_reply") & (Push.settled_at < now - DELIVERIES_LIVE)
    with database.session() as db:
        ids = db.scalars(select(Push.id).where(said, cast(Push.payload, String) != "{}").limit(PAGE)).all()
        if ids:
            writing(db)
            db.execute(update(Push).where(Push.id.in_(ids)).values(payload={}))
            db.commit()
    return len(ids)


def _remove(database: Database, key: InstrumentedAttribute[Any], old: ColumnElement[bool]) -> int:
    """In pages, so that nobody who writes waits long; returns how many keys are gone."""
    with database.session() as db:
        keys = list(db.scalars(select(key).where(old).distinct()))
        db.rollback()
        for start in range(0, len(keys), PAGE):
            writing(db)
            db.execute(delete(key.class_).where(key.in_(keys[start : start + PAGE])))
            db.commit()
    return len(keys)
