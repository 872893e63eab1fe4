"""The account's templates against config.yaml: which are missing, which fields are not there, which cannot hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.push import alarms, fields, wording
from bot.push.facts import Facts
from bot.services.announcements import TEMPLATE_OF
from bot.settings import PushTemplate
from bot.storage.models import Broadcast
from bot.wechat.client import Client

Family = Literal["template", "subscribe"]
FAMILIES: Mapping[Family, str] = {"template": "模板消息", "subscribe": "订阅通知"}
LASTING = 3
"""The type of a long-term subscribe notice; 2 is one-time (platform §3.5)."""
_FIELD = re.compile(r"([^\n{}：:]*)[：:]?\s*\{\{\s*(\w+)\.DATA\s*\}\}")
# Not displayed since 2023, and not asked for.
_UNSHOWN = ("first", "remark")


@dataclass(frozen=True)
class Live:
    """A template as the account has it. ``fields``: name → label."""

    id: str
    family: Family
    title: str
    fields: Mapping[str, str]
    lasting: bool = False


def of_account(client: Client, family: Family) -> list[Live]:
    """What the account has. Raises CallFailed; 48001 where it may not have any of this family."""
    if family == "template":
        rows = client.template.get_all_private_template()["template_list"]
        return [Live(row["template_id"], family, row["title"], _fields(row["content"])) for row in rows]
    rows = client.get("/wxaapi/newtmpl/gettemplate")["data"]
    return [
        Live(row["priTmplId"], family, row["title"], _fields(row["content"]), row.get("type") == LASTING)
        for row in rows
    ]


def _fields(content: str) -> dict[str, str]:
    return {name: label.strip() for label, name in _FIELD.findall(content)}


def mistakes(
    configured: Mapping[str, PushTemplate], live: Sequence[Live], families: Sequence[Family], zone: ZoneInfo
) -> list[str]:
    """Each in one line, with its place in config.yaml. ``families``: those the account may use at all."""
    found: list[str] = []
    for kind, template in configured.items():
        for family in families:
            if getattr(template, family):
                found += _of_one(kind, family, template, live, zone)
    return found


def _of_one(
    kind: str, family: Family, template: PushTemplate, live: Sequence[Live], zone: ZoneInfo
) -> Iterator[str]:
    id, where = getattr(template, family), f"push.templates.{kind}.{family}"
    found = next((one for one in live if (one.id, one.family) == (id, family)), None)
    if found is None:
        other = next((one for one in live if one.id == id), None)
        why = f"它是{FAMILIES[other.family]}的，填反了" if other else "可能已删除，或者抄错了"
        yield f"{where}：帐号的{FAMILIES[family]}里没有 {id}（{why}）。"
        return
    if family == "subscribe" and found.lasting is not template.subscribe_lasts:
        is_ = "长期" if found.lasting else "一次性"
        yield f"{where}：“{found.title}”是{is_}订阅，subscribe_lasts 应为 {str(found.lasting).lower()}。"
    mapping = getattr(template, f"{family}_fields") or fields.USUAL_FIELDS.get(TEMPLATE_OF.get(kind, kind), {})
    where += "_fields" if getattr(template, f"{family}_fields") else ""
    there = "、".join(f"{name}（{label}）" if label else name for name, label in found.fields.items())
    values = samples(kind, zone)
    for name, source in mapping.items():
        if name not in found.fields:
            yield f"{where}：“{found.title}”没有字段 {name}，它有 {there or '的字段读不出来'}。"
        elif source not in values:
            yield f"{where}：{name} 要填的 {source} 不认识，可以填 {'、'.join(values)}。"
        else:
            yield from _misfit(where, name, source, values, zone)
    for name in found.fields.keys() - mapping.keys() - set(_UNSHOWN):
        label = found.fields[name]
        yield f"{where}：“{found.title}”的 {name}（{label}）没有填，微信会退回。请在 {family}_fields 里写上填什么。"


def _misfit(
    where: str, name: str, source: str, values: Mapping[str, fields.Value], zone: ZoneInfo
) -> Iterator[str]:
    try:
        fields.fit(name, values[source], zone)
    except fields.Misfit:
        kind = re.sub(r"\d+$", "", name)
        limit = fields.TYPES.get(kind, fields.LEGACY).limit
        yield f"{where}：{name} 放不下 {source}，这种字段是{limit}。请换一个字段，或换填别的内容。"


def samples(kind: str, zone: ZoneInfo) -> Mapping[str, fields.Value]:
    """What may be put into a template of this kind, as it will typically be."""
    at = datetime(2026, 3, 7, 13, tzinfo=zone)
    if kind == "alert":
        return alarms.values(alarms.Alarm("J12", "mind", at))
    if kind == "broadcast":
        broadcast = Broadcast(title="周末一起去江滨公园")
        return wording.values(Facts("broadcast", broadcast=broadcast, link="https://example.com"), at, zone)
    facts = Facts(
        TEMPLATE_OF.get(kind, kind), "A12", "江滨公园春季清洁志愿服务", "江滨公园南门集合点", at,
        at + timedelta(hours=2), contact="李老师", answer_by=at - timedelta(days=1),
    )  # fmt: skip
    return wording.values(facts, at - timedelta(days=1), zone)
