"""Notices about sending to many: what keeps a broadcast, said to whoever is on duty and to its author."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.models import Broadcast

NAME = "mass"


def _kept(db: Session, cipher: Cipher, ids: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    """``why``: what WeChat said and what follows, in words. Nothing of one that was stopped meanwhile."""
    row = db.get(Broadcast, int(ids["broadcast_id"]), populate_existing=True)
    if row is None or row.state == "stopped":
        return None
    step = "看结果" if row.state == "done" else f"您不用守着；不想等了回复 停止群发 {row.id}，看进展"
    return f"【群发】{row.id} {row.title}：{ids['why']}\n{step}回复 群发 {row.id}。"


NOTICES: dict[str, Callable[..., str | None]] = {"kept": _kept}
