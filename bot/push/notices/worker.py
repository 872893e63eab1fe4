"""Notices about the worker itself: that it is or was silent, and that there is no backup; to those on duty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language import dates
from bot.storage.crypto import Cipher

NAME = "worker"


def silent(_db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    """To those on duty, as soon as it works again."""
    since, until = (datetime.fromisoformat(payload[name]).astimezone(zone) for name in ("since", "until"))
    minutes = round((until - since).total_seconds() / 60)
    lasted = f"{minutes}分钟" if minutes < 120 else f"{round(minutes / 60)}小时"
    return (
        f"【提醒程序停过】{dates.moment(since, zone)}起停了{lasted}，现在已恢复。\n"
        "这段时间该发的提醒，还来得及的正在补发，晚了两小时以上的不再打扰大家。\n"
        "今天有活动的，请在群里再提醒一声；停机原因请管理员运行 python -m bot check 查看。"
    )


def no_backup(_db: Session, _cipher: Cipher, payload: Mapping[str, Any], _now: datetime, _zone: ZoneInfo) -> str | None:
    return (
        f"【备份】没有做成：{payload['why']}\n"
        "每10分钟自动再试。请管理员看看磁盘还有没有空间，再在服务器上运行 python -m bot check。"
    )


def dead(since: datetime, zone: ZoneInfo) -> str:
    """Said by the web, for no worker is there to say it."""
    return (
        f"——\n【提醒程序停了】{dates.moment(since.astimezone(zone), zone)}起没有动静，提醒和警报现在都发不出去。"
        "请管理员在服务器上运行 python -m bot check。"
    )


NOTICES: dict[str, Callable[[Session, Cipher, Mapping[str, Any], datetime, ZoneInfo], str | None]] = {
    "silent": silent,
    "no_backup": no_backup,
}
