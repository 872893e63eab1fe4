"""Notices about teams: who wants to join, what was decided, what leaders tell their people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language.dates import brief
from bot.services.profiles import masked_name
from bot.storage.crypto import Cipher
from bot.storage.models import Membership, Outcome, Shift

NAME = "teams"
Ids = Mapping[str, Any]


def _applied(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Membership, int(ids["membership_id"]))
    if row is None or row.state != "applied":
        return None
    return (
        f"【入队申请】{masked_name(row.person.name)} 想加入 {row.team.code} {row.team.name}。\n"
        "回复 入队申请 看列表，再回复 同意 1，或 婉拒 1 加原因。"
    )


def _decided(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Membership, int(ids["membership_id"]))
    if row is None:
        return None
    if row.state == "active":
        return f"欢迎加入 {row.team.code} {row.team.name}！回复 我的队伍 查看；想退出随时回复 退队 {row.team.code}。"
    if row.state == "refused":
        return (
            f"{row.team.code} {row.team.name} 这次没能让您加入，原因：{row.reason}。\n"
            "不影响您报名活动。回复 找队伍 看看别的。"
        )
    return None


def _removed(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Membership, int(ids["membership_id"]))
    if row is None or row.state != "removed":
        return None
    return (
        f"您不再是 {row.team.code} {row.team.name} 的队员了，原因：{row.reason}。\n"
        "已经记录的时长一直是您的。有不同意见请回复 人工。"
    )


def _role(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Membership, int(ids["membership_id"]))
    if row is None or row.state != "active":
        return None
    called = {"leader": "队长", "core": "骨干", "member": "队员"}[row.role]
    how = "有人申请时会通知您，回复 入队申请 处理；回复 队员 看名单。" if row.role == "leader" else ""
    leave = f"不想担任可以回复 退队 {row.team.code}，或告诉队里。"
    return f"您现在是 {row.team.code} {row.team.name} 的{called}。{how}\n{leave}"


def _word(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    """What the leader wrote, or without words what is known; not after the beginning, not of what is cancelled."""
    shift = db.get(Shift, int(ids["shift_id"]))
    if shift is None or shift.starts_at <= now or shift.activity.state != "open":
        return None
    it = shift.activity
    said = cipher.decrypt(bytes.fromhex(str(ids["words"]))) if ids["words"] else ""
    lines = [
        f"【负责人通知】{it.code} {it.title}",
        f"{brief(shift.starts_at, shift.ends_at, zone)}｜{it.place}",
        said or (f"请带：{it.bring}" if it.bring else ""),
        f"去不了请尽早回复 取消 {it.code}。",
    ]
    return "\n".join(line for line in lines if line)


def _outcome_due(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    shift = db.get(Shift, int(ids["shift_id"]))
    told = select(Outcome.id).where(Outcome.shift_id == int(ids["shift_id"])).limit(1)
    if shift is None or shift.activity.state != "open" or db.scalars(told).first() is not None:
        return None
    code = shift.activity.code
    return (
        f"{code} {shift.activity.title}（{brief(shift.starts_at, shift.ends_at, zone)}）结束了，辛苦了！\n"
        f"这一场做成了什么？请回复 成果 {code} 加数字和单位，比如：成果 {code} 120公斤垃圾，50户。\n"
        "几个人、几人次由系统按签到算，不用写。"
    )


NOTICES: dict[str, Callable[..., str | None]] = {
    "applied": _applied,
    "decided": _decided,
    "removed": _removed,
    "role": _role,
    "word": _word,
    "outcome_due": _outcome_due,
}
