"""The judge of replies, against rules and against replies other SDKs build."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.simulator.judge import BadReply, Exchange, judge, shown_text
from tests.simulator.conftest import ENVELOPE, sealed

OPENID, GH = "oQS7k1follower", "gh_account"


def xml(inner: str, to: str = OPENID, sender: str = GH, created: str = "1700000000") -> bytes:
    head = f"<ToUserName>{to}</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>{created}</CreateTime>"
    return f"<xml>{head}{inner}</xml>".encode()


def text(content: str) -> str:
    return f"<MsgType>text</MsgType><Content><![CDATA[{content}]]></Content>"


def plain(body: bytes, articles: int = 1):
    return judge(body, Exchange(OPENID, GH, "plain", articles), None)


def news(*titles: str) -> str:
    items = "".join(f"<item><Title>{t}</Title><Description>d</Description><Url>u</Url></item>" for t in titles)
    return f"<MsgType>news</MsgType><ArticleCount>{len(titles)}</ArticleCount><Articles>{items}</Articles>"


def test_replies_of_other_sdks_are_read(shared: Path) -> None:
    found = sorted((shared / "realcases/xml/mp-reply").glob("*.xml"))
    assert len(found) >= 11
    for path in found:
        body = path.read_bytes()
        root = ElementTree.fromstring(body)
        ends = Exchange(root.findtext("ToUserName") or "", root.findtext("FromUserName") or "", "plain", 1)
        reply = judge(body, ends, None)
        assert reply is not None and reply["type"] == root.findtext("MsgType"), path.name
        assert isinstance(shown_text(reply), str)


def test_their_fields_come_through(shared: Path) -> None:
    folder = shared / "realcases/xml/mp-reply"
    body = (folder / "offu-video-03.xml").read_bytes()
    assert judge(body, Exchange("tgu", "su", "plain"), None) == {
        "type": "video", "media_id": "fdasfdasfasd", "title": "meow", "description": "www",
    }  # fmt: skip
    body = (folder / "offu-transfer_customer_service-01.xml").read_bytes()
    assert judge(body, Exchange("bbb", "aaa", "plain"), None)["agent"] == "test1@test"


def test_2048_bytes_are_allowed_and_one_more_is_not() -> None:
    fits = "团" * 682 + "ab"
    assert len(fits.encode()) == 2048
    assert plain(xml(text(fits)))["content"] == fits
    with pytest.raises(BadReply, match="2048"):
        plain(xml(text(fits + "c")))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (xml(text("")), "空"),
        (xml(text("x"), to=GH, sender=OPENID), "互换"),
        (xml(text("x"), created="now"), "CreateTime"),
        (xml("<MsgType>sticker</MsgType>"), "MsgType"),
        (xml("<MsgType>image</MsgType>"), "MediaId"),
        (xml("<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles/>"), "ArticleCount"),
        (b"<!DOCTYPE xml [<!ENTITY a 'b'>]>" + xml(text("&a;")), "DOCTYPE"),
        (b"<xml><ToUserName>", "XML"),
        (b"<html></html>", "html"),
        (b'<?xml version="1.0" encoding="martian"?><xml/>', "编码"),
        (xml(text("x")).replace(b"]]>", b"]]>]]>"), "XML"),
        (b"\xff\xfe\x00", "XML"),
    ],
)
def test_what_wechat_would_refuse(body: bytes, why: str) -> None:
    with pytest.raises(BadReply, match=why):
        plain(body)


def test_news_is_cut_to_one_for_a_message_and_eight_for_an_event() -> None:
    body = xml(news(*"abcdefghij"))
    assert [one["title"] for one in plain(body)["articles"]] == ["a"]
    assert len(plain(body, articles=8)["articles"]) == 8


def test_a_secure_account_wants_sealed_replies() -> None:
    secure = Exchange(OPENID, GH, "secure")
    assert judge(sealed(xml(text("好"))), secure, ENVELOPE) == {"type": "text", "content": "好"}
    with pytest.raises(BadReply, match="明文"):
        judge(xml(text("好")), secure, ENVELOPE)
    with pytest.raises(BadReply, match="MsgSignature"):
        judge(sealed(xml(text("好"))).replace(b"<MsgSignature>", b"<MsgSignature>0"), secure, ENVELOPE)
    assert judge(b"success", secure, ENVELOPE) is None
    assert judge(b"", secure, ENVELOPE) is None


def test_a_plain_account_does_not_open_sealed_ones() -> None:
    with pytest.raises(BadReply, match="加密"):
        plain(sealed(xml(text("好"))))


def test_what_the_follower_reads_has_no_markup() -> None:
    link = '看<a href="weixin://bizmsgmenu?msgmenucontent=%E5%A5%BD&msgmenuid=1">第一个</a>，a < b'
    assert shown_text({"type": "text", "content": link}) == "看第一个，a < b"
    assert shown_text(plain(xml(news("标题")))) == "标题\nd"
    assert shown_text({"type": "image", "media_id": "x"}) == "[图片]"
    assert shown_text(None) == ""
