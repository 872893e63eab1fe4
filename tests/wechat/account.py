"""A pretend account for the wire's tests: its credentials, and pushes as WeChat would sign and seal them."""

from __future__ import annotations

from bot.wechat.envelope import Envelope, signature
from bot.wechat.gateway import Exchange, Gateway

TOKEN = "spamtest"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx2c2769f8efd9abc2"
TIMESTAMP, NONCE = "1409735669", "1320562132"
ENVELOPE = Envelope(TOKEN, KEY, APP_ID)
MODES = ("plain", "compatible", "secure")


def gateway(mode: str) -> Gateway:
    return Gateway(token=TOKEN, encoding_aes_key=KEY, app_id=APP_ID, mode=mode)


def plain_query(**more: str) -> dict[str, str]:
    signed = signature(TOKEN, TIMESTAMP, NONCE)
    return {"signature": signed, "timestamp": TIMESTAMP, "nonce": NONCE, "openid": "oABC", **more}


def sealed_push(inner: bytes, outer_fields: str = "") -> tuple[dict[str, str], bytes]:
    """Query and body of a push in secure mode; with ``outer_fields`` as in compatible mode."""
    encrypted = ENVELOPE.seal(inner)
    outer = f"<ToUserName><![CDATA[gh_1]]></ToUserName>{outer_fields}<Encrypt><![CDATA[{encrypted}]]></Encrypt>"
    signed = ENVELOPE.signature(TIMESTAMP, NONCE, encrypted)
    return plain_query(encrypt_type="aes", msg_signature=signed), f"<xml>{outer}</xml>".encode()


def push(mode: str, inner: bytes) -> tuple[dict[str, str], bytes]:
    return (plain_query(), inner) if mode == "plain" else sealed_push(inner)


def decode(mode: str, inner: bytes) -> Exchange:
    return gateway(mode).decode(*push(mode, inner))


def xml(inner: str, kind: str = "text", created: str = "1409735668") -> bytes:
    """A push of follower oABC to account gh_1 with the given further elements."""
    return (
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>"
        f"<CreateTime>{created}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}</xml>"
    ).encode("utf-8", "surrogatepass")


def event(name: str, inner: str = "") -> bytes:
    return xml(f"<Event><![CDATA[{name}]]></Event>{inner}", "event")


def text(content: str) -> bytes:
    return xml(f"<Content><![CDATA[{content}]]></Content><MsgId>6054768590064713728</MsgId>")
