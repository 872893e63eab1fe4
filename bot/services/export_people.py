"""Rows of exports about people: volunteers, who registered, hours; read in pages, numbers masked unless asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot.services import ages, identity_numbers, ledger, stars
from bot.services.exchange import STATES
from bot.services.export_pages import rows
from bot.services.export_wishes import Reader, Row
from bot.services.profiles import masked_phone
from bot.services.zhiyuanhui.departures import value
from bot.storage.models import Activity, LedgerEntry, Person, Registration, Shift, Volunteer

GENDERS = {"male": "男", "female": "女"}
VOLUNTEERS = ("志愿者号", "志愿汇编号", "姓名", "性别", "手机", "乡镇街道", "特长", "登记日期", "未成年")
REGISTRATIONS = ("活动编号", "活动", "开始", "结束", "岗位", "姓名", "手机", "状态", "人数", "报名时间", "未成年")
HOURS = ("姓名", "证件号码", "活动名称", "活动地点", "时长", "签到时间", "签退时间", "来源")
KINDS = {"credit": "签到签退", "honour": "荣誉时长", "import": "志愿汇导入"}


def volunteers(reader: Reader) -> Any:
    return (
        select(Volunteer, Person)
        .join(Person, Person.id == Volunteer.person_id)
        .where(Volunteer.state == "registered", Person.merged_into.is_(None), Person.erased_at.is_(None))
    )


def volunteer_rows(db: Session, reader: Reader) -> Iterator[Row]:
    today = reader.now.astimezone(reader.zone).date()
    for standing, person in rows(db, volunteers(reader), Volunteer.person_id):
        yield [
            standing.number or "", standing.vcode or "", person.name, GENDERS.get(person.gender, ""),
            _phone(reader, person), person.area, "、".join(person.skills), reader.day(standing.registered_at),
            _minor(person, today),
        ]  # fmt: skip


def registrations(reader: Reader) -> Any:
    query = (
        select(Registration, Person, Shift, Activity)
        .join(Person, Person.id == Registration.person_id)
        .join(Shift, Shift.id == Registration.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
    )
    if reader.wish.code:
        return query.where(Activity.code == reader.wish.code)
    return query.where(Shift.starts_at >= reader.begins, Shift.starts_at < reader.ends)


def registration_rows(db: Session, reader: Reader) -> Iterator[Row]:
    for row, person, shift, about in rows(db, registrations(reader), Registration.id):
        yield [
            about.code, about.title, reader.minute(shift.starts_at), reader.minute(shift.ends_at), shift.role,
            person.name, _phone(reader, person), STATES[row.state], row.party_size, reader.minute(row.created_at),
            _minor(person, shift.starts_at.astimezone(reader.zone).date()),
        ]  # fmt: skip


def hours(reader: Reader) -> Any:
    """What counts: neither taken back nor taking back; under the record in use."""
    owner, record = aliased(Person), aliased(Person)
    return (
        select(LedgerEntry, owner)
        .join(record, record.id == LedgerEntry.person_id)
        .join(owner, owner.id == func.coalesce(record.merged_into, record.id))
        .where(ledger.is_live(), LedgerEntry.effective_on.between(reader.wish.first, reader.wish.last))
    )


def hour_rows(db: Session, reader: Reader) -> Iterator[Row]:
    """志愿汇's columns; where nobody checked in, the day stands for the time."""
    for entry, person in rows(db, hours(reader), LedgerEntry.id):
        begins, ends = entry.detail.get("in"), entry.detail.get("out")
        yield [
            person.name, _identity(reader, person), entry.title, entry.detail.get("place", ""),
            float(value(entry.minutes)),
            reader.minute(datetime.fromisoformat(begins)) if begins else entry.effective_on.isoformat(),
            reader.minute(datetime.fromisoformat(ends)) if ends else "", KINDS[entry.kind],
        ]  # fmt: skip


def star_of(minutes: int, reader: Reader) -> str:
    star = stars.star_of(minutes, reader.wish.last, reader.rules)
    return f"{star}星" if star else ""


def _phone(reader: Reader, person: Person) -> str:
    if not person.phone_encrypted:
        return ""
    number = reader.cipher.decrypt(person.phone_encrypted)
    return number if reader.wish.whole else masked_phone(number)


def _identity(reader: Reader, person: Person) -> str:
    if not person.id_encrypted:
        return ""
    number = reader.cipher.decrypt(person.id_encrypted)
    return number if reader.wish.whole else identity_numbers.masked(number)


def _minor(person: Person, day: Any) -> str:
    return "是" if person.birth_date is not None and ages.on(day, person.birth_date) < ages.ADULT else ""
