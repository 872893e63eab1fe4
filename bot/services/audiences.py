"""Audiences: whom a broadcast is for, as a rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.storage.models import Follower, FollowerTag


def select_openids(db: Session, rule: dict[str, Any], now: datetime) -> Select[str]:
    """The openids in ascending order, to be read in pages by ``openid > last``."""
    wanted = select(Follower.openid).where(Follower.followed, Follower.broadcasts)
    if "tag" in rule:
        tagged = select(FollowerTag.openid).where(FollowerTag.name == rule["tag"])
        wanted = wanted.where(Follower.openid.in_(tagged))
    return wanted.order_by(Follower.openid)
