"""What the account answers in the same exchange: frozen values, and the links that can be tapped."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


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


def choice_link(label: str, content: str | None = None, id: str = "1") -> str:
    """A link that, tapped, sends ``content`` (default: the label) back as if typed, marked with ``id``."""
    said = quote(content if content is not None else label, safe="")
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={said}&msgmenuid={quote(id, safe="")}">{label}</a>'
