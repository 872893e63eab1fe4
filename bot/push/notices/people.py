"""Notices about persons: registered as a volunteer, a guardian's consent, erasure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language import dates
from bot.services.profiles import masked_name
from bot.storage.crypto import Cipher
from bot.storage.models import Erasure, Guardianship, Volunteer

NAME = "people"
Payload = Mapping[str, Any]


def _applied(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, _zone: ZoneInfo) -> str | None:
    standing = db.get(Volunteer, payload["person_id"])
    if standing is None or standing.state != "applied":
        return None
    return f"【注册审核】{masked_name(standing.person.name)} 申请注册为志愿者。回复 待办 查看和处理。"


def _decided(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, _zone: ZoneInfo) -> str | None:
    standing = db.get(Volunteer, payload["person_id"])
    if standing is None or standing.state not in ("registered", "refused"):
        return None
    if standing.state == "registered":
        return (
            f"欢迎加入！您已注册为志愿者，编号 {standing.number}。\n"
            "以后每场活动签到签退，时长都会记在名下；每年至少20小时，慢慢来。回复 近期活动 挑一场吧。"
        )
    return f"您的志愿者注册没有通过：{standing.reason}\n补齐以后可以再回复 我要当志愿者；有疑问回复 人工。"


def _agreed(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, _zone: ZoneInfo) -> str | None:
    link = db.get(Guardianship, payload["link_id"])
    if link is None or link.state != "active":
        return None
    return "您的监护人已经同意。现在可以回复 我要当志愿者 完成注册，也可以直接报名活动了（危险类活动除外）。"


def _withdrew(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, _zone: ZoneInfo) -> str | None:
    return "您的监护人撤回了同意，还没开始的报名已经取消。需要再参加，请和家长商量后重新办理同意。"


def _erased(db: Session, _cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    erasure = db.get(Erasure, payload["erasure_id"])
    if erasure is None or erasure.withdrawn_at is not None or erasure.done_at is not None:
        return None
    return f"您申请删除个人信息，将在 {dates.moment(erasure.due_at, zone)} 执行。不想删了，现在回复 撤销删除。"




NOTICES: dict[str, Callable[..., str | None]] = {
    "applied": _applied,
    "decided": _decided,
    "guardian_agreed": _agreed,
    "guardian_withdrew": _withdrew,
    "erasure": _erased,
}
