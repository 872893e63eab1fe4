"""The fields of templates: which value each holds, and what its type, which its name begins with, lets it hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.language import dates

Value = str | datetime

_TYPED = re.compile(r"([a-z_]+?)\d+")

# Field → which of `wording.values` goes there, unless config.yaml says otherwise for the account's template.
USUAL_FIELDS: dict[str, dict[str, str]] = {
    "reminder": {"thing1": "title", "time2": "time", "thing3": "place", "thing4": "left", "thing5": "hint"},
    "offer": {"thing1": "title", "time2": "time", "thing3": "place", "time4": "answer_by", "thing5": "hint"},
    "change": {"thing1": "title", "time2": "time", "thing3": "place", "thing4": "change", "thing5": "hint"},
    "alert": {"thing1": "alert", "time2": "opened", "thing3": "again", "thing4": "hint"},
    "broadcast": {"thing1": "title", "time2": "said", "thing3": "hint"},
}
# What the follower reads before each value, in the template that the account picks in WeChat's library.
LABELS = {
    "title": "活动名称", "name": "活动", "code": "活动编号", "time": "活动时间", "ends": "结束时间",
    "place": "活动地点",
    "left": "距离开始", "answer_by": "确认截止", "change": "变更内容", "hint": "温馨提示", "contact": "联系人",
    "said": "发布时间", "alert": "警报", "opened": "开始时间", "again": "进展",
}  # fmt: skip


def template_text(kind: str) -> str:
    """The text of a template that `USUAL_FIELDS` fill: ``活动名称：{{thing1.DATA}}``, a line for each field."""
    return "\n".join(f"{LABELS[source]}：{{{{{field}.DATA}}}}" for field, source in USUAL_FIELDS[kind].items())


@dataclass(frozen=True)
class Type:
    """``limit``: as people are told. Either ``cut``: longer values end in … at so many characters; or ``pattern``: what
    a value must match, for nothing can be cut from it without saying something else; or neither: a moment."""

    limit: str
    cut: int = 0
    pattern: str = ""


# Platform §6: the type stands in front of the number in a field's name.
TYPES: Mapping[str, Type] = {
    "thing": Type("20个字以内，太长会截短", cut=20),
    "short_thing": Type("10个字以内，太长会截短", cut=10),
    "character_string": Type("32个以内的数字、字母、符号", pattern=r"[\x21-\x7e]{1,32}"),
    "number": Type("32位以内的数字，可带小数", pattern=r"\d{1,32}|(?=.{3,32}$)\d+\.\d+"),
    "letter": Type("32个以内的字母", pattern=r"[A-Za-z]{1,32}"),
    "symbol": Type("5个以内的符号", pattern=r"[^\w\s]{1,5}"),
    "time": Type("时间，如 2026年3月7日 13:00"),
    "date": Type("日期，如 2026年3月7日"),
    "amount": Type("1个币种符号加10位以内的数字，可带小数和“元”", pattern=r"[^\d\s]?\d{1,10}(\.\d+)?元?"),
    "phone_number": Type("17位以内的数字和符号", pattern=r"[\d()+\-*# ]{1,17}"),
    "car_number": Type(
        "8位以内，首尾可以是汉字", pattern=r"(?=.{1,8}$)[\u4e00-\u9fff]?[A-Za-z0-9·]{1,7}[A-Za-z0-9\u4e00-\u9fff]?"
    ),
    "name": Type(
        "10个以内的汉字，或20个以内的字母", pattern=r"[A-Za-z·. ]{1,20}|[\u4e00-\u9fffA-Za-z·. ]{1,10}"
    ),
    "phrase": Type("5个以内的汉字", pattern=r"[\u4e00-\u9fff]{1,5}"),
    "enum": Type("模板里列出的值", pattern=r"\S.{0,19}"),
    "const": Type("模板里列出的值", pattern=r"\S.{0,19}"),
}
# Templates from before the categories cut silently; better with an …
LEGACY = Type("20个字以内，太长会截短", cut=20)
# A cut goes back by at most so many characters to leave a word, a number or a bracket whole.
BACK = 6
_OPENING, _CLOSING, _SEPARATORS = "（(【《“", "）)】》”", " ，、；：。,;:·—-"


class Misfit(ValueError):
    """This value cannot stand in this field: the template's fields and config.yaml do not agree."""


def fit(name: str, value: Value, zone: ZoneInfo) -> str:
    """The value as WeChat accepts it in the field ``name`` (thing1, time2, …). Misfit if that is impossible."""
    typed = _TYPED.fullmatch(name)
    kind = typed[1] if typed else ""
    if kind in ("time", "date"):
        return _moment(name, kind, value, zone)
    plain = _plain(dates.moment(value, zone) if isinstance(value, datetime) else value)
    if not plain:
        raise Misfit(f"{name} is empty")
    limit = TYPES.get(kind, LEGACY)
    if limit.pattern:
        if not re.fullmatch(limit.pattern, plain):
            raise Misfit(f"{name} cannot hold {plain!r}")
        return plain
    return cut(plain, limit.cut)


def filled(fields: Mapping[str, str], values: Mapping[str, Value], zone: ZoneInfo) -> dict[str, str]:
    """Every field of a template with its value. Misfit names the first that cannot be filled."""
    data = {}
    for name, source in fields.items():
        if source not in values:
            raise Misfit(f"{name} wants {source!r}, there are {', '.join(values)}")
        data[name] = fit(name, values[source], zone)
    return data


def cut(text: str, longest: int) -> str:
    """At most ``longest`` characters (code points, as WeChat counts); what is cut ends in … where a person would cut:
    not within a number, a Latin word or a bracket that has just begun, and no comma before the …."""
    if len(text) <= longest:
        return text
    end = longest - 1
    least = max(1, end - BACK)
    while end > least and _joined(text[end - 1], text[end]):
        end -= 1
    if _joined(text[end - 1], text[end]):  # a word longer than that is cut all the same
        end = longest - 1
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        begun = text.rfind(opening, least, end)
        if begun > 0 and closing not in text[begun:end]:
            end = begun
    return (text[:end].rstrip(_SEPARATORS) or text[: longest - 1]) + "…"


def _joined(left: str, right: str) -> bool:
    """Two characters of one number or Latin word."""
    return (left + right).isascii() and all(c.isalnum() or c in ".:/%" for c in (left, right))


def _moment(name: str, kind: str, value: Value, zone: ZoneInfo) -> str:
    if not isinstance(value, datetime):
        raise Misfit(f"{name} wants a time, not {value!r}")
    local = value.astimezone(zone)
    day = f"{local.year}年{local.month}月{local.day}日"
    return day if kind == "date" else f"{day} {local:%H:%M}"


def _plain(text: str) -> str:
    """On one line, without emoji and control characters, which templates refuse or drop."""
    kept = [" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _DROPPED]
    return re.sub(" +", " ", "".join(c for c in kept if c not in "\ufe0e\ufe0f")).strip()


_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So"})
