"""Which day or days a text means: weekdays, weekends, dates, named days; in doubt the future."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.language import holidays
from bot.language.numerals import NUMBER, parse


@dataclass(frozen=True)
class Days:
    """First and last day; ``ask``: two readings are likely; ``moved``: the nearer reading is past, so a later one."""

    first: date
    last: date
    ask: bool = False
    moved: bool = False


Rule = Callable[["re.Match[str]", date], Days | None]


def _one(day: date, *, ask: bool = False, moved: bool = False) -> Days:
    return Days(day, day, ask, moved)


_RELATIVE = {
    "今": 0, "明": 1, "后": 2, "大后": 3, "昨": -1, "前": -2,
}  # fmt: skip


def _relative(found: re.Match[str], today: date) -> Days:
    word = found.group("word")
    return _one(today + timedelta(days=_RELATIVE[word]))


_WEEKDAYS = (
    {c: i for i, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 5} | {str(i): i - 1 for i in range(1, 8)}
)


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _weekday(found: re.Match[str], today: date) -> Days:
    which, wanted = found.group("which") or "", _WEEKDAYS[found.group("day")]
    if which.startswith("下"):
        weeks = which.count("下")
        return _one(_monday(today) + timedelta(days=7 * weeks + wanted), ask=weeks == 1 and today.weekday() >= 5)
    if which.startswith("上"):
        return _one(_monday(today) + timedelta(days=wanted - 7))
    day = _monday(today) + timedelta(days=wanted)
    return _one(day, moved=False) if day >= today else _one(day + timedelta(days=7), moved=bool(which))


def _weekdays(found: re.Match[str], today: date) -> Days:
    """周一到周五, 周六周日."""
    first = _weekday(found, today).first
    length = (_WEEKDAYS[found.group("to")] - _WEEKDAYS[found.group("day")]) % 7
    return Days(first, first + timedelta(days=length))


def _weekend(found: re.Match[str], today: date) -> Days:
    weeks = (found.group("which") or "").count("下")
    saturday = _monday(today) + timedelta(days=5 + 7 * weeks)
    ask = weeks == 1 and today.weekday() >= 5
    return Days(max(saturday, today) if weeks == 0 else saturday, saturday + timedelta(days=1), ask)


def _week(found: re.Match[str], today: date) -> Days:
    weeks = found.group("which").count("下")
    monday = _monday(today) + timedelta(days=7 * weeks)
    return Days(max(monday, today), monday + timedelta(days=6))


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_day(found: re.Match[str], today: date) -> Days | None:
    month, day = parse(found.group("month")), parse(found.group("day"))
    if month is None or day is None:
        return None
    if found.group("year"):
        exact = _safe(int(found.group("year")), month, day)
        return _one(exact) if exact else None
    this = _safe(today.year, month, day)
    if this is not None and this >= today:
        return _one(this)
    later = _safe(today.year + 1, month, day)
    return _one(later, moved=True) if later else None


def _next_month(today: date, months: int = 1) -> date:
    number = today.year * 12 + today.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _day_of_month(found: re.Match[str], today: date) -> Days | None:
    day = parse(found.group("day"))
    if day is None or not 1 <= day <= 31:
        return None
    ahead = 1 if found.group("which") else 0
    for months in range(ahead, ahead + 3):
        first = _next_month(today, months)
        exact = _safe(first.year, first.month, day)
        if exact is not None and exact >= today:
            return _one(exact, moved=months > ahead)
    return None


def _month_last(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


_THIRDS = {
    "初": (1, 10),
    "上旬": (1, 10),
    "中": (11, 20),
    "中旬": (11, 20),
    "下旬": (21, 31),
    "底": (25, 31),
    "末": (25, 31),
}


def _third(first: date, name: str) -> Days:
    start, end = _THIRDS[name]
    return Days(
        first.replace(day=start),
        min(first.replace(day=min(end, 28)) + timedelta(days=end - min(end, 28)), _month_last(first)),
    )


def _part_of_month(found: re.Match[str], today: date) -> Days:
    """月初, 下个月底; of this month only if its first day is not past."""
    name, which = found.group("part"), found.group("which") or ""
    if "下" in which:
        return _third(_next_month(today, which.count("下")), name)
    here = _third(today.replace(day=1), name)
    if name in {"底", "末", "下旬"} or here.first >= today:
        return here if here.last >= today else _third(_next_month(today), name)
    return Days(*_span(_third(_next_month(today), name)), moved=True)


def _span(days: Days) -> tuple[date, date]:
    return days.first, days.last


def _month(found: re.Match[str], today: date) -> Days | None:
    """下个月, 这个月, 四月份, 四月底."""
    number, part = parse(found.group("number") or ""), found.group("part")
    if number is None:
        first = _next_month(today, found.group("which").count("下"))
    elif 1 <= number <= 12:
        first = date(today.year + (number < today.month), number, 1)
    else:
        return None
    days = _third(first, part) if part else Days(first, _month_last(first))
    return Days(max(days.first, today), days.last) if days.last >= today else None


def _after(found: re.Match[str], today: date) -> Days | None:
    amount = 0.5 if found.group("number") == "半" else parse(found.group("number"))
    if amount is None:
        return None
    unit = found.group("unit")
    if unit == "天":
        return _one(today + timedelta(days=int(amount))) if amount >= 1 else None
    if unit == "月":
        return _one(today + timedelta(days=15)) if amount == 0.5 else _one(_add_months(today, int(amount)))
    return _one(today + timedelta(days=7 * int(amount))) if amount >= 1 else None


def _add_months(day: date, months: int) -> date:
    first = _next_month(day, months)
    return first.replace(day=min(day.day, _month_last(first).day))


def _named(found: re.Match[str], today: date) -> Days | None:
    """国庆, and also 五四青年节, which has two names."""
    name = found.group("name")
    day = holidays.next_day(name, today)
    if day is None:
        return None
    return Days(day, day + timedelta(days=6)) if name in {"国庆", "国庆节", "春节", "过年"} else _one(day)


def _summer(found: re.Match[str], today: date) -> Days:
    year = today.year + (today > date(today.year, 8, 31))
    return Days(max(today, date(year, 7, 1)), date(year, 8, 31))


_UNITS = "小时 个 公里 千米 米 元 块 毛 分 折 倍 % 万 千 百 度 岁 人 斤 公斤 kg km 号线 年 版 gb 级 星"
_UNIT_AFTER = rf"(?![\d.]|\s*(?:{'|'.join(_UNITS.split())}|[hwkg]\b))"
_PLACES = "楼 线 门 馆 机 厅 选 店 桌 车 院 路 汽 球 电 教 室 库 口 台 窗 公 宿 场 题 码 病 座 位 床 岗 组 队 字 文"
_NOT_PLACE = rf"(?!{'|'.join(_PLACES.split())})"
_MONTH_DAY = rf"(?P<month>{NUMBER})\s*月\s*(?P<day>{NUMBER})(?:号|日|(?!个|多|月|年|\d))" + _NOT_PLACE
_DOTTED = r"(?<![\d./:a-z-])(?P<month>1[0-2]|0?[1-9])[.·/](?P<day>3[01]|[12]\d|0?[1-9])" + _UNIT_AFTER
_NUMBERED = rf"(?<![第路街道巷弄\da-z])(?P<day>{NUMBER})(?:号|日(?!子|常|元))" + _NOT_PLACE
_MONTH_NAME = (
    r"(?<!\d)(?P<number>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月(?:份|(?=初|底|末|中|上旬|下旬|有|的|$|\s))"
)
_PART = r"(?P<part>初|底|末|中旬?|上旬|下旬)"
_WEEK = r"(?:周|星期|礼拜)"
_WHICH = r"(?P<which>这个?|本|下下个?|下一?个?|上一?个?)?"
_DAY = r"[一二三四五六日天]|(?<=[周期拜])[1-7](?![\d点:：.号个月])"
_NAMED = "|".join(holidays.NAMES)
_NOT_A_THING = r"(?!的?(?:路|街|广场|大道|村|桥|新村|小区|礼物|礼品|礼盒|快乐|粽子|月饼|红包|作文|手抄报|由来|奖章))"
_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?P<word>大后|今|明|后|昨|(?<![提之以目从])前)(?:天|儿个?|日(?!本|常|报))", _relative),
        (r"(?P<word>今|明|昨)(?=[早晚夜])", _relative),
        (_WHICH + _WEEK + rf"(?P<day>{_DAY})\s*[到至~和、跟或及-]?\s*{_WEEK}?(?P<to>[一二三四五六日天])", _weekdays),
        (_WHICH + _WEEK + rf"(?P<day>{_DAY})", _weekday),
        (_WHICH + r"(?:个)?(?:周末|双休日?|星期六日)", _weekend),
        (r"(?P<which>这|这个|本|下下|下下个|下|下个|下一)(?:周|星期|礼拜)(?![一二三四五六日天末边围1-7])", _week),
        (r"(?:(?P<year>20\d\d)\s*[年./-]\s*)?" + _MONTH_DAY, _month_day),
        (r"(?P<year>20\d\d)[./-](?P<month>\d{1,2})[./-](?P<day>\d{1,2})(?!\d)", _month_day),
        (r"(?P<year>(?!))?" + _DOTTED, _month_day),
        (r"(?:(?P<which>下个?)月|(?<!月))" + _NUMBERED, _day_of_month),
        (r"(?:(?P<which>这个?|本|下下个?|下个?)月?)?月" + _PART, _part_of_month),
        (rf"(?P<which>这个?|本|下下个?|下个?)(?P<number>)月{_PART}?(?!\d)", _month),
        (rf"(?P<which>){_MONTH_NAME}{_PART}?", _month),
        (r"(?<!\d)(?P<number>" + NUMBER + r"|半)个?(?P<unit>天|星期|礼拜|周|月)(?:后|之后|以后)", _after),
        (rf"(?>(?P<name>{_NAMED})(?:{_NAMED})*)" + _NOT_A_THING, _named),
        (r"暑假|暑期", _summer),
    )
)  # fmt: skip


def find(text: str, today: date) -> tuple[Days, int, int] | None:
    """The first days named in a cleaned text, with where they stand."""
    best: tuple[Days, int, int] | None = None
    for pattern, rule in _RULES:
        for found in pattern.finditer(text):
            if best is not None and (found.start(), -found.end()) >= (best[1], -best[2]):
                break
            days = rule(found, today)
            if days is not None:
                best = (days, found.start(), found.end())
                break
    return best
