"""What a field of a template may hold: its name begins with its type, and WeChat refuses what does not fit it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.language import dates

Value = str | datetime

_TYPED = re.compile(r"([a-z_]+?)\d+")
# Cut to so many characters, with … for the last one.
_CUT = {"thing": 20, "short_thing": 10}
LEGACY_CUT = 20  # templates from before the categories cut silently; better with an …
# Nothing can be cut from these without saying something else: they fit or they do not.
_MUST_MATCH = {
    "number": r"\d{1,32}|(?=.{3,32}$)\d+\.\d+",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "amount": r"[^\d\s]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d()+\-*# ]{1,17}",
    "car_number": r"[\u4e00-\u9fff]?[A-Za-z0-9·]{1,7}[A-Za-z0-9\u4e00-\u9fff]?",
    "name": r"[A-Za-z·. ]{1,20}|[\u4e00-\u9fffA-Za-z·. ]{1,10}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "enum": r"\S.{0,19}",
    "const": r"\S.{0,19}",
}


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
    if kind in _MUST_MATCH:
        if not re.fullmatch(_MUST_MATCH[kind], plain):
            raise Misfit(f"{name} cannot hold {plain!r}")
        return plain
    return cut(plain, _CUT.get(kind, LEGACY_CUT))


def filled(fields: Mapping[str, str], values: Mapping[str, Value], zone: ZoneInfo) -> dict[str, str]:
    """Every field of a template with its value. Misfit names the first that cannot be filled."""
    data = {}
    for name, source in fields.items():
        if source not in values:
            raise Misfit(f"{name} wants {source!r}, there are {', '.join(values)}")
        data[name] = fit(name, values[source], zone)
    return data


def cut(text: str, longest: int) -> str:
    """At most ``longest`` characters (code points, as WeChat counts); what is cut ends in …."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


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
