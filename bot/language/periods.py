"""A stretch of past days as people type it: 从2025年9月到现在, 去年, 2025.9.1-2026.3.3, 最近三个月, 上个月."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from bot.language.numerals import NUMBER, parse
from bot.language.text import clean

_YEAR = r"(?:(?P<{0}year>(?:19|20)?\d\d|[零〇一二三四五六七八九]{{4}})\s*[年./-]|(?P<{0}rel>今年|去年|前年))"
_DAY = (
    _YEAR + r"?(?:的)?\s*(?:(?P<{0}month>{1})\s*(?:月份?|[./-](?=\d)|(?=$|[^\d年])))?(?:(?P<{0}day>{1})\s*[日号]?)?"
    r"(?P<{0}edge>[初底末])?"
)
_TO = r"\s*(?:一直)?(?:到|至|—+|–|-|~|～)\s*"
_NOW = r"(?P<now>现在|今天|目前|如今|为止|今日)(?:为止)?"
_AROUND = r"(?:从|自)?\s*"
_AFTER = r"\s*(?:的|这段时间|期间|全部)?(?:吧|呢|啊)?"

_SPAN = re.compile(_AROUND + _DAY.format("a", NUMBER) + _TO + rf"(?:{_NOW}|" + _DAY.format("b", NUMBER) + ")" + _AFTER)
_SINCE = re.compile(_AROUND + _DAY.format("a", NUMBER) + r"\s*(?:以来|开始|之?后|起|至今)" + _AFTER)
_ONE = re.compile(_DAY.format("a", NUMBER) + _AFTER)
_LAST = re.compile(rf"(?:最?近|过去|前)(?P<n>{NUMBER}|半)个?(?P<unit>年|月|周|星期|天)" + _AFTER)
_NAMED = re.compile(r"(?P<what>今年|去年|前年|本月|这个?月|上个?月|本学年)(?:全年|以来)?" + _AFTER)


def past(text: str, today: date) -> tuple[date, date] | None:
    """First and last day, never after ``today``; None for anything that is not a period and nothing more."""
    said = re.sub(r"\s+", "", clean(text)).strip("，。,.！!？? ")
    for read in (_named, _recent, _span, _since, _one):
        found = read(said, today)
        if found is not None:
            first, last = found[0], min(found[1], today)
            return (first, last) if first <= last else None
    return None


def _named(said: str, today: date) -> tuple[date, date] | None:
    found = _NAMED.fullmatch(said)
    if not found:
        return None
    match found["what"]:
        case "今年" | "去年" | "前年" as which:
            year = today.year - ("今年", "去年", "前年").index(which)
            return date(year, 1, 1), date(year, 12, 31)
        case "本学年":
            year = today.year if today.month >= 9 else today.year - 1
            return date(year, 9, 1), today
        case "本月" | "这月" | "这个月":
            return today.replace(day=1), today
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _recent(said: str, today: date) -> tuple[date, date] | None:
    found = _LAST.fullmatch(said)
    if not found:
        return None
    unit = found["unit"]
    if found["n"] == "半":
        return (_months_before(today, 6), today) if unit == "年" else None
    number = parse(found["n"]) or 0
    if not 1 <= number <= 400:
        return None
    if unit in ("年", "月"):
        return _months_before(today, number * (12 if unit == "年" else 1)), today
    return today - timedelta(days=number * (1 if unit == "天" else 7) - 1), today


def _months_before(today: date, number: int) -> date:
    """The day after the same day so many months ago."""
    year, month = divmod(today.year * 12 + today.month - 1 - number, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day) + timedelta(days=1)


def _span(said: str, today: date) -> tuple[date, date] | None:
    found = _SPAN.fullmatch(said)
    if not found:
        return None
    begin = _day(found, "a", today, None)
    if begin is None:
        return None
    if found["now"]:
        return begin[0], today
    end = _day(found, "b", today, begin[0])
    return (begin[0], end[1]) if end else None


def _since(said: str, today: date) -> tuple[date, date] | None:
    found = _SINCE.fullmatch(said)
    begin = _day(found, "a", today, None) if found else None
    return (begin[0], today) if begin else None


def _one(said: str, today: date) -> tuple[date, date] | None:
    """2025年, 2025年9月: a year or a month; a single number says nothing."""
    found = _ONE.fullmatch(said)
    if not found or not (found["ayear"] or found["arel"]):
        return None
    return _day(found, "a", today, None)


def _day(found: re.Match[str], side: str, today: date, after: date | None) -> tuple[date, date] | None:
    """The first and the last day it may mean: a year, a month or a day. Without a year: the latest that has begun,
    or the first from ``after`` on."""
    year_text, month_text, day_text = (found[side + part] for part in ("year", "month", "day"))
    relative = found[side + "rel"]
    month = parse(month_text) if month_text else None
    day = parse(day_text) if day_text else None
    if day is not None and month is None:
        return None
    if relative:
        year = today.year - ("今年", "去年", "前年").index(relative)
    elif year_text:
        number = parse(year_text) or 0
        year = number + 2000 if number < 100 else number
    elif month is None:
        return None
    else:
        year = _likely_year(month, today, after)
    try:
        if month is None:
            return date(year, 1, 1), date(year, 12, 31)
        if day is not None:
            return date(year, month, day), date(year, month, day)
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None


def _likely_year(month: int, today: date, after: date | None) -> int:
    if after is not None:
        return after.year if month >= after.month else after.year + 1
    return today.year if month <= today.month else today.year - 1
