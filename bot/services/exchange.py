"""Activities from a CSV file, activities and registrations into one: what staff keep in Excel."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import activities, seats
from bot.services.activities import NewActivity
from bot.services.people import phone_masked
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, Follower, Person, Push, Registration, Shift

COLUMNS = {
    "编号": "code",
    "标题": "title",
    "类型": "kind",
    "地点": "place",
    "岗位": "role",
    "开始": "starts_at",
    "结束": "ends_at",
    "名额": "capacity",
    "候补上限": "waitlist_limit",
    "报名开始": "signup_opens_at",
    "报名截止": "signup_closes_at",
    "内容": "content",
    "风险提示": "risk",
    "需携带": "bring",
    "保险": "insurance",
    "主办": "organiser",
    "负责人": "leader",
    "联系方式": "contact",
}
NEEDED = ("标题", "地点", "开始", "结束", "名额", "内容", "风险提示", "主办", "负责人")
EXPORTED_TOO = ("状态", "已占名额", "候补人数")  # ignored by import
KINDS = {"志愿服务": "volunteer", "培训": "training", "团务": "league", "会议": "meeting", "文体": "entertainment"}
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
_TIMES = {"starts_at", "ends_at", "signup_opens_at", "signup_closes_at"}
_NUMBERS = {"capacity", "waitlist_limit"}
_WHEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::\d{2})?")
# A cell that begins so is run as a formula by Excel, also in its full-width form.
_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r]")
_WRONG = {
    "title": "要填写，最多64个字",
    "place": "要填写，最多128个字",
    "content": "要填写",
    "risk": "要填写：招募志愿者须说明可能的风险",
    "organiser": "要填写，最多64个字",
    "leader": "要填写，最多64个字",
    "contact": "最多64个字",
    "role": "最多64个字",
    "code": "最多8个字符，且不能与已有活动相同",
    "starts_at": "已经过去了",
    "ends_at": "要晚于开始时间",
    "capacity": "至少为1",
    "signup_opens_at": "要早于报名截止和活动开始",
    "signup_closes_at": "不能晚于活动开始",
}


@dataclass(frozen=True)
class Mistake:
    """``line`` as an editor counts, the first is 1; ``column`` is the heading, empty for the whole line."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"第{self.line}行{f'「{self.column}」' if self.column else ''}：{self.text}"


class ImportRefused(Exception):
    """Nothing was imported; every mistake in the file at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def import_activities(db: Session, raw: bytes, now: datetime, *, rules: Rules = USUAL) -> list[str]:
    """All of the file or nothing; returns the new activities' codes. Raises ImportRefused."""
    found: list[Mistake] = []
    rows = list(_rows(raw, found))
    if found:
        raise ImportRefused(found)  # under wrong headings every line would look wrong
    parsed = [(line, _parsed(line, cells, rules.timezone, found)) for line, cells in rows]
    writing(db)
    known = {tuple(row) for row in db.execute(select(Activity.title, Shift.starts_at).join(Shift))}
    codes = set(db.scalars(select(Activity.code)))
    for line, new in parsed:
        if new is None:
            continue
        found += [Mistake(line, _heading(field), _WRONG[field]) for field in activities.mistakes(new, now)]
        if (new.title, new.starts_at) in known:
            found.append(Mistake(line, "标题", "已有同名同时间的活动，是不是导入过了？"))
        if new.code and new.code in codes:
            found.append(Mistake(line, "编号", f"{new.code} 已经用过了，留空会自动编号"))
        known.add((new.title, new.starts_at))
        codes.add(new.code)
    if found:
        raise ImportRefused(sorted(found, key=lambda mistake: mistake.line))
    return [activities.create(db, new, now).code for _, new in parsed if new is not None]


