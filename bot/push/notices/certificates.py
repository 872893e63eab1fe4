"""Notices about certificates: a seal is asked for, the sealed paper lies ready, one was revoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.services import hours
from bot.services.profiles import masked_name
from bot.storage.crypto import Cipher
from bot.storage.models import Certificate

NAME = "certificates"


def _of(db: Session, payload: Mapping[str, Any]) -> Certificate | None:
    return db.get(Certificate, payload["certificate_id"], populate_existing=True)


def seal_asked(db: Session, cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    """To those who keep the seal; superseded when it is done or the certificate is revoked."""
    row = _of(db, payload)
    if row is None or row.sealed_at or row.revoked_at:
        return None
    return (
        f"【盖章】{masked_name(row.person.name)} 的志愿服务证明 {row.number}"
        f"（{hours.shown(row.minutes)}小时）要盖章。\n"
        f"打印：python -m bot certificate print {row.number}\n"
        f"盖好后回复 已盖章 {row.number}，会通知本人来取。"
    )


def sealed(db: Session, cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = _of(db, payload)
    if row is None or row.revoked_at:
        return None
    return f"您的志愿服务证明 {row.number} 已盖好章，请在工作时间带身份证来取。"


def revoked(db: Session, cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = _of(db, payload)
    if row is None or row.revoked_at is None:
        return None
    why = f"，原因：{row.revoked_reason}" if row.revoked_reason else ""
    return f"您的志愿服务证明 {row.number} 已作废{why}。可以免费重新开：回复 开志愿服务证明。有疑问请回复 人工。"


NOTICES: dict[str, Callable[..., str | None]] = {"seal_asked": seal_asked, "sealed": sealed, "revoked": revoked}
