"""Notices about presence: a check-out that is missing, an absence noted, what became of an appeal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language.dates import clock, moment, span
from bot.services import actors, appeals, presence
from bot.services.profiles import masked_name
from bot.storage.crypto import Cipher
from bot.storage.models import Appeal, AttendanceEvent, Registration, Shift

Payload = Mapping[str, Any]
NAME = "attendance"


def unclosed(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Registration, payload["registration_id"])
    if row is None or row.state != "unclosed":
        return None
    pairs = presence.intervals(db, row.id)
    came = f"（{clock(pairs[-1].in_at.astimezone(zone))}签到）" if pairs else ""
    activity = row.shift.activity
    return (
        f"{activity.code} {activity.title} 已结束，您没有签退{came}。您是几点离开的？\n"
        f"请回复 补签退 {clock(row.shift.ends_at.astimezone(zone))} 这样的格式，或者直接说“三点半走的”。\n"
        f"负责人确认后入账；{appeals.DECIDED_WITHIN}个工作日内没有确认的，会提醒团委核实。"
    )


def absent(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Registration, payload["registration_id"])
    if row is None or row.state != "absent":
        return None
    activity = row.shift.activity
    tried = appeals.first_try(db, row.id)
    noted = f"（{clock(tried.astimezone(zone))}收到过您的签到码，但没有核实到您在现场）" if tried else ""
    return (
        f"{activity.code} {activity.title}（{span(row.shift.starts_at, row.shift.ends_at, zone)}）："
        f"系统没有您的签到记录{noted}。\n如果到了请回复 我到了，负责人核实后补记。"
        "没去成也没关系，下次提前回复 取消 就行。"
    )


def asked(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    appeal = _of(db, payload)
    if appeal is None or appeal.state not in appeals.OPEN:
        return None
    what = "没有签到，说自己到了" if appeal.kind == "check_in" else "忘了签退"
    return (
        f"待核实 {appeal.id}：{_activity(appeal)}，{_name(appeal)}{what}，{_times(appeal, zone)}。\n"
        f"属实请回复 核实 {appeal.id} 属实；不属实请回复 核实 {appeal.id} 不属实 加原因。"
        f"最晚{moment(appeal.due_at, zone)}。"
    )


def upheld(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    appeal = _of(db, payload)
    if appeal is None or appeal.state != "upheld":
        return None
    return f"{_activity(appeal)}：负责人已确认，{_times(appeal, zone)}。时长结算后会告诉您。"


def refused(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    appeal = _of(db, payload)
    if appeal is None or appeal.state != "refused":
        return None
    again = "" if appeal.decided_by.startswith("staff:") else "\n觉得不对，可以回复 请团委复核，由团委再看一次。"
    return f"{_activity(appeal)}：您说的{_times(appeal, zone)}没有通过。原因：{appeal.answer}{again}"


def late(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    appeal = _of(db, payload)
    if appeal is None or appeal.state not in appeals.OPEN:
        return None
    return (
        f"{_activity(appeal)}：您{_day(appeal.asked_at, zone)}提交的核实还没有结果，抱歉久等了。"
        "已经提醒团委尽快处理，您不用再做什么。"
    )


def overdue(db: Session, cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    words = asked(db, cipher, payload, now, zone)
    return f"【超期】{words}" if words else None


def escalated(db: Session, cipher: Cipher, payload: Payload, now: datetime, zone: ZoneInfo) -> str | None:
    appeal = _of(db, payload)
    if appeal is None or appeal.state != "escalated":
        return None
    return f"【请求复核】负责人没有通过，原因：{appeal.answer}\n{asked(db, cipher, payload, now, zone)}"


def offline(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    came = db.get(AttendanceEvent, payload["event_id"])
    if came is None or came.id not in [event.id for event in presence.offline_pending(db)]:
        return None
    row = db.get_one(Registration, came.registration_id)
    left = presence.offline_end(db, came)
    until = f"–{clock(left.astimezone(zone))}" if left else ""
    activity = row.shift.activity
    return (
        f"补录 {came.id}：{activity.code} {activity.title}，{masked_name(row.person.name)}"
        f" {moment(came.captured_at, zone)}{until}，{actors.name(db, came.entered_by)}录入。\n"
        f"属实请回复 同意补录 {came.id}；不属实请回复 不同意补录 {came.id} 加原因。（录入的人自己不能批）"
    )


def confirmed(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    event = db.get(AttendanceEvent, payload["event_id"])
    if event is None:
        return None
    activity = db.get_one(Shift, event.shift_id).activity
    since = clock(event.captured_at.astimezone(zone))
    return f"{activity.code} {activity.title}：负责人已确认您在现场，签到从{since}算起。结束后记得签退。"


def photo(db: Session, _cipher: Cipher, payload: Payload, _now: datetime, zone: ZoneInfo) -> str | None:
    row = db.get(Registration, payload["registration_id"])
    if row is None or row.state != "confirmed":
        return None
    activity = row.shift.activity
    return (
        f"{activity.code} {activity.title}：{row.person.name}签到码正确，但没有核实到位置，已发来现场照片。\n"
        f"人在现场的话请回复 到 {row.person.name}。"
    )


def _of(db: Session, payload: Payload) -> Appeal | None:
    return db.get(Appeal, payload["appeal_id"])


def _activity(appeal: Appeal) -> str:
    activity = appeal.registration.shift.activity
    return f"{activity.code} {activity.title}"


def _name(appeal: Appeal) -> str:
    return masked_name(appeal.registration.person.name)


def _times(appeal: Appeal, zone: ZoneInfo) -> str:
    assert appeal.claimed_in is not None and appeal.claimed_out is not None
    return span(appeal.claimed_in, appeal.claimed_out, zone)


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日"


NOTICES: dict[str, Callable[..., str | None]] = {
    "unclosed": unclosed,
    "absent": absent,
    "appeal": asked,
    "upheld": upheld,
    "refused": refused,
    "appeal_late": late,
    "appeal_overdue": overdue,
    "appeal_escalated": escalated,
    "offline": offline,
    "confirmed": confirmed,
    "photo": photo,
}
