"""Registrations and people not reached, as tables for Excel; activities have tables of their own."""

from __future__ import annotations

from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import seats
from bot.services.activity_tables import COLUMNS, export_activities, import_activities
from bot.services.people import phone_masked
from bot.services.rules import USUAL, Rules
from bot.services.tables import ImportRefused, Mistake, shown, write
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Follower, Person, Push, Registration, Shift

__all__ = [
    "COLUMNS", "STATES", "SUBJECTS", "ImportRefused", "Mistake", "export_activities", "export_registrations",
    "export_unreached", "import_activities",
]  # fmt: skip

STATES = {
    "pending": "待审核", "waiting": "候补", "offered": "候补邀请中", "confirmed": "已报名", "checked_in": "已签到",
    "checked_out": "已签退", "unclosed": "待补签退", "completed": "已完成", "absent": "未到", "rejected": "已拒绝",
    "cancelled": "已取消", "cancelled_late": "迟到取消", "declined": "已放弃", "offer_expired": "邀请过期",
    "activity_cancelled": "活动取消",
}  # fmt: skip
SUBJECTS = {
    "reminder": "活动提醒",
    "offer": "候补有空位",
    "offer_lapsed": "空位已过时限",
    "change": "时间地点有变",
    "cancelled": "活动取消", "late_reply": "迟到的回复",
    "alert": "值班警报", "alert_note": "值班警报的新消息", "alert_answer": "值班老师的回复",
    "notice": "通知",
}  # fmt: skip


def export_registrations(
    db: Session, out: TextIO, cipher: Cipher, *, code: str = "", phones: bool = False, rules: Rules = USUAL
) -> int:
    """Who registered (for one activity's ``code`` or all). Numbers are masked unless ``phones`` is asked for."""
    query = (
        select(Registration, Person, Shift, Activity)
        .join(Person, Registration.person_id == Person.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .order_by(Shift.starts_at, Shift.id, Registration.id)
    )
    if code:
        query = query.where(Activity.code == code)
    rows = []
    for registration, person, shift, activity in db.execute(query):
        phone = phone_masked(cipher, person)
        if phones and person.phone_encrypted:
            phone = cipher.decrypt(person.phone_encrypted)
        place = seats.place_in_line(db, registration)
        times = [shown(at, rules.timezone) for at in (shift.starts_at, registration.created_at)]
        cells = [activity.code, activity.title, times[0], person.name, phone, STATES[registration.state]]
        rows.append([*cells, str(place or ""), times[1], registration.reason])
    return write(out, ["编号", "活动", "开始", "姓名", "手机", "状态", "候补位次", "报名时间", "备注"], rows)


def export_unreached(db: Session, out: TextIO, cipher: Cipher, *, phones: bool = False, rules: Rules = USUAL) -> int:
    """Whom WeChat let us tell nothing: somebody may have to telephone. Soonest first."""
    query = (
        select(Push, Person)
        .join(Follower, Push.openid == Follower.openid)
        .outerjoin(Person, Follower.person_id == Person.id)
        .where(Push.state == "unreached")
        .order_by(Push.due_at, Push.id)
    )
    rows = []
    for push, person in db.execute(query):
        name, phone = (person.name, phone_masked(cipher, person)) if person else ("", "")
        if phones and person and person.phone_encrypted:
            phone = cipher.decrypt(person.phone_encrypted)
        activity = _activity_of(db, push)
        rows.append([name, phone, SUBJECTS.get(push.kind, push.kind), *activity, shown(push.due_at, rules.timezone)])
    return write(out, ["姓名", "手机", "事由", "编号", "活动", "应通知时间"], rows)


def _activity_of(db: Session, push: Push) -> tuple[str, str]:
    registration = db.get(Registration, push.payload.get("registration_id", 0))
    activity = registration.shift.activity if registration else None
    return (activity.code, activity.title) if activity else ("", "")
