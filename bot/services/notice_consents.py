"""Consents to subscribe notices: a balance for each follower and template, and every change of it as a row.

WeChat tells no balance, so it is counted from its events and from what was sent (platform §3.5). A one-time consent is
one notice; a long-term one (templates of type 3) lasts until it is taken back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.storage.database import writing
from bot.storage.models import NoticeConsent, NoticeConsentEvent

Source = Literal["popup", "change", "sent", "used", "unknown_to_wechat"]
SOURCES = ("opening", "popup", "change", "sent", "used", "unknown_to_wechat")
"""``opening``: what was counted before changes were kept. ``used``: a notice went out. ``sent``: WeChat's report of
one. ``unknown_to_wechat``: it answered that there is none."""


def answered(
    db: Session,
    openid: str,
    template_id: str,
    accepted: bool,
    source: Source,
    key: str,
    now: datetime,
    *,
    guarded: bool = True,
) -> bool:
    """The follower accepted one more notice of this template, or refuses all. False: ``key`` was counted already.

    ``guarded=False`` (only for the twin of a test) lets two count at once.
    """
    balance = _balance(db, openid, template_id, now, guarded)
    return _note(db, balance, source, 1 if accepted else -balance.remaining, key, now)


def used(db: Session, openid: str, template_id: str, key: str, now: datetime, *, lasting: bool = False) -> bool:
    """A notice went out: a one-time consent is gone, a ``lasting`` one stays."""
    balance = _balance(db, openid, template_id, now)
    return _note(db, balance, "used", 0 if lasting else -min(1, balance.remaining), key, now)


def gone(db: Session, openid: str, template_id: str, source: Source, key: str, now: datetime) -> bool:
    """WeChat knows of no consent, whatever we counted."""
    balance = _balance(db, openid, template_id, now)
    return _note(db, balance, source, -balance.remaining, key, now)


def reported(db: Session, openid: str, template_id: str, key: str, now: datetime) -> bool:
    """WeChat's report of a notice that it took; the consent was counted off when it was sent."""
    return _note(db, _balance(db, openid, template_id, now), "sent", 0, key, now)


def _balance(db: Session, openid: str, template_id: str, now: datetime, guarded: bool = True) -> NoticeConsent:
    """The row, nobody else's to change until the commit."""
    writing(db)
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(NoticeConsent)
    new = insert.values(openid=openid, template_id=template_id, remaining=0, updated_at=now)
    db.execute(new.on_conflict_do_nothing())
    this = select(NoticeConsent).where(NoticeConsent.openid == openid, NoticeConsent.template_id == template_id)
    this = this.execution_options(populate_existing=True)
    return db.scalars(this.with_for_update() if guarded else this).one()


def _note(db: Session, balance: NoticeConsent, source: Source, change: int, key: str, now: datetime) -> bool:
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(NoticeConsentEvent)
    told = insert.values(
        key=key, openid=balance.openid, template_id=balance.template_id, source=source, change=change, at=now
    )
    if not db.scalars(told.on_conflict_do_nothing().returning(NoticeConsentEvent.id)).all():
        return False
    balance.remaining += change
    balance.updated_at = now
    db.flush()
    return True
