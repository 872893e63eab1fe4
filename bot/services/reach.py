"""How many followers can be told at this moment, and by which way; the others hear of it at their next contact."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.storage.models import Follower, NoticeConsent

WINDOW, IN_A_WINDOW = timedelta(hours=48), 5


@dataclass(frozen=True)
class Reach:
    """``now``: who can be told at this moment, ``by_channel`` mass, custom, notice; ``later``: the rest."""

    now: int
    later: int
    by_channel: dict[str, int] = field(default_factory=dict)


def counted(db: Session, select_openids: Select[str], now: datetime, account: str, template: str = "") -> Reach:
    meant = select_openids.order_by(None).subquery()
    everybody = db.scalars(select(func.count()).select_from(meant)).one()
    if account == "verified_service":
        return Reach(everybody, 0, {"mass": everybody})
    if account == "unverified":
        return Reach(0, everybody)
    window = (Follower.last_message_at > now - WINDOW) & (Follower.message_used < IN_A_WINDOW)
    inside = select(func.count()).select_from(Follower).where(Follower.openid.in_(select(meant.c.openid)), window)
    asked = select(NoticeConsent.openid).where(NoticeConsent.template_id == template, NoticeConsent.remaining > 0)
    notice = select(func.count()).select_from(Follower).where(
        Follower.openid.in_(select(meant.c.openid)), ~func.coalesce(window, False), Follower.openid.in_(asked)
    )  # fmt: skip
    custom, notices = db.scalars(inside).one(), db.scalars(notice).one()
    return Reach(custom + notices, everybody - custom - notices, {"custom": custom, "notice": notices})
