"""Bytes of a push to its named elements: cleaned, bounded, without DTD, parsed by wechatpy with its traps closed.

wechatpy's ``parse_message`` holds as an XML reader: it refuses entities and costs 20 µs. Its message classes do not:
attributes raise on nested or repeated elements, events have id 0, ``bizmsgmenuid`` and half of today's events are
unknown to them. So its parser is used here, and ``reading`` makes our own values from the elements.
"""

from __future__ import annotations

import re
from xml.parsers.expat import ExpatError

from wechatpy import parse_message
from wechatpy.events import SubscribeScanEvent, SubscribeScanProductEvent

from bot.wechat.fields import Fields

MAX_DEPTH = 8  # WeChat nests four levels; what is deeper would make later code recurse without need

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# CDATA is matched only to be stepped over: there "&#2;" is what the follower typed.
_REFERENCE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&#(?:x([0-9A-Fa-f]+)|([0-9]+));", re.DOTALL)
_DECLARES_GB = re.compile(rb"\s*<\?xml\s[^>]{0,60}encoding=[\"']gb", re.IGNORECASE)
# What may stand before the root. A list of what is allowed: a DOCTYPE, JSON and HTML all fail it.
_START = re.compile(r"(?:<\?xml\s[^<>]*\?>\s*)?<xml[\s/>]")
_PARSER_TRAPS = (KeyError, TypeError, ValueError, AttributeError, ExpatError)


class NotXml(Exception):
    """The bytes cannot be a push of WeChat: no ``<xml>`` root, or a DOCTYPE before it."""


class NotAMessage(Exception):
    """XML that holds nothing to handle: broken, without a type or a sender, or meant for another product."""


def parse(body: bytes) -> Fields:
    text = _repaired(_decoded(body)).strip()
    if not _START.match(text):
        raise NotXml("does not begin as a push of WeChat")
    try:
        parsed = parse_message(text)
    except _PARSER_TRAPS as error:
        sealed = " (a sealed body: is wechat.mode plain by mistake?)" if "<Encrypt>" in text else ""
        raise NotAMessage(f"{type(error).__name__} while parsing{sealed}") from error
    elements: dict[str, object] = parsed._data  # no public way to all elements
    if isinstance(parsed, SubscribeScanEvent):  # wechatpy renames the event and cuts the key: undo both
        elements |= {"Event": "subscribe", "EventKey": f"qrscene_{elements['EventKey']}"}
    elif isinstance(parsed, SubscribeScanProductEvent):
        elements["Event"] = "subscribe"
    if _deeper_than(elements, MAX_DEPTH):
        raise NotAMessage("nested too deep")
    return Fields(elements)


def without_control_characters(text: str) -> str:
    """Drop what XML 1.0 forbids; WeChat has sent U+0002 inside messages, and refuses replies that hold such."""
    return _FORBIDDEN.sub("", text)


def _decoded(body: bytes) -> str:
    """UTF-8 as WeChat sends it, or what the body declares. Never fails: one bad byte must not lose a message."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030" if _DECLARES_GB.match(body) else "utf-8-sig", "replace")


def _repaired(text: str) -> str:
    text = without_control_characters(text)
    return _REFERENCE.sub(_legal_reference, text) if "&#" in text else text


def _legal_reference(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    if not hexadecimal and not decimal:
        return match[0]
    digits = (hexadecimal or decimal).lstrip("0") or "0"
    code = int(digits, 16 if hexadecimal else 10) if len(digits) <= 7 else 0
    return match[0] if 0 < code <= 0x10FFFF and not _FORBIDDEN.match(chr(code)) else ""


def _deeper_than(value: object, limit: int) -> bool:
    """Level by level, not by recursion: the value may be nested thousands deep."""
    level = [value]
    for _ in range(limit):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    """Elements below; siblings in a list stand on their own level, not one deeper."""
    if not isinstance(value, dict):
        return []
    return [one for child in value.values() for one in (child if isinstance(child, list) else [child])]
