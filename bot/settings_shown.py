"""Settings as people read them: each with its value, no secret, and where it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from bot.settings import MAY_HOLD_PASSWORDS, SECRETS, Settings, read_values
from bot.settings_sources import known


@dataclass(frozen=True)
class Described:
    """``source``: config.yaml 第 12 行, 环境变量 BOT_…, 默认值."""

    name: str
    value: str
    source: str


def described(chosen: Settings) -> list[Described]:
    """Every setting for people to read: its value (of a secret only whether there is one) and where it was written."""
    places = read_values().places
    shown = []
    for name, found in known(Settings).items():
        if isinstance(found.annotation, type) and issubclass(found.annotation, BaseModel):
            continue
        value, path = chosen.value(name), tuple(name.split("."))
        inner = next((places[each] for each in places if each[: len(path)] == path), "")
        shown.append(Described(name, _for_people(name, value), inner or "默认值"))
    return shown


def _for_people(name: str, value: Any) -> str:
    if name in SECRETS:
        return "已设置" if value else "没有设置"
    if name in MAY_HOLD_PASSWORDS and value:
        parts = urlsplit(value)
        return value.replace(f":{parts.password}@", ":***@") if parts.password else str(value)
    if isinstance(value, BaseModel):
        said = {key: each for key, each in value.model_dump(mode="json").items() if each not in ("", (), [], {}, False)}
        return "，".join(f"{key}: {each}" for key, each in said.items())
    if isinstance(value, dict):
        return "；".join(f"{key}（{_for_people('', each) or '没有配置'}）" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return "、".join(_for_people("", each) for each in value)
    return {True: "是", False: "否"}.get(value, str(value)) if isinstance(value, bool) else str(value)
