"""How often the account may still send to many: WeChat's quotas, counted from our own calls before each of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from bot.services.quiet_hours import awake_from
from bot.storage.models import Batch, Recipient

BEIJING = ZoneInfo("Asia/Shanghai")  # WeChat's day and month, wherever the account is
# Platform §3.7: a follower of a service account receives four broadcasts a month, console and API together.
PER_FOLLOWER = 4
CALLS: dict[str, tuple[int, Literal["day", "month"]]] = {
    "verified_service": (4, "month"),
    "verified_subscription": (1, "day"),
}
COUNTED: dict[str, tuple[str, ...]] = {
    "verified_service": ("everybody",),
    "verified_subscription": ("everybody", "tag"),
}
NO_QUOTA = "45028"
"""How the error of a batch begins to which WeChat itself said so: the console sends too, and we do not see it."""


@dataclass(frozen=True)
class Left:
    """``calls`` of ``most`` calls to everybody are left (for a subscription account also those by tag) until ``until``.

    Calls by openid list, which only service accounts may make, are not counted; there each follower has a share.
    """

    calls: int
    most: int
    period: Literal["day", "month"]
    until: datetime


def left(db: Session, now: datetime, account: str) -> Left:
    """What the account may still send now. An account without the right has no calls at all."""
    most, period = CALLS.get(account, (0, "day"))
    first, until = period_of(now, period)
    if not most:
        return Left(0, 0, period, until)
    refused = exists().where(Batch.state == "due", Batch.error.startswith(NO_QUOTA), Batch.not_before > now)
    if db.scalar(select(refused)):
        return Left(0, most, period, until)
    used = select(func.count()).where(counted(account), Batch.tried_at >= first)
    return Left(max(0, most - (db.scalar(used) or 0)), most, period, until)


def counted(account: str) -> ColumnElement[bool]:
    """The calls that use up the account's quota."""
    return Batch.call.in_(COUNTED.get(account, ()))


def had_their_share(db: Session, openids: Collection[str], now: datetime) -> set[str]:
    """Of these followers those whom WeChat would skip in silence: four broadcasts reached them this month."""
    first, _ = period_of(now, "month")
    received = (
        select(Recipient.openid)
        .join(Batch, Recipient.batch_id == Batch.id)
        .where(Recipient.openid.in_(openids), Recipient.state.in_(("sent", "delivered", "unknown")))
        .where(Batch.call != "article", Batch.tried_at >= first)
        .group_by(Recipient.openid)
        .having(func.count() >= PER_FOLLOWER)
    )
    return set(db.scalars(received))


def period_of(now: datetime, period: Literal["day", "month"]) -> tuple[datetime, datetime]:
    """When the day or month of Beijing began and when the next begins."""
    first = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        following = first + timedelta(days=1)
    else:
        first = first.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    return first.astimezone(now.tzinfo), following.astimezone(now.tzinfo)


def anew_from(now: datetime, account: str) -> datetime:
    """The morning on which an account without quota may send again: nobody is woken at midnight."""
    _, period = CALLS.get(account, (0, "day"))
    _, until = period_of(now, period)
    return awake_from(until, BEIJING).astimezone(now.tzinfo)
