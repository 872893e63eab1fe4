"""Whoever is on duty hears what keeps a broadcast, and what to do."""

from __future__ import annotations

import zlib
from datetime import datetime

from sqlalchemy.orm import Session

from bot.push.closures import BEIJING
from bot.services import announcements, broadcasts, duty, listeners
from bot.storage.models import Broadcast


def tell(db: Session, broadcast_id: int, why: str, now: datetime, *, pause: bool) -> None:
    """Write on the broadcast what keeps it, and owe it to those on duty and the author: once a day for each cause.

    ``pause``: nothing goes on before somebody has done something; then `broadcasts.fail` tells them.
    """
    broadcast = db.get_one(Broadcast, broadcast_id)
    if pause and broadcast.state in ("sending", "paused"):
        broadcasts.fail(db, broadcast_id, why, now)
        return
    broadcast.error = why[:255]
    db.flush()
    told = {*listeners.of_actor(db, broadcast.author), *(one.openid for one in duty.on_duty(db) if one.openid)}
    for openid in sorted(told):
        cause = f"{broadcast_id}:{openid}:{zlib.crc32(why.encode()):x}:{now.astimezone(BEIJING):%Y%m%d}"
        announcements.notify(db, openid, "mass.kept", cause, now, broadcast_id=broadcast_id, why=why)
