"""Template and notice texts of the account: which exist, which values they accept, how a card of one looks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulator.errors import ApiError
from bot.simulator.state import State

_FIELD = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
_LABELLED = re.compile(r"([^\n{}：:]*)[：:]\s*\{\{(\w+)\.DATA\}\}")
_TYPED = re.compile(
    r"(short_thing|thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|"
    r"const|enum)\d+"
)
_DATE = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2})"
_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_MOMENT = rf"({_DATE}\s?)?{_CLOCK}"
_DAY = rf"{_DATE}(\s?{_CLOCK})?"
# type: what a value must match as a whole
_RULES = {
    "thing": r"[^\x00-\x1f\x7f]{1,20}",
    "short_thing": r"[^\x00-\x1f\x7f]{1,10}",
    "number": r"(?=.{1,32}$)\d+(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "time": rf"{_MOMENT}(\s?~\s?{_MOMENT})?",
    "date": rf"{_DAY}(\s?~\s?({_DAY}|{_CLOCK}))?",
    "amount": r"[^\d\s]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d()+\-*#\s]{1,17}",
    "car_number": r"(?=.{1,8}$)[\u4e00-\u9fff]?[A-Za-z0-9·]{1,7}[A-Za-z0-9\u4e00-\u9fff]?",
    "name": r"[A-Za-z·.\s]{1,20}|[\u4e00-\u9fff·A-Za-z.\s]{1,10}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "const": r"[^\x00-\x1f\x7f]{1,20}",
    "enum": r"[^\x00-\x1f\x7f]{1,20}",
}
_LABELS = {
    "thing": "事项", "short_thing": "事项", "number": "数量", "letter": "编号", "symbol": "符号",
    "character_string": "编号", "time": "时间", "date": "日期", "amount": "金额", "phone_number": "电话",
    "car_number": "车牌", "name": "姓名", "phrase": "状态", "const": "类型", "enum": "类型",
}  # fmt: skip
_ACTIVITY = {"thing1": "活动名称", "time2": "活动时间", "thing3": "活动地点"}
# what an id says about a template that came without a text: its title and the labels of its fields
_KNOWN = {
    "reminder": ("活动开始提醒", {**_ACTIVITY, "thing4": "距离开始", "thing5": "温馨提示"}),
    "offer": ("候补名额通知", {**_ACTIVITY, "time4": "确认截止", "thing5": "温馨提示"}),
    "broadcast": ("通知公告提醒", {"thing1": "活动名称", "time2": "发布时间", "thing3": "温馨提示"}),
    "change": ("活动变更通知", {**_ACTIVITY, "thing4": "变更内容", "thing5": "温馨提示"}),
}
_LEGACY_CUT = 20


def add_configured(state: State, templates: Sequence[str | Mapping[str, Any]]) -> None:
    """What the account owner picked in the console before anyone called the API."""
    with state.lock:
        for given in templates:
            template = {"id": given} if isinstance(given, str) else dict(given)
            id = template["id"]
            title, labels = next((known for word, known in _KNOWN.items() if word in id), ("服务通知", {}))
            kind = "notice" if "subscribe" in id else "template"
            known = {"kind": kind, "title": title, "content": "", "labels": labels, "long_term": False}
            state.shelf("templates")[id] = {**known, **state.shelf("templates").get(id, {}), **template}
        state.touch("templates")


def find(state: State, id: object, kind: str) -> dict[str, Any]:
    """The template; 40036 for an id of the wrong length, 40037 for an unknown one or one of the other family."""
    template = state.shelf("templates").get(str(id or ""))
    if template and template["kind"] == kind:
        return dict(template)
    if template is None and len(str(id or "")) != 43:
        raise ApiError(40036)
    raise ApiError(40037)


def values(template: Mapping[str, Any], data: object) -> dict[str, str]:
    """The fields' values as they will be shown. 47003 names the field that is missing, empty or malformed."""
    if not isinstance(data, Mapping):
        raise ApiError(47003, "argument invalid! data is empty")
    expected = _FIELD.findall(template["content"]) or list(data)
    shown = {}
    for name in expected:
        given = data.get(name)
        value = given.get("value") if isinstance(given, Mapping) else given
        typed = _TYPED.fullmatch(name)
        if value is None or str(value) == "":
            if typed or template["kind"] == "notice":
                raise ApiError(47003, f"argument invalid! data.{name}.value is empty")
            continue
        if typed and not re.fullmatch(_RULES[typed[1]], str(value)):
            raise ApiError(47003, f"argument invalid! data.{name}.value invalid")
        # templates from before the categories cut silently instead of refusing
        shown[name] = str(value) if typed else str(value)[:_LEGACY_CUT]
    return shown


def card(template: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
    """Title and rows as the phone shows them; ``first`` and ``remark`` have not been displayed since 2023."""
    labels = {name: label.strip() for label, name in _LABELLED.findall(content_of(template))}
    rows = [
        {"name": name, "label": labels.get(name) or _label(name), "value": value}
        for name, value in shown.items()
        if name not in ("first", "remark")
    ]
    return {"title": template["title"], "rows": rows}


def content_of(template: Mapping[str, Any]) -> str:
    """The template's text as the console shows it."""
    lines = (f"{label}：{{{{{name}.DATA}}}}" for name, label in template.get("labels", {}).items())
    return template["content"] or "\n".join(lines)


def text_of(card: Mapping[str, Any]) -> str:
    return "\n".join([card["title"], *(f"{row['label']}：{row['value']}" for row in card["rows"])])


def _label(name: str) -> str:
    typed = _TYPED.fullmatch(name)
    return _LABELS[typed[1]] if typed else name
