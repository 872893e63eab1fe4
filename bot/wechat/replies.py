"""What the account answers in the same exchange: frozen values, and the links that can be tapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from urllib.parse import quote, unquote


@dataclass(frozen=True)
class Reply:
    """A passive reply (被动回复). Frozen subclasses below; a handler returns one and never sends."""


@dataclass(frozen=True)
class Nothing(Reply):
    """Answer ``success``: WeChat shows nothing and does not retry."""


@dataclass(frozen=True)
class Text(Reply):
    """At most 2048 bytes of UTF-8 reach the follower; the dispatcher keeps the rest for 继续."""

    content: str


@dataclass(frozen=True)
class Image(Reply):
    media_id: str


@dataclass(frozen=True)
class Voice(Reply):
    media_id: str


@dataclass(frozen=True)
class Video(Reply):
    media_id: str
    title: str = ""
    description: str = ""


@dataclass(frozen=True)
class Music(Reply):
    title: str
    description: str
    url: str
    hq_url: str
    thumb_media_id: str


@dataclass(frozen=True)
class News(Reply):
    """One article: WeChat drops every further one of a passive reply."""

    title: str
    description: str
    url: str
    pic_url: str = ""


@dataclass(frozen=True)
class Transfer(Reply):
    """Hand the message to WeChat's human agents; ``agent`` is a kf_account or empty for any."""

    agent: str = ""


_BY_TYPE: dict[str, type[Reply]] = {
    "nothing": Nothing,
    "text": Text,
    "image": Image,
    "voice": Voice,
    "video": Video,
    "music": Music,
    "news": News,
    "transfer": Transfer,
}
_TYPES = {kind: name for name, kind in _BY_TYPE.items()}


def to_json(reply: Reply) -> dict[str, str]:
    """The reply as JSON, as deliveries keep it: ``{"type": "text", "content": "…"}``."""
    return {"type": _TYPES[type(reply)], **asdict(reply)}


def from_json(kept: Mapping[str, object]) -> Reply:
    """The reply that ``to_json`` kept; ValueError if it was something else."""
    kind = _BY_TYPE.get(str(kept.get("type")))
    values = {name: value for name, value in kept.items() if name != "type" and isinstance(value, str)}
    if kind is None or {"type", *(one.name for one in fields(kind))} != set(kept) or len(values) != len(kept) - 1:
        raise ValueError(f"not a kept reply: {sorted(kept)}")
    return kind(**values)


def choice_link(label: str, content: str | None = None, id: str = "1") -> str:
    """A link that, tapped, sends ``content`` (default: the label) back as if typed, marked with ``id``."""
    said = quote(content if content is not None else label, safe="")
    shown = label.replace("<", "＜").replace(">", "＞")  # WeChat knows no escapes: a title must not close the link
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={said}&msgmenuid={quote(id, safe="")}">{shown}</a>'


_CHOICE = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^&"]*)[^>]*>[^<]*</a>')


def without_links(text: str) -> str:
    """For where nothing can be tapped to be said in chat: what is to be said stands there in quotes."""
    return _CHOICE.sub(lambda link: f"“{unquote(link.group(1))}”", text)

