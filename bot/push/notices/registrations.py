"""Notices about registrations: approved, refused, seated, invited, a seat swapped; what leaders hear of their shifts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.language import dates
from bot.services import seats
from bot.services.profiles import masked_name, masked_phone
from bot.storage.crypto import Cipher
from bot.storage.models import Invitation, Person, Registration, Reservation, Shift, Swap

NAME = "registrations"
LONGEST_LIST = 10


def _row(db: Session, payload: Mapping[str, Any]) -> Registration:
    return db.get_one(Registration, payload["registration_id"], populate_existing=True)


def _about(shift: Shift, zone: ZoneInfo) -> str:
    """A12 河道清洁（3月7日（周六）09:00–11:00）"""
    return f"{shift.activity.code} {shift.activity.title}（{dates.span(shift.starts_at, shift.ends_at, zone)}）"


def _reach(cipher: Cipher, person: Person) -> str:
    phone = masked_phone(cipher.decrypt(person.phone_encrypted)) if person.phone_encrypted else "没有留电话"
    return f"{masked_name(person.name) if person.name else '未留姓名'} {phone}"


def seated(db: Session, _c: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    if row.state != "confirmed" or row.shift.starts_at <= now:
        return None
    code = row.shift.activity.code
    return (
        f"✅ 有空位了，已按您之前的选择自动报上：{_about(row.shift, zone)}，地点：{row.shift.activity.place}。\n"
        f"去不了请尽早回复 取消{code}，名额好让给别人。"
    )


def asked(db: Session, cipher: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    if row.state != "pending":
        return None
    together = f"，一共{row.party_size}人" if row.party_size > 1 else ""
    code = row.shift.activity.code
    return f"有人报名等您审核：{_about(row.shift, zone)}\n{_reach(cipher, row.person)}{together}。\n回复 待审 {code} 查看并处理。"


def decided(db: Session, _c: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    about = _about(row.shift, zone)
    if row.state == "confirmed":
        return f"✅ 报名通过：{about}，地点：{row.shift.activity.place}。\n去不了请尽早回复 取消{row.shift.activity.code}。"
    if row.state == "rejected":
        because = f"原因：{row.reason}。" if row.reason else ""
        return f"很抱歉，{about} 的报名没有通过。{because}\n看看别的活动，回复 近期活动。"
    return None


def joined(db: Session, _c: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    if row.state not in seats.LIVE or not row.person.name:
        return None
    return f"{masked_name(row.person.name)} 已确认和您一起参加 {_about(row.shift, zone)}。"


def not_joined(db: Session, _c: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    if row.state not in seats.LIVE or row.shift.starts_at <= now:
        return None
    return f"{_about(row.shift, zone)}：有一位同伴没有确认，那个名额已经放出来了。您的报名不受影响，现在一共{row.party_size}个名额。"


def cancelled_late(db: Session, cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    if row.state != "cancelled_late" or row.shift.ends_at <= now:
        return None
    because = f"原因：{row.reason}。" if row.reason else "没有说明原因。"
    counted = seats.of(db, row.shift)
    return f"{_about(row.shift, zone)}：{_reach(cipher, row.person)} 临时取消了。{because}\n现在空{counted.free}个名额，候补{counted.waiting}人。"


def fill_in(db: Session, cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    """补位名单."""
    shift = db.get_one(Shift, payload["shift_id"], populate_existing=True)
    counted, waiting = seats.of(db, shift), seats.line(db, shift.id)
    if not counted.free or not waiting or shift.starts_at <= now:
        return None
    lines = [f"{number}. {_reach(cipher, row.person)}" for number, row in enumerate(waiting[:LONGEST_LIST], start=1)]
    return (
        f"【补位名单】{_about(shift, zone)} 快开始了，还空{counted.free}个名额。候补依次是：\n"
        + "\n".join(lines)
        + "\n现在不再自动邀请，请打电话问，愿意来的让对方回复 报名 就报上了。"
    )


def unreached(db: Session, cipher: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, payload)
    if row.state != "waiting" or row.shift.starts_at <= now:
        return None
    return f"{_about(row.shift, zone)}：轮到候补的 {_reach(cipher, row.person)}，但消息送不到，名额先问下一位了，位置给对方留着。方便的话请打个电话。"


def named(db: Session, _c: Cipher, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    one = db.get_one(Invitation, payload["invitation_id"], populate_existing=True)
    held = one.reservation
    if held is None or one.answer is not None or held.state != "open" or held.expires_at <= now:
        return None
    code = held.shift.activity.code
    return (
        f"“{held.team.name}”为您留了一个名额：{_about(held.shift, zone)}，地点：{held.shift.activity.place}。\n"
        f"参加请在 {dates.moment(held.expires_at, zone)} 前回复 确认{code}；不参加回复 不去了{code}。"
    )


def released(db: Session, _c: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    held = db.get_one(Reservation, payload["reservation_id"], populate_existing=True)
    confirmed = sum(one.answer == "accepted" for one in held.names if one.phone_hash)
    missing = [masked_name(one.name) for one in held.names if one.answer == "expired" and one.name]
    who = f"没有确认的：{'、'.join(missing[:LONGEST_LIST])}。" if missing else ""
    return (
        f"{held.team.name}预留的名额到期了：{_about(held.shift, zone)}，名单上{confirmed}人已确认，其余的名额放出来了。{who}"
        f"还想来的请自己回复 报名 {held.shift.activity.code}。"
    )


def swapped(db: Session, _c: Cipher, payload: Mapping[str, Any], _now: datetime, zone: ZoneInfo) -> str | None:
    swap = db.get_one(Swap, payload["swap_id"], populate_existing=True)
    mine = _about(swap.registration.shift, zone)
    if payload["who"] == "taker":
        return None if swap.taken_by is None else f"您接下了 {mine}，开始前会提醒您。"
    if swap.wanted_shift_id is None:
        return f"您的 {mine} 已经有人接班，这一班您不用去了。"
    return f"换班成功：{mine} 给了对方，您换到 {_about(db.get_one(Shift, swap.wanted_shift_id), zone)}。"


NOTICES: dict[str, Callable[..., str | None]] = {
    words.__name__: words
    for words in (
        asked, cancelled_late, decided, fill_in, joined, named, not_joined, released, seated, swapped, unreached,
    )
}  # fmt: skip
