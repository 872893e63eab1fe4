"""The gateway's door: which check applies in which mode, what is refused, and what goes back out."""

from datetime import datetime, timezone

import pytest
import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.parser import parse_message
from werkzeug.datastructures import MultiDict

from bot.wechat import messages, replies
from bot.wechat.envelope import Envelope, signature
from bot.wechat.gateway import Exchange, Gateway, NotFromWeChat, Unreadable
from bot.wechat.limits import MAX_BODY
from tests.wechat.account import (
    APP_ID,
    ENVELOPE,
    KEY,
    MODES,
    NONCE,
    TIMESTAMP,
    TOKEN,
    decode,
    event,
    gateway,
    plain_query,
    push,
    sealed_push,
    text,
    xml,
)

NOW = datetime(2026, 5, 4, 1, 2, 3, tzinfo=timezone.utc)
TEXT = messages.Text(
    account="gh_1",
    openid="oABC",
    created_at=datetime(2014, 9, 3, 9, 14, 28, tzinfo=timezone.utc),
    msg_id="6054768590064713728",
    content="你好",
)


# -- the address check -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_echostr_comes_back_for_a_right_signature_in_every_mode(mode):
    assert gateway(mode).verify(plain_query(echostr="5927782489442352469")) == "5927782489442352469"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce", "echostr"])
def test_address_check_without_a_parameter_is_refused(mode, name):
    query = plain_query(echostr="1")
    del query[name]
    with pytest.raises(NotFromWeChat, match=name):
        gateway(mode).verify(query)


@pytest.mark.parametrize("given", ["0" * 40, "é", "字" * 40, "\ud800", " ", signature(TOKEN, TIMESTAMP, NONCE).upper()])
def test_address_check_with_a_wrong_signature_is_refused(given):
    with pytest.raises(NotFromWeChat):
        gateway("secure").verify(plain_query(echostr="1", signature=given))


# -- which check applies -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_text_arrives(mode):
    exchange = decode(mode, text("你好"))
    assert exchange == Exchange(TEXT, TIMESTAMP, NONCE, sealed=mode != "plain")


def test_a_compatible_account_also_takes_a_plain_push():
    assert gateway("compatible").decode(plain_query(), text("你好")) == Exchange(TEXT, TIMESTAMP, NONCE, sealed=False)
    assert gateway("compatible").decode(plain_query(encrypt_type="raw"), text("你好")).message == TEXT


def test_a_secure_account_refuses_a_plain_push_with_a_right_plain_signature():
    for query in (plain_query(), plain_query(msg_signature=plain_query()["signature"], encrypt_type="aes")):
        with pytest.raises(NotFromWeChat):
            gateway("secure").decode(query, text("你好"))


@pytest.mark.parametrize("mode", ["compatible", "secure"])
def test_a_sealed_push_needs_msg_signature_not_signature(mode):
    query, body = sealed_push(text("你好"))
    assert gateway(mode).decode({**query, "signature": "wrong"}, body).message == TEXT
    for wrong in ({**query, "msg_signature": query["signature"]}, {**query, "msg_signature": "é"}):
        with pytest.raises(NotFromWeChat):
            gateway(mode).decode(wrong, body)


@pytest.mark.parametrize("mode", ["compatible", "secure"])
def test_the_sealed_fields_count_and_forged_plain_ones_beside_them_do_not(mode):
    forged = "<FromUserName>oVICTIM</FromUserName><MsgType>text</MsgType><CreateTime>1</CreateTime><Content>x</Content>"
    assert gateway(mode).decode(*sealed_push(text("你好"), forged)).message == TEXT


