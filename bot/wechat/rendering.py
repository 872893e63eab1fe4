"""A Reply as the XML that WeChat shows: our own, because wechatpy's lets a text with ``]]>`` rewrite the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.wechat import replies
from bot.wechat.limits import MAX_TEXT_BYTES, size, split_text
from bot.wechat.parsing import without_control_characters

SUCCESS = b"success"  # shows nothing and stops WeChat's retries


def render(reply: replies.Reply, *, openid: str, account: str, now: datetime) -> bytes | None:
    """The reply's XML, roles swapped; None if there is nothing to show (an empty text would show as a failure)."""
    kind, body = RENDERERS[type(reply)](reply)
    if not kind:
        return None
    head = _element("ToUserName", openid) + _element("FromUserName", account)
    created = f"<CreateTime>{int(now.timestamp())}</CreateTime>"
    return f"<xml>{head}{created}{_element('MsgType', kind)}{body}</xml>".encode()


def render_sealed(encrypted: str, signature: str, timestamp: str, nonce: str) -> bytes:
    sealed = _element("Encrypt", encrypted) + _element("MsgSignature", signature)
    return f"<xml>{sealed}<TimeStamp>{timestamp}</TimeStamp>{_element('Nonce', nonce)}</xml>".encode()


def _element(name: str, text: str) -> str:
    safe = without_control_characters(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"


def _nothing(reply: replies.Nothing) -> tuple[str, str]:
    return "", ""


def _text(reply: replies.Text) -> tuple[str, str]:
    content = without_control_characters(reply.content)
    if size(content) > MAX_TEXT_BYTES:  # whoever answers splits first; a slip there must not show as the failure line
        content = split_text(content, "…")[0] + "…"
    return ("text", _element("Content", content)) if content.strip() else ("", "")


def _image(reply: replies.Image) -> tuple[str, str]:
    return "image", f"<Image>{_element('MediaId', reply.media_id)}</Image>"


def _voice(reply: replies.Voice) -> tuple[str, str]:
    return "voice", f"<Voice>{_element('MediaId', reply.media_id)}</Voice>"


def _video(reply: replies.Video) -> tuple[str, str]:
    shown = {"MediaId": reply.media_id, "Title": reply.title, "Description": reply.description}
    return "video", f"<Video>{_elements(shown)}</Video>"


def _music(reply: replies.Music) -> tuple[str, str]:
    shown = {"Title": reply.title, "Description": reply.description, "MusicUrl": reply.url, "HQMusicUrl": reply.hq_url}
    return "music", f"<Music>{_elements(shown)}{_element('ThumbMediaId', reply.thumb_media_id)}</Music>"


def _news(reply: replies.News) -> tuple[str, str]:
    shown = {"Title": reply.title, "Description": reply.description, "PicUrl": reply.pic_url, "Url": reply.url}
    return "news", f"<ArticleCount>1</ArticleCount><Articles><item>{_elements(shown)}</item></Articles>"


def _transfer(reply: replies.Transfer) -> tuple[str, str]:
    agent = f"<TransInfo>{_element('KfAccount', reply.agent)}</TransInfo>" if reply.agent else ""
    return "transfer_customer_service", agent


def _elements(shown: Mapping[str, str]) -> str:
    return "".join(_element(name, text) for name, text in shown.items())


RENDERERS: dict[type[replies.Reply], Callable[[Any], tuple[str, str]]] = {
    replies.Nothing: _nothing,
    replies.Text: _text,
    replies.Image: _image,
    replies.Voice: _voice,
    replies.Video: _video,
    replies.Music: _music,
    replies.News: _news,
    replies.Transfer: _transfer,
}
