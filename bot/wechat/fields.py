"""Elements of one push by name, read safely: repeated, nested, empty or missing ones never surprise a reader."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?")


class Misfit(ValueError):
    """An element does not hold what its name promises, for instance a latitude that is no number."""


class Fields:
    """A level of the XML as the parser left it: strings, None for empty, dicts for nested, lists for repeated."""

    def __init__(self, raw: object) -> None:
        self.raw: Mapping[str, object] = raw if isinstance(raw, dict) else {}

    def __contains__(self, name: str) -> bool:
        return name in self.raw

    def text(self, name: str) -> str:
        """The element's text, of the first if it is repeated; empty if there is none."""
        return _text(_first(self.raw.get(name)))

    def only(self, name: str) -> str:
        """The text of an element that says who or what; two answers are as bad as none."""
        value = self.raw.get(name)
        if isinstance(value, list):
            raise Misfit(f"{name} is repeated")
        if not (text := _text(value)):
            raise Misfit(f"{name} is missing")
        return text

    def integer(self, name: str) -> int:
        """Missing counts as 0."""
        text = self.text(name) or "0"
        if not _INTEGER.fullmatch(text):
            raise Misfit(f"{name} is no integer")
        return int(text)

    def degrees(self, name: str, limit: float) -> float:
        text = self.text(name)
        if not _DECIMAL.fullmatch(text) or not math.fabs(value := float(text)) <= limit:
            raise Misfit(f"{name} is no coordinate")
        return value

    def child(self, name: str) -> Fields:
        return Fields(_first(self.raw.get(name)))

    def children(self, name: str) -> list[Fields]:
        """Repeated siblings; a single one arrives bare, none arrives as None or not at all."""
        value = self.raw.get(name)
        return [Fields(one) for one in (value if isinstance(value, list) else [value]) if one is not None]


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) else value


def _text(value: object) -> str:
    if isinstance(value, dict):  # an element with attributes: its text lies beside them
        value = value.get("#text")
    return value if isinstance(value, str) else ""