def test_taking_the_seals_check_away_does_not_open_the_plain_door():
    """Compatible mode sends both; without encrypt_type and msg_signature the plain half must not be believed."""
    beside = text("伪造").decode().removesuffix("</xml>").partition("</ToUserName>")[2]
    for outer in (beside, ""):
        query, body = sealed_push(text("你好"), outer)
        for left in ({}, {"encrypt_type": "aes"}, {"encrypt_type": "raw"}, {"msg_signature": "0" * 40}):
            with pytest.raises(NotFromWeChat):
                gateway("compatible").decode(plain_query(**left), body)
        del query["msg_signature"]
        with pytest.raises(NotFromWeChat):
            gateway("compatible").decode(query, body)


def test_a_plain_account_reads_the_plain_half_only():
    query, body = sealed_push(text("你好"))
    assert gateway("plain").decode(query, body).message is None


def test_a_follower_who_types_an_encrypt_element_is_heard():
    typed = "<Encrypt>QUJD</Encrypt>"
    content = text(typed).decode()
    assert decode("secure", content.encode()).message.content == typed
    outer = content.removesuffix("</xml>").partition("</ToUserName>")[2]
    assert gateway("compatible").decode(*sealed_push(content.encode(), outer)).message.content == typed
    assert gateway("compatible").decode(plain_query(), content.encode()).message.content == typed


def test_sealed_for_another_account_is_refused_even_when_signed():
    other = Envelope(TOKEN, KEY, "wx0000000000000000")
    encrypted = other.seal(text("你好"))
    query = plain_query(msg_signature=other.signature(TIMESTAMP, NONCE, encrypted), encrypt_type="aes")
    with pytest.raises(NotFromWeChat, match="another app id"):
        gateway("secure").decode(query, f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode())


@pytest.mark.parametrize("encrypted", ["AAAA", "A", "QUJD" * 11, "=" * 8])
def test_signed_nonsense_is_refused(encrypted):
    query = plain_query(msg_signature=ENVELOPE.signature(TIMESTAMP, NONCE, encrypted), encrypt_type="aes")
    with pytest.raises(NotFromWeChat):
        gateway("secure").decode(query, f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode())


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<xml>", b"<xml><Encrypt></Encrypt></xml>", b"{}"])
def test_a_secure_account_refuses_what_holds_nothing_sealed(body):
    with pytest.raises(NotFromWeChat):
        gateway("secure").decode(sealed_push(b"x")[0], body)


@pytest.mark.parametrize(
    ("mode", "name"),
    [("plain", name) for name in ("timestamp", "nonce", "signature")]
    + [(mode, name) for mode in ("compatible", "secure") for name in ("timestamp", "nonce", "msg_signature")],
)
def test_a_missing_repeated_empty_or_strange_parameter_is_refused(mode, name):
    query, body = push(mode, text("你好"))
    for values in ([], [query[name]] * 2, [""], ["é"], ["\ud800"]):
        changed = MultiDict([(key, value) for key, value in query.items() if key != name])
        changed.setlist(name, values)
        with pytest.raises(NotFromWeChat):
            gateway(mode).decode(changed, body)
    with pytest.raises(NotFromWeChat):
        gateway(mode).decode({**query, name: ["a list"]}, body)


@pytest.mark.parametrize("mode", MODES)
def test_old_and_future_timestamps_are_taken_because_dedup_stops_replays(mode):
    for timestamp in ("1", "4102444800"):
        encrypted = ENVELOPE.seal(text("你好"))
        query = {"timestamp": timestamp, "nonce": NONCE, "signature": signature(TOKEN, timestamp, NONCE)}
        body = text("你好")
        if mode != "plain":
            query["msg_signature"] = ENVELOPE.signature(timestamp, NONCE, encrypted)
            body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
        assert gateway(mode).decode(query, body).message == TEXT


def test_a_gateway_that_everybody_could_sign_for_is_not_made():
    for wrong in ({"token": ""}, {"mode": "Secure"}, {"app_id": ""}, {"encoding_aes_key": ""}):
        given = {"token": TOKEN, "encoding_aes_key": KEY, "app_id": APP_ID, "mode": "secure", **wrong}
        with pytest.raises(ValueError):
            Gateway(**given)
    assert Gateway(token=TOKEN, encoding_aes_key="", app_id="", mode="plain")


