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
    step = {
        "paused": f"已经发到的不受影响。处理好了回复 继续群发 {row.id}；不发了回复 停止群发 {row.id}。",
        "done": f"看结果回复 群发 {row.id}。",
    }.get(row.state, f"您不用守着；看进展回复 群发 {row.id}，不想等了回复 停止群发 {row.id}。")
    return f"【群发】{row.id} {row.title}：{ids['why']}\n{step}"


NOTICES: dict[str, Callable[..., str | None]] = {"kept": _kept}
