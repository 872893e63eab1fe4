"""Bad XML, one trap after the other: none of it raises anything but NotXml and NotAMessage, none of it takes long."""

import os

import pytest

from bot.wechat.limits import MAX_BODY
from bot.wechat.parsing import NotAMessage, NotXml, parse
from tests.wechat.account import MODES, decode, event, text, xml


def content(body: bytes) -> str:
    return parse(body).text("Content")


# -- what wechatpy's parser raises or rewrites ------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<xml></xml>",
        b"<xml/>",
        b"<xml>text</xml>",
        b"<xml><a>",
        b"<xml><a></b></xml>",
        b"<xml></xml><xml></xml>",
        b"<xml><Content>foo</Content></xml>",
        b"<xml><MsgType></MsgType></xml>",
        b"<xml><MsgType><a>text</a></MsgType></xml>",
        b"<xml><MsgType>text</MsgType><MsgType>event</MsgType></xml>",
        b"<xml><MsgType>event</MsgType><Event><a/></Event></xml>",
        event("subscribe", "<EventKey><a>1</a></EventKey>"),
        b"<xml><MsgType a='1' a='2'>text</MsgType></xml>",
        b"<xml><MsgType>text</MsgType>&undefined;</xml>",
        b"<xml><MsgType>text</MsgType> a & b </xml>",
        b"<xml><MsgType>text</MsgType><Content><![CDATA[x</Content></xml>",
    ],
)
def test_degenerate_xml_is_no_message(body):
    with pytest.raises(NotAMessage):
        parse(body)


def test_wechatpys_renaming_of_the_qr_follow_is_undone():
    fields = parse(event("subscribe", "<EventKey><![CDATA[qrscene_act_42]]></EventKey>"))
    assert (fields.text("Event"), fields.text("EventKey")) == ("subscribe", "qrscene_act_42")
    fields = parse(event("subscribe", "<EventKey><![CDATA[scanbarcode|ean13|690]]></EventKey>"))
    assert (fields.text("Event"), fields.text("EventKey")) == ("subscribe", "scanbarcode|ean13|690")


# -- entities ----------------------------------------------------------------------------------------

_LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE xml>",
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE xml [<!ENTITY l0 "ha">{_LAUGHS}]>',
        '\ufeff \n<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>',
        "<!DOC\x00TYPE xml [<!ENTITY x 'y'>]>",
        "<!--c--><!DOCTYPE xml>",
        "<?pi <xml ?><!DOCTYPE xml>",
    ],
)
@pytest.mark.parametrize("entity", ["&x;", "&l9;", "plain"])
def test_a_doctype_is_refused_before_parsing(head, entity):
    with pytest.raises(NotXml):
        parse(head.encode() + text("").replace(b"<![CDATA[]]>", entity.encode()))


def test_a_doctype_where_none_may_stand_is_broken_xml():
    with pytest.raises(NotAMessage):
        parse(xml('<!DOCTYPE x [<!ENTITY x "y">]><Content>&x;</Content>'))


def test_a_follower_may_talk_about_doctypes_and_entities():
    said = '<!DOCTYPE html> <!ENTITY x "&y;"> &#2; &nbsp;'
    assert content(text(said)) == said


# -- characters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "character",
    [*map(chr, set(range(32)) - {9, 10, 13}), "\ufffe", "\uffff"],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_control_characters_are_removed_raw_and_as_references(character):
    assert content(text(f"你{character}好")) == "你好"
    for reference in (f"&#{ord(character)};", f"&#x{ord(character):X};", f"&#x000{ord(character):x};"):
        assert content(xml(f"<Content>你{reference}好</Content>")) == "你好"


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#55357;", "&#x110000;", "&#0;", "&#99999999999;", "&#" + "9" * 6000 + ";"]
)
def test_references_to_nothing_are_removed(reference):
    assert content(xml(f"<Content>你{reference}好</Content>")) == "你好"


def test_good_references_and_layout_stay():
    assert content(xml("<Content>&#20320;&#x597D;&#9;a&amp;b\nc</Content>")) == "你好\ta&b\nc"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xef\xbb\xbf" + text("你好"), "你好"),
        (b"\n  " + text("你好") + b"\n", "你好"),
        (b'<?xml version="1.0" encoding="GB18030"?>' + text("你好𠮷").decode().encode("gb18030"), "你好𠮷"),
        (b"<?xml version='1.0' encoding='gbk'?>" + text("你好").decode().encode("gbk"), "你好"),
        (b"<?xml version='1.0' encoding='gb2312'?>" + text("你好"), "你好"),
        (b"<?xml version='1.0' encoding='utf-16'?>" + text("你好"), "你好"),
        (text("a\ud83db"), "a\ufffd\ufffd\ufffdb"),
        (text("ab").replace(b"ab", b"a\xffb"), "a\ufffdb"),
        (text("👨‍👩‍👧‍👦𠮷\u202e\u200b"), "👨‍👩‍👧‍👦𠮷\u202e\u200b"),
        (text("a]]]]><![CDATA[>b"), "a]]>b"),
        (text("a]]><![CDATA[b"), "ab"),
    ],
)
def test_encodings_and_their_accidents(body, said):
    assert content(body) == said


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_refused_not_guessed(encoding):
    body = text("你好").decode().encode(encoding)
    try:
        assert content(body) != "你好"
    except (NotXml, NotAMessage) as refused:
        assert str(refused)


# -- size and shape ----------------------------------------------------------------------------------


def test_deep_nesting_is_no_message():
    with pytest.raises(NotAMessage, match="deep"):
        parse(xml("<a>" * 9000 + "</a>" * 9000))
    assert parse(xml("<a>" * 4 + "</a>" * 4)).child("a").child("a")


@pytest.mark.parametrize(
    "filling",
    [
        "<a>" * 21000,
        "<a/>" * 16000,
        "<Content>x</Content>" * 3000,
        "<a " + " ".join(f'b{n}="1"' for n in range(6000)) + "/>",
        "<" * 60000,
        "&#" * 30000,
        "&#1" * 20000,
        "<![CDATA[" * 7000,
        " " * 60000,
        "]]>" * 20000,
        "<Encrypt>" * 7000,
        "<Encrypt>" + "\n" * 60000,
        "<Encrypt>" + "A" * 60000,
    ],
    ids=lambda filling: filling[:12].strip(),
)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.timeout(60)  # a pattern that backtracks would take minutes; the bound only tells the two apart
def test_bodies_made_to_be_slow_are_answered(filling, mode):
    body = xml(filling)[:MAX_BODY] if mode == "plain" else xml(filling)[:45000]
    exchange = decode(mode, body)
    assert exchange.message is None or exchange.message.openid == "oABC"


@pytest.mark.timeout(60)
def test_whitespace_alone_is_refused_quickly():
    for body in (b" " * MAX_BODY, b"<?xml " + b" " * 60000, b"\n" * 60000 + b"<xm"):
        with pytest.raises(NotXml):
            parse(body)


def test_random_bytes_are_refused():
    for _ in range(200):
        with pytest.raises(NotXml):
            parse(os.urandom(300))
