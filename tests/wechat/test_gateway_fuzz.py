"""Mutated, truncated and invented bodies in every mode: only the two refusals and an Exchange ever come out."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.wechat import replies
from bot.wechat.gateway import Exchange, NotFromWeChat, Unreadable
from bot.wechat.limits import MAX_BODY
from tests.wechat.account import MODES, decode, event, gateway, plain_query, push, sealed_push, text, xml
from tests.wechat.test_gateway import NOW

NAMES = [
    "xml",
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "MsgId",
    "Content",
    "Event",
    "EventKey",
    "Encrypt",
]
NAMES += ["ScanCodeInfo", "SendPicsInfo", "PicList", "item", "SubscribeMsgPopupEvent", "List", "Location_X", "AgentID"]
WORDS = ["text", "event", "subscribe", "qrscene_1", "location", "gh_1", "oABC", "1409735668", "-1", "9" * 30, "", "]]>"]
WORDS += ["<![CDATA[", "&#2;", "&x;", "<!DOCTYPE a>", "\x00", "\ud800", "好", "scancode_push", "masssendjobfinish"]
SEEDS = [
    text("你好"),
    event("subscribe", "<EventKey><![CDATA[qrscene_1]]></EventKey>"),
    event(
        "pic_weixin",
        "<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item></PicList></SendPicsInfo>",
    ),
    event(
        "subscribe_msg_popup_event",
        "<SubscribeMsgPopupEvent><List><TemplateId>a</TemplateId></List></SubscribeMsgPopupEvent>",
    ),
    xml("<Location_X>1</Location_X><Location_Y>2</Location_Y><Scale>3</Scale>", "location"),
]


def outcome(mode: str, query, body: bytes) -> str:
    """How it ended; anything but the three ends is an error of the test that calls."""
    try:
        exchange = gateway(mode).decode(query, body)
    except (NotFromWeChat, Unreadable) as refused:
        return type(refused).__name__
    assert isinstance(exchange, Exchange)
    assert gateway(mode).encode(exchange, replies.Text("好"), NOW)
    return "message" if exchange.message else "nothing"


@st.composite
def invented(draw) -> bytes:
    def element(depth: int) -> str:
        name = draw(st.sampled_from(NAMES))
        kind = draw(st.integers(0, 3 if depth < 4 else 1))
        if kind < 2:
            inner = draw(st.sampled_from(WORDS) | st.text(max_size=8))
            inner = f"<![CDATA[{inner}]]>" if kind else inner
        else:
            inner = "".join(element(depth + 1) for _ in range(draw(st.integers(0, 4))))
        return f"<{name}>{inner}</{name}>"

    inner = "".join(element(0) for _ in range(draw(st.integers(0, 8))))
    known = draw(st.booleans())
    return xml(inner, draw(st.sampled_from(WORDS))) if known else f"<xml>{inner}</xml>".encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=invented())
def test_invented_xml(mode, body):
    assert outcome(mode, *push(mode, body)) in ("message", "nothing", "Unreadable", "NotFromWeChat")


@pytest.mark.parametrize("mode", MODES)
@given(body=st.binary(max_size=400))
def test_random_bytes_signed_by_wechat(mode, body):
    assert outcome(mode, *push(mode, body)) in ("nothing", "Unreadable")


@pytest.mark.parametrize("mode", MODES)
@given(
    query=st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "echostr", "openid"]),
        st.text() | st.sampled_from([*plain_query().values(), "aes", "raw"]),
    ),
    body=st.binary(max_size=60) | st.sampled_from(SEEDS),
)
def test_invented_queries_never_open_the_door_without_a_right_signature(mode, query, body):
    right = plain_query()
    signed = mode != "secure" and all(query.get(name) == right[name] for name in ("signature", "timestamp", "nonce"))
    assert signed or outcome(mode, query, body) == "NotFromWeChat"


def mutated(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) or 1)
        what = chance.randrange(6)
        if what == 0:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        elif what == 1:
            del changed[at : at + chance.randint(1, 40)]
        elif what == 2:
            changed[at:at] = changed[at : at + chance.randint(1, 60)]
        elif what == 3:
            changed[at:at] = chance.choice(WORDS).encode("utf-8", "surrogatepass")
        elif what == 4:
            del changed[at:]
        else:
            changed[at:at] = f"<{chance.choice(NAMES)}>".encode()
    return bytes(changed)


@pytest.mark.parametrize("mode", MODES)
def test_ten_thousand_mutated_pushes(mode):
    """Mutated before sealing: authentic, and so read to the end."""
    chance = random.Random(f"wire-{mode}")
    ends = [outcome(mode, *push(mode, mutated(chance.choice(SEEDS), chance)[:MAX_BODY])) for _ in range(10_000)]
    assert set(ends) >= {"message", "nothing", "Unreadable"}


@pytest.mark.parametrize("mode", ["compatible", "secure"])
def test_mutated_envelopes_never_let_anything_but_the_sealed_message_in(mode):
    """Mutated after sealing, with the right query: msg_signature covers the sealed text and only that gets in."""
    chance = random.Random(f"envelope-{mode}")
    query, body = sealed_push(text("你好"), "<MsgType>text</MsgType><Content>outside</Content>")
    expected = decode(mode, text("你好")).message
    ends = set()
    for _ in range(3000):
        try:
            exchange = gateway(mode).decode(query, mutated(body, chance))
        except NotFromWeChat:
            ends.add("refused")
        else:
            ends.add("taken")
            assert exchange.message == expected
    assert ends == {"refused", "taken"}
