"""Notices about sending itself: what WeChat stopped, what to do, and how it goes on. To those on duty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher

NAME = "stops"
SUBJECTS = {
    "everything": "所有主动消息", "template": "模板消息", "subscribe": "订阅通知", "custom": "客服消息",
    "preview": "群发预览",
}  # fmt: skip
GOES_ON = {
    "midnight": "零点自动继续；这之前能走别的方式的照发。",
    "never": "每小时自动再试；这之前能走别的方式的照发，其余等粉丝下次来。",
    "mended": "改好之前，这样的消息都发不出去；能走别的方式的照发，其余等粉丝下次来。",
}
STOPPED = "每分钟自动再试，好了就接着发，一条不丢。"


def _stopped(db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, _zone: ZoneInfo) -> str | None:
    subject = str(payload["subject"])
    name = SUBJECTS.get(subject) or f"模板 {subject[:10]}…"
    how = STOPPED if subject == "everything" else GOES_ON[payload["opens"]]
    said = f"\n微信的原话：{payload['code']} {payload['wechat']}" if payload["wechat"] else ""
    verb = "被微信退回" if payload["opens"] == "mended" else "停了"
    return f"【发送】{name}{verb}：{payload['what']}{said}\n{how}\n逐项检查：在服务器上运行 python -m bot check。"


NOTICES: dict[str, Callable[..., str | None]] = {"stopped": _stopped}
