"""The judge of passive replies: silent, shown, or the failure line, as WeChat decides."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.simulator.xml import BadXml, parse, text_of
from bot.wechat.envelope import Envelope, EnvelopeError

MAX_TEXT_BYTES = 2048
Reply = dict[str, Any]


class BadReply(ValueError):
    """WeChat would show the failure line; the text says why, for whoever debugs."""


@dataclass(frozen=True)
class Exchange:
    """What a reply is measured against. ``articles`` is how many news items this trigger may show."""

    openid: str
    gh_id: str
    mode: str
    articles: int = 1


def judge(body: bytes, exchange: Exchange, envelope: Envelope | None) -> Reply | None:
    """The reply as a dict, or None for a silent answer (``success`` or zero bytes). Raises BadReply."""
    if body in (b"", b"success"):
        return None
    root = _parsed(body)
    if root.find("Encrypt") is not None and root.find("MsgType") is None:
        root = _parsed(_opened(root, exchange, envelope))
    elif exchange.mode == "secure":
        raise BadReply("安全模式的账号收到了明文回复")
    if (text_of(root, "ToUserName"), text_of(root, "FromUserName")) != (exchange.openid, exchange.gh_id):
        raise BadReply("ToUserName 和 FromUserName 要与推送的互换")
    if not text_of(root, "CreateTime").isdecimal():
        raise BadReply("CreateTime 不是整数")
    reply = read_reply(root)
    if reply["type"] == "news":
        reply["articles"] = reply["articles"][: exchange.articles]
    return reply


def read_reply(root: ElementTree.Element) -> Reply:
    """A reply element as a dict. Raises BadReply for an unknown type or what its type forbids."""
    type = text_of(root, "MsgType")
    if type not in _READERS:
        raise BadReply(f"不认识的 MsgType {type!r}")
    return {"type": type, **_READERS[type](root)}


def shown_text(reply: Reply | None) -> str:
    """What the follower reads, without markup; a stand-in for what is not text."""
    if reply is None:
        return ""
    if reply["type"] == "text":
        return without_links(reply["content"])
    if reply["type"] == "news":
        return "\n".join(line for a in reply["articles"] for line in (a["title"], a["description"]) if line)
    if reply["type"] == "transfer_customer_service":
        return ""
    if reply["type"] == "music":
        return f"[音乐] {reply['title']}".strip()
    return {"image": "[图片]", "voice": "[语音]", "video": f"[视频] {reply.get('title', '')}".strip()}[reply["type"]]


def without_links(content: str) -> str:
    """A text as the phone shows it: the labels of its links, not their addresses."""
    return re.sub(r"<a\b[^>]*>(.*?)</a>", r"\1", content, flags=re.S | re.I)


def _parsed(body: bytes) -> ElementTree.Element:
    try:
        return parse(body)
    except BadXml as error:
        raise BadReply(f"回复不是微信能读的 XML（{error}）") from error


def _opened(root: ElementTree.Element, exchange: Exchange, envelope: Envelope | None) -> bytes:
    if envelope is None or exchange.mode == "plain":
        raise BadReply("明文模式的账号收到了加密回复")
    sealed = text_of(root, "Encrypt")
    timestamp, nonce = text_of(root, "TimeStamp"), text_of(root, "Nonce")
    if not timestamp.isdecimal():
        raise BadReply("TimeStamp 不是整数")
    if envelope.signature(timestamp, nonce, sealed) != text_of(root, "MsgSignature"):
        raise BadReply("MsgSignature 对不上")
    try:
        return envelope.open(sealed)
    except EnvelopeError as error:
        raise BadReply(f"加密的回复解不开：{error}") from error


def _text(root: ElementTree.Element) -> Reply:
    content = text_of(root, "Content")
    if not content:
        raise BadReply("Content 是空的")  # not the same as answering nothing
    if len(content.encode()) > MAX_TEXT_BYTES:
        raise BadReply(f"Content 有 {len(content.encode())} 字节，超过 {MAX_TEXT_BYTES}")
    return {"content": content}


def _media(root: ElementTree.Element) -> Reply:
    media_id = text_of(root, ".//MediaId")
    if not media_id:
        raise BadReply("缺少 MediaId")
    return {"media_id": media_id}


def _video(root: ElementTree.Element) -> Reply:
    return {**_media(root), "title": text_of(root, ".//Title"), "description": text_of(root, ".//Description")}


def _music(root: ElementTree.Element) -> Reply:
    if root.find("Music") is None:
        raise BadReply("缺少 Music")
    names = {"title": "Title", "description": "Description", "url": "MusicUrl", "hq_url": "HQMusicUrl"}
    return {
        **{name: text_of(root, f"Music/{tag}") for name, tag in names.items()},
        "thumb_media_id": text_of(root, "Music/ThumbMediaId"),
    }


def _news(root: ElementTree.Element) -> Reply:
    items = root.findall("Articles/item")
    count = text_of(root, "ArticleCount")
    if not count.isdecimal() or int(count) != len(items):
        raise BadReply(f"ArticleCount 是 {count!r}，实际有 {len(items)} 条")
    names = {"title": "Title", "description": "Description", "pic_url": "PicUrl", "url": "Url"}
    return {"articles": [{name: text_of(item, tag) for name, tag in names.items()} for item in items]}


def _transfer(root: ElementTree.Element) -> Reply:
    return {"agent": text_of(root, "TransInfo/KfAccount")}


_READERS: dict[str, Callable[[ElementTree.Element], Reply]] = {
    "text": _text,
    "image": _media,
    "voice": _media,
    "video": _video,
    "music": _music,
    "news": _news,
    "transfer_customer_service": _transfer,
}