def export_activities(db: Session, out: TextIO, *, rules: Rules = USUAL) -> int:
    """Every activity that is no draft, in the form that import reads, and how full it is; returns how many lines."""
    shifts = db.scalars(
        select(Shift).join(Activity).where(Activity.state != "draft").order_by(Shift.starts_at, Shift.id)
    ).all()
    counts = seats.counted(db, [shift.id for shift in shifts])
    kinds = {kind: word for word, kind in KINDS.items()}
    rows = []
    for shift in shifts:
        owners = [shift if hasattr(Shift, field) else shift.activity for field in COLUMNS.values()]
        values = [getattr(owner, field) for owner, field in zip(owners, COLUMNS.values(), strict=True)]
        cells = [_shown(value, rules.timezone) for value in values]
        cells[list(COLUMNS).index("类型")] = kinds.get(shift.activity.kind, shift.activity.kind)
        state = "已取消" if shift.activity.state == "cancelled" else "正常"
        rows.append([*cells, state, *map(str, counts.get(shift.id, (0, 0)))])
    return _write(out, [*COLUMNS, *EXPORTED_TOO], rows)


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
        times = [_shown(at, rules.timezone) for at in (shift.starts_at, registration.created_at)]
        cells = [activity.code, activity.title, times[0], person.name, phone, STATES[registration.state]]
        rows.append([*cells, str(place or ""), times[1], registration.reason])
    return _write(out, ["编号", "活动", "开始", "姓名", "手机", "状态", "候补位次", "报名时间", "备注"], rows)


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
        rows.append([name, phone, SUBJECTS.get(push.kind, push.kind), *activity, _shown(push.due_at, rules.timezone)])
    return _write(out, ["姓名", "手机", "事由", "编号", "活动", "应通知时间"], rows)


def _activity_of(db: Session, push: Push) -> tuple[str, str]:
    registration = db.get(Registration, push.payload.get("registration_id", 0))
    activity = registration.shift.activity if registration else None
    return (activity.code, activity.title) if activity else ("", "")


def _rows(raw: bytes, found: list[Mistake]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_decoded(raw), newline=""), strict=True)
    headings: list[str] = []
    line = 1
    try:
        for cells in reader:
            values = [_cell(cell) for cell in cells]
            if not headings:
                headings = values
                found += _wrong_headings(line, headings)
            elif any(values):
                yield line, dict(zip(headings, values, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        found.append(Mistake(line, "", f"这一行不是正确的CSV：{error}"))
    if not headings:
        found.append(Mistake(1, "", "文件是空的，第一行应是列名"))


def _decoded(raw: bytes) -> str:
    # Excel in China saves CSV as GB18030 unless told otherwise.
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _wrong_headings(line: int, headings: list[str]) -> Iterator[Mistake]:
    missing = [name for name in NEEDED if name not in headings]
    unknown = [name for name in headings if name and name not in (*COLUMNS, *EXPORTED_TOO)]
    if missing:
        yield Mistake(line, "", f"缺少列：{'、'.join(missing)}")
    if unknown:
        yield Mistake(line, "", f"不认识的列：{'、'.join(unknown)}")


def _parsed(line: int, cells: dict[str, str], zone: ZoneInfo, found: list[Mistake]) -> NewActivity | None:
    values: dict[str, Any] = {}
    before = len(found)
    for heading, field in COLUMNS.items():
        cell = cells.get(heading, "")
        try:
            if cell or (heading in NEEDED and field in _TIMES | _NUMBERS):
                values[field] = _value(field, cell, zone)
        except ValueError as error:
            found.append(Mistake(line, heading, str(error)))
    return None if len(found) > before else NewActivity(**{"title": "", "place": "", **values})


def _value(field: str, cell: str, zone: ZoneInfo) -> Any:
    if field in _TIMES:
        return _when(cell, zone)
    if field in _NUMBERS:
        if not re.fullmatch(r"\d{1,5}", cell):
            raise ValueError(f"应是数字，不是“{cell}”" if cell else "要填写")
        return int(cell)
    if field == "kind":
        if cell not in KINDS:
            raise ValueError(f"应是 {'、'.join(KINDS)} 之一，不是“{cell}”")
        return KINDS[cell]
    return cell.upper() if field == "code" else cell


def _when(cell: str, zone: ZoneInfo) -> datetime:
    found = _WHEN.fullmatch(cell)
    if not found:
        raise ValueError(f"应像 2026-03-07 13:00，不是“{cell}”" if cell else "要填写，像 2026-03-07 13:00")
    year, month, day, hour, minute = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        raise ValueError(f"没有这个时间：{cell}") from None


def _cell(cell: str) -> str:
    text = unicodedata.normalize("NFC", cell).replace("\x00", "").strip()
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:2]) else text


def _heading(field: str) -> str:
    return next(heading for heading, name in COLUMNS.items() if name == field)


def _shown(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def _write(out: TextIO, headings: list[str], rows: Iterable[list[str]]) -> int:
    writer = csv.writer(out)
    writer.writerow(headings)
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007 - counted for the caller
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
    return number
