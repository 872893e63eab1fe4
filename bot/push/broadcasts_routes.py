"""Which way a broadcast takes: everybody, a tag, lists of openids, an article, or one push for each follower."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import mass_quotas
from bot.storage.models import Batch, Broadcast, Follower

# Platform §3.12: the calls that each kind of account may make.
CALLS: Mapping[str, tuple[str, ...]] = {
    "verified_service": ("everybody", "openids", "article"),
    "verified_subscription": ("everybody", "tag", "article"),
    "unverified": (),
}
OUTBOX = "outbox"
EVERYBODY = {"all": True}


def choose(db: Session, broadcast: Broadcast, now: datetime, account: str) -> str:
    """The call for most of its recipients. `OUTBOX` is right whenever WeChat gives the account nothing better."""
    may = CALLS[account]
    if broadcast.channel == "article":
        return "article" if "article" in may else OUTBOX
    if broadcast.channel in ("custom", "notice"):
        return OUTBOX
    lists = "openids" in may
    # To everybody includes whoever wants no broadcasts; WeChat knows nothing of that wish.
    if "everybody" in may and broadcast.audience == EVERYBODY and not _anybody_refuses(db):
        # A list costs the account nothing of its four a month.
        if not lists or mass_quotas.left(db, now, account).calls:
            return "everybody"
    if lists:
        return "openids"
    # One call a day: worth waiting for when somebody asked for it, else only if it is free.
    by_tag = broadcast.channel == "mass" or mass_quotas.left(db, now, account).calls > 0
    return "tag" if "tag" in may and by_tag else OUTBOX


def chosen(db: Session, broadcast_id: int) -> str:
    """The way it took when it began: the first call names it, without one it is the outbox."""
    first = select(Batch.call).where(Batch.broadcast_id == broadcast_id).order_by(Batch.number).limit(1)
    return db.scalars(first).one_or_none() or OUTBOX


def _anybody_refuses(db: Session) -> bool:
    refusing = select(Follower.openid).where(Follower.followed, Follower.broadcasts.is_(False)).limit(1)
    return db.scalars(refusing).first() is not None