# -- size --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_body_over_the_limit_is_refused_before_anything_else(mode):
    with pytest.raises(Unreadable) as refused:
        gateway(mode).decode({}, b"x" * (MAX_BODY + 1))
    assert refused.value.status == 413


def test_a_body_at_the_limit_is_read():
    body = text("x" * (MAX_BODY - len(text(""))))
    assert len(body) == MAX_BODY
    assert len(gateway("plain").decode(plain_query(), body).message.content) == MAX_BODY - len(text(""))


# -- answers -----------------------------------------------------------------------------------------


def test_a_plain_answer_goes_back_with_roles_swapped():
    answer = gateway("plain").encode(decode("plain", text("你好")), replies.Text("好的"), NOW)
    assert answer.decode() == (
        "<xml><ToUserName><![CDATA[oABC]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName>"
        "<CreateTime>1777856523</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[好的]]></Content></xml>"
    )


@pytest.mark.parametrize("mode", ["compatible", "secure"])
def test_a_sealed_answer_is_opened_by_wechatpy(mode):
    door = gateway(mode)
    sealed = door.encode(decode(mode, text("你好")), replies.Text("好的"), NOW)
    outer = xmltodict.parse(sealed)["xml"]
    assert (outer["TimeStamp"], outer["Nonce"]) == ("1777856523", NONCE)
    opened = WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message(sealed, outer["MsgSignature"], outer["TimeStamp"], NONCE)
    answer = parse_message(opened)
    assert (answer.source, answer.target, answer.content) == ("gh_1", "oABC", "好的")


def test_an_answer_sealed_twice_differs():
    door, exchange = gateway("secure"), decode("secure", text("你好"))
    first, second = (door.encode(exchange, replies.Text("好的"), NOW) for _ in range(2))
    assert first != second


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("reply", [replies.Nothing(), replies.Text(""), replies.Text(" \n"), replies.Text("\x02")])
def test_nothing_to_show_is_success_in_clear(mode, reply):
    assert gateway(mode).encode(decode(mode, text("你好")), reply, NOW) == b"success"


def test_without_a_message_every_answer_is_success():
    assert gateway("secure").encode(Exchange(None, "1", "2", True), replies.Text("好的"), NOW) == b"success"


def test_a_nonce_that_would_break_the_envelope_is_made_harmless():
    exchange = Exchange(TEXT, "1", "]]></Nonce><Nonce>", True)
    answer = xmltodict.parse(gateway("secure").encode(exchange, replies.Text("x"), NOW))["xml"]
    assert answer["Nonce"] == "]]></Nonce><Nonce>"
    assert answer["MsgSignature"] == ENVELOPE.signature(answer["TimeStamp"], answer["Nonce"], answer["Encrypt"])


@pytest.mark.parametrize("mode", MODES)
def test_unusable_but_authentic_pushes_carry_no_message_and_are_logged_without_their_text(mode, caplog):
    exchange = decode(mode, b"<xml><Content>secret words</Content><MsgType>text</MsgType></xml>")
    assert exchange.message is None
    assert "ToUserName is missing" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("body", [b"", b"   ", b"not xml", b'{"ToUserName":"gh_1"}', b"<html></html>", b"\0"])
def test_what_is_no_xml_of_wechat_is_unreadable(mode, body):
    with pytest.raises(Unreadable) as refused:
        decode(mode, body)
    assert refused.value.status == 400


def test_an_event_arrives_sealed():
    message = decode("secure", event("CLICK", "<EventKey><![CDATA[sign_up]]></EventKey>")).message
    assert (type(message), message.key, message.msg_id) == (messages.Click, "sign_up", "")


def test_a_push_of_wecom_is_not_answered():
    assert decode("secure", xml("<Content>x</Content><AgentID>1</AgentID>")).message is None
