"""WeChat's XML: rendering what is pushed, reading what is answered."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any


class BadXml(ValueError):
    """The body is not one well-formed document, or tries a DOCTYPE."""


def render(fields: Mapping[str, Any]) -> bytes:
    """Strings become CDATA, numbers stand bare, mappings nest, lists repeat their element."""
    # "replace": a lone surrogate typed into a message must not stop the push.
    return f"<xml>{_children(fields)}</xml>".encode("utf-8", "replace")


def _children(fields: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, Mapping):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, (int, float)):
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def parse(body: bytes) -> ElementTree.Element:
    """The ``<xml>`` element. Raises BadXml; entities cannot be declared because a DOCTYPE is refused."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadXml("DOCTYPE")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise BadXml("第 {} 行第 {} 列".format(*error.position)) from error
    except (ValueError, LookupError) as error:  # an encoding nobody knows
        raise BadXml("编码不认识") from error
    if root.tag != "xml":
        raise BadXml(f"最外层是 <{root.tag}>")
    return root


def text_of(element: ElementTree.Element, path: str) -> str:
    return (element.findtext(path) or "").strip(" \r\n\t") if path != "Content" else element.findtext(path) or ""
