"""Activities from a CSV file, all or nothing, and into one: what staff keep in Excel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import activities, seats
from bot.services.activities import NewActivity, NewShift
from bot.services.activity_checks import danger, in_utc, missing
from bot.services.activity_states import HIDDEN
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.activities import PolicyMissing, WrongState
from bot.services.rules import USUAL, Rules
from bot.services.tables import ImportRefused, Mistake, rows, shown, write
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Policy, Shift

COLUMNS = {
    "编号": "code",
    "标题": "title",
    "类型": "kind",
    "地点": "place",
    "片区": "area",
    "经纬度": "latitude",
    "岗位": "role",
    "开始": "starts_at",
    "结束": "ends_at",
    "休息分钟": "break_minutes",
    "名额": "capacity",
    "候补上限": "waitlist_limit",
    "年龄下限": "min_age",
    "年龄上限": "max_age",
    "报名开始": "signup_opens_at",
    "报名截止": "signup_closes_at",
    "需审核": "approval",
    "内容": "content",
    "风险提示": "risk",
    "危险": "dangerous",
    "大型": "large",
    "保单": "policy_id",
    "投保截止": "insurance_closes_at",
    "需携带": "bring",
    "保险": "insurance",
    "主办": "organiser",
    "负责人": "leader",
    "联系方式": "contact",
}
"""Heading → field. 经纬度 holds both numbers, in either order: in China the longitude is the larger one."""
NEEDED = ("标题", "地点", "开始", "结束", "名额", "内容", "风险提示", "主办", "负责人")
EXPORTED_TOO = ("状态", "已占名额", "候补人数")  # ignored by import
KINDS = {
    "志愿服务": "volunteer", "培训": "training", "团务": "league", "会议": "meeting", "文体": "entertainment",
    "选拔": "selection",
}  # fmt: skip
YES, NO = ("是", "有", "√", "1", "y", "yes"), ("否", "无", "不", "0", "n", "no")
_TIMES = {"starts_at", "ends_at", "signup_opens_at", "signup_closes_at", "insurance_closes_at"}
_NUMBERS = {"capacity", "waitlist_limit", "min_age", "max_age", "break_minutes"}
_FLAGS = {"approval", "dangerous", "large"}
_OF_SHIFT = {each.name for each in fields(NewShift)}
_WHEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::\d{2})?")
_PLACE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*[,，;； ]\s*(\d{1,3}(?:\.\d+)?)")
WRONG = {
    "title": "要填写，最多64个字",
    "place": "要填写，最多128个字",
    "content": "要填写",
    "risk": "要填写：招募志愿者须说明可能的风险",
    "organiser": "要填写，最多64个字",
    "leader": "要填写，最多64个字",
    "contact": "最多64个字",
    "role": "最多64个字",
    "area": "最多32个字",
    "code": "最多8个字符，且不能与已有活动相同",
    "starts_at": "已经过去了",
    "ends_at": "要晚于开始时间",
    "break_minutes": "要比整场活动短",
    "capacity": "至少为1",
    "min_age": "应是0到120之间的岁数",
    "max_age": "不能小于年龄下限",
    "signup_opens_at": "要早于报名截止和活动开始",
    "signup_closes_at": "不能晚于活动开始",
    "insurance_closes_at": "不能晚于活动开始",
    "latitude": "应像 120.153576,30.287459",
    "longitude": "应像 120.153576,30.287459",
}
"""Field → what a cell of it must be."""


def import_activities(
    db: Session, raw: bytes, now: datetime, *, rules: Rules = USUAL, author: str = "", draft: bool = False
) -> list[str]:
    """All of the file or nothing; returns the new activities' codes. Raises ImportRefused.

    Lines with one code of their own are the shifts of one activity. Open at once, for it is staff's own act, or with
    ``draft`` still to be submitted; ``author``: the actor who writes it.
    """
    found: list[Mistake] = []
    lines = list(rows(raw, found, _wrong_headings))
    if found:
        raise ImportRefused(found)  # under wrong headings every line would look wrong
    policies = {policy.number: policy for policy in db.scalars(select(Policy))}
    parsed = [(line, _parsed(line, cells, rules.timezone, policies, found)) for line, cells in lines]
    writing(db)
    known = {tuple(row) for row in db.execute(select(Activity.title, Shift.starts_at, Shift.role).join(Shift))}
    codes = set(db.scalars(select(Activity.code)))
    titles: dict[str, str] = {}
    for line, new in parsed:
        if new is None:
            continue
        found += [Mistake(line, heading_of(field), WRONG[field]) for field in activities.mistakes(new, now)]
        found += _dangers(line, new, policies, publish=not draft)
        if (new.title, new.starts_at, new.role) in known:
            found.append(Mistake(line, "标题", "已有同名同时间的活动，是不是导入过了？"))
        if new.code and (new.code in codes or titles.setdefault(new.code, new.title) != new.title):
            found.append(Mistake(line, "编号", f"{new.code} 已经用过了，留空会自动编号"))
        known.add((new.title, new.starts_at, new.role))
    if found:
        raise ImportRefused(sorted(found, key=lambda mistake: mistake.line))
    return _created(db, [new for _, new in parsed if new is not None], now, author, draft)


def _created(db: Session, wanted: list[NewActivity], now: datetime, author: str, draft: bool) -> list[str]:
    made: dict[str, Activity] = {}
    for new in wanted:
        if new.code in made:
            shift = NewShift(**{name: getattr(new, name) for name in _OF_SHIFT})
            activities.add_shift(db, made[new.code].id, shift, now)
            continue
        activity = activities.create(db, replace(new, author=author, state="draft" if draft else "open"), now)
        made[activity.code] = activity
    return list(made)


def _dangers(line: int, new: NewActivity, policies: Mapping[str, Policy], *, publish: bool) -> Iterator[Mistake]:
    policy = next((policy for policy in policies.values() if policy.id == new.policy_id), None)
    for refusal in danger(new.dangerous, [new], policy, publish=publish):
        if isinstance(refusal, PolicyMissing):
            yield Mistake(line, "保单", "有危险的活动要填保单号，保单要覆盖活动时间（先用 policy add 登记）")
        else:
            yield Mistake(line, "年龄下限", "有危险的活动只招18岁以上")


def amend(db: Session, activity_id: int, cells: Mapping[str, str], now: datetime, *, rules: Rules = USUAL) -> Activity:
    """Mend a draft, or what was rejected, by headings: ``{"风险提示": "河边湿滑"}``.

    Hours, seats and ages are those of its first shift. Raises WrongState, and ImportRefused for what cannot be.
    """
    writing(db)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    if activity.state not in ("draft", "rejected"):
        raise WrongState(activity.state, "amend")
    found: list[Mistake] = []
    policies = {policy.number: policy for policy in db.scalars(select(Policy))}
    values: dict[str, Any] = {}
    for heading, cell in cells.items():
        field = COLUMNS.get(heading, "")
        try:
            if field in ("", "code"):
                raise ValueError("没有这一列" if not field else "编号不能改")
            read = {} if field == "latitude" else {field: _value(field, cell, rules.timezone, policies)}
            values.update(read or _coordinates(cell))
        except ValueError as error:
            found.append(Mistake(0, heading, str(error)))
    if found:
        raise ImportRefused(found)
    for field, value in values.items():
        setattr(activity.shifts[0] if field in _OF_SHIFT else activity, field, in_utc(value))
    wrong = [name for name in missing(activity, now) if name in values]
    if wrong:
        raise ImportRefused([Mistake(0, heading_of(name), WRONG[name]) for name in wrong])
    activity.updated_at = now
    db.flush()
    return activity


def export_activities(db: Session, out: TextIO, *, rules: Rules = USUAL) -> int:
    """Every activity that is published, in the form that import reads, and how full it is; returns how many lines."""
    published = select(Shift).join(Activity).where(Activity.state.not_in(HIDDEN))
    shifts = db.scalars(published.order_by(Shift.starts_at, Shift.id)).all()
    counts = seats.counted(db, [shift.id for shift in shifts])
    numbers = {policy.id: policy.number for policy in db.scalars(select(Policy))}
    lines = []
    for shift in shifts:
        cells = [_cell(shift, field, numbers, rules.timezone) for field in COLUMNS.values()]
        state = "已取消" if shift.activity.state == "cancelled" else "正常"
        lines.append([*cells, state, *map(str, counts.get(shift.id, seats.Count())[:2])])
    return write(out, [*COLUMNS, *EXPORTED_TOO], lines)


def _cell(shift: Shift, field: str, numbers: Mapping[int, str], zone: ZoneInfo) -> str:
    value = getattr(shift if hasattr(Shift, field) else shift.activity, field)
    if field == "kind":
        return next((word for word, kind in KINDS.items() if kind == value), str(value))
    if field == "policy_id":
        return numbers.get(value, "")
    if field == "latitude":
        return "" if value is None else f"{shift.activity.longitude},{value}"
    if field in _FLAGS:
        return "是" if value else ""
    return "" if field == "break_minutes" and not value else shown(value, zone)


def _wrong_headings(line: int, headings: list[str]) -> Iterator[Mistake]:
    missing = [name for name in NEEDED if name not in headings]
    unknown = [name for name in headings if name and name not in (*COLUMNS, *EXPORTED_TOO)]
    if missing:
        yield Mistake(line, "", f"缺少列：{'、'.join(missing)}")
    if unknown:
        yield Mistake(line, "", f"不认识的列：{'、'.join(unknown)}")


def _parsed(
    line: int, cells: dict[str, str], zone: ZoneInfo, policies: Mapping[str, Policy], found: list[Mistake]
) -> NewActivity | None:
    values: dict[str, Any] = {}
    before = len(found)
    for heading, field in COLUMNS.items():
        cell = cells.get(heading, "")
        try:
            if field == "latitude" and cell:
                values.update(_coordinates(cell))
            elif cell or (heading in NEEDED and field in _TIMES | _NUMBERS):
                values[field] = _value(field, cell, zone, policies)
        except ValueError as error:
            found.append(Mistake(line, heading, str(error)))
    return None if len(found) > before else NewActivity(**{"title": "", "place": "", **values})


def _value(field: str, cell: str, zone: ZoneInfo, policies: Mapping[str, Policy]) -> Any:
    if field in _TIMES:
        return _when(cell, zone)
    if field in _NUMBERS:
        if not re.fullmatch(r"\d{1,5}", cell):
            raise ValueError(f"应是数字，不是“{cell}”" if cell else "要填写")
        return int(cell)
    if field in _FLAGS:
        if cell.lower() not in (*YES, *NO):
            raise ValueError(f"应是 是 或 否，不是“{cell}”")
        return cell.lower() in YES
    if field == "kind":
        if cell not in KINDS:
            raise ValueError(f"应是 {'、'.join(KINDS)} 之一，不是“{cell}”")
        return KINDS[cell]
    if field == "policy_id":
        if cell not in policies:
            raise ValueError(f"没有登记过保单 {cell}")
        return policies[cell].id
    return cell.upper() if field == "code" else cell


def _coordinates(cell: str) -> dict[str, float]:
    found = _PLACE.fullmatch(cell)
    if not found:
        raise ValueError(f"应像 120.153576,30.287459，不是“{cell}”")
    smaller, larger = sorted(map(float, found.groups()))
    return {"latitude": smaller, "longitude": larger}


def _when(cell: str, zone: ZoneInfo) -> datetime:
    found = _WHEN.fullmatch(cell)
    if not found:
        raise ValueError(f"应像 2026-03-07 13:00，不是“{cell}”" if cell else "要填写，像 2026-03-07 13:00")
    year, month, day, hour, minute = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        raise ValueError(f"没有这个时间：{cell}") from None


def heading_of(field: str) -> str:
    """What the column of a field is called; a field without a column by its own name."""
    known = {"longitude": "latitude", "cap_minutes": "break_minutes"}.get(field, field)
    return next((heading for heading, name in COLUMNS.items() if name == known), field)
