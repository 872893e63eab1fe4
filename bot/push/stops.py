"""What WeChat stopped is said to whoever is on duty: what happened, what to do, and how it goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.push.closures import BEIJING, EVERYTHING, Stop
from bot.services import announcements, duty
from bot.storage.models import Push

NOTICE = "stops.stopped"
LIVES = timedelta(days=1)


def tell(db: Session, stops: Iterable[Stop], now: datetime) -> None:
    """Owe each on duty a word on each stop, once a day. While everything is stopped nothing can be sent, so that word
    waits for their next message. The caller commits."""
    day = f"{now.astimezone(BEIJING):%Y%m%d}"
    for stop in stops:
        for staff in duty.on_duty(db):
            assert staff.openid
            key = f"{stop.code}:{stop.subject}:{day}:{staff.openid}"
            announcements.notify(
                db, staff.openid, NOTICE, key, now, code=stop.code, what=stop.what, subject=stop.subject,
                opens=stop.opens, wechat=stop.wechat[:200],
            )  # fmt: skip
            owed = update(Push).where(Push.key == f"{NOTICE}:{key}", Push.state == "due")
            shut = {"state": "unreached", "error": "everything is stopped"} if stop.subject == EVERYTHING else {}
            db.execute(owed.values(expires_at=now + LIVES, **shut))
