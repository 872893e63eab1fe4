"""Notices about hours: what was credited, corrected, decided; what waits for staff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language import dates
from bot.services import actors, ledger, settlement
from bot.services.hours import shown
from bot.services.profiles import masked_name
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.models import Appeal, LedgerEntry, ManualEntry, Shift

NAME = "hours"
Payload = Mapping[str, Any]


def _settled(db: Session, _cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    entry = db.get(LedgerEntry, payload["entry_id"])
    if entry is None:
        return None
    given = f"{shown(entry.minutes)} 小时" if entry.minutes >= 6 else f"{entry.minutes} 分钟（不足0.1小时，照实记着）"
    kind = "荣誉时长" if entry.kind == "honour" else "服务时长"
    day = dates.day(entry.effective_on)
    return (
        f"【时长到账】{day} {entry.title}：记入{kind} {given}。谢谢您！\n"
        "想知道怎么算的，回复 为什么；总数回复 我的时长。"
    )  # fmt: skip


def _due(db: Session, _cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    shift = db.get(Shift, payload["shift_id"])
    if shift is None or shift.settled_at is not None:
        return None
    last_day = next((one.last_day for one in settlement.due(db, now, USUAL) if one.shift.id == shift.id), None)
    name = f"{shift.activity.code} {shift.activity.title}（{dates.brief(shift.starts_at, shift.ends_at, zone)}）"
    if last_day is None:
        return None
    late = now.astimezone(zone).date() > last_day
    day = f"{last_day.month}月{last_day.day}日"
    when = f"已超过 {day} 的期限" if late else f"请在 {day} 前办"
    return (
        f"【待结算】{name} 的服务时长还没有记录，{when}（活动结束后10个工作日内要如实记录）。\n"
        f"核对签到后回复 结算 {shift.activity.code}。"
    )


def _burst(db: Session, _cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    entry = db.get(ManualEntry, payload["manual_id"])
    if entry is None:
        return None
    who = actors.name(db, entry.entered_by)
    return f"【请留意】{who} 在10分钟内补记了20条以上荣誉时长，都还没有生效。请逐条核对证明材料后再决定：回复 待办。"


def _dispute(db: Session, _cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    appeal = db.get(Appeal, payload["appeal_id"])
    if appeal is None or appeal.state not in ("open", "escalated"):
        return None
    activity = appeal.registration.shift.activity
    who = masked_name(appeal.registration.person.name or "志愿者")
    return (
        f"【时长申诉】{who} 对 {activity.code} {activity.title} 的时长有疑问：“{appeal.text[:100]}”\n"
        f"请在 {dates.moment(appeal.due_at, zone)} 前核实，回复 待办 处理。"
    )


def _decided(db: Session, _cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    appeal = db.get(Appeal, payload["appeal_id"])
    if appeal is None or appeal.state not in ("upheld", "refused"):
        return None
    title = appeal.registration.shift.activity.title
    if appeal.state == "upheld":
        entry = ledger.registration_entry(db, appeal.registration_id)
        given = f"{shown(entry.minutes)} 小时" if entry else "新的时长"
        return f"您对“{title}”的申诉核实了，已更正为 {given}。回复 我的时长 查看。"
    further = "" if appeal.decided_by.startswith("staff:") else "\n还是觉得不对，回复 继续申诉，由团县委复核。"
    return f"您对“{title}”的申诉核实过了，维持原来的时长。原因：{appeal.answer}{further}"


NOTICES: dict[str, Callable[..., str | None]] = {
    "settled": _settled,
    "warning": _due,
    "breach": _due,
    "burst": _burst,
    "dispute": _dispute,
    "dispute_decided": _decided,
}
