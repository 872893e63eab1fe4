"""Whoever is on duty hears what keeps a broadcast, and what to do."""

from __future__ import annotations

import zlib
from datetime import datetime

from sqlalchemy.orm import Session

from bot.push.closures import BEIJING
from bot.services import announcements, broadcasts, duty
from bot.storage.models import Broadcast, Staff


def tell(db: Session, broadcast_id: int, why: str, now: datetime, *, pause: bool) -> None:
    """Write on the broadcast what keeps it, and owe it to those on duty and the author: once a day for each cause."""
    if pause:
        broadcasts.fail(db, broadcast_id, why[:255], now)
    broadcast = db.get_one(Broadcast, broadcast_id)
    broadcast.error = why[:255]
    db.flush()
    kind, _, key = broadcast.author.partition(":")
    author = db.get(Staff, int(key)) if kind == "staff" and key.isdigit() else None
    told = {one.openid for one in (*duty.on_duty(db), author) if one is not None and one.openid}
    for openid in sorted(told):
        cause = f"{broadcast_id}:{openid}:{zlib.crc32(why.encode()):x}:{now.astimezone(BEIJING):%Y%m%d}"
        announcements.notify(db, openid, "broadcasts.stuck", cause, now, broadcast_id=broadcast_id)
