"""Sealed vectors of Tencent and other SDKs: exact plaintexts, exact refusals."""

import json

import pytest

from bot.wechat import messages
from bot.wechat.envelope import Envelope, signature
from bot.wechat.gateway import Gateway, NotFromWeChat
from tests.fixtures.shared import SHARED

CRYPTO = SHARED / "realcases" / "crypto"
CASES = [json.loads(path.read_bytes()) for path in sorted(CRYPTO.glob("*.json"))]
KINDS = {"post-decrypt", "echostr-decrypt", "must-fail", "msg-signature-only", "jsapi-signature"}


def of(*kinds: str, sealed: bool = True):
    cases = [case for case in CASES if case["kind"] in kinds and ("aes_key" in case) is sealed]
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def gateway(case, mode: str = "secure") -> Gateway:
    return Gateway(token=case["token"], encoding_aes_key=case["aes_key"], app_id=case["appid"], mode=mode)


def query(case) -> dict[str, str]:
    return {"encrypt_type": "aes"} | {name: case[name] for name in ("timestamp", "nonce", "msg_signature")}


def body(case) -> bytes:
    """The case's own body, or for an echostr a body around it: the same envelope."""
    return case.get("body", f"<xml><Encrypt><![CDATA[{case['encrypt']}]]></Encrypt></xml>").encode()


def test_every_case_is_run_here(shared):
    assert {case["kind"] for case in CASES} == KINDS  # jsapi-signature signs web pages: nothing of the wire's
    assert len(CASES) >= 9


@of("post-decrypt", "echostr-decrypt")
def test_the_plaintext_is_exact(case):
    envelope = Envelope(case["token"], case["aes_key"], case["appid"])
    assert envelope.signature(case["timestamp"], case["nonce"], case["encrypt"]) == case["msg_signature"]
    assert envelope.open(case["encrypt"]).decode() == case["plaintext"]


@pytest.mark.parametrize("mode", ["compatible", "secure"])
@of("post-decrypt")
def test_the_push_is_decoded(case, mode):
    exchange = gateway(case, mode).decode(query(case), body(case))
    expected = case["expected_fields"]
    assert exchange.sealed
    if "AgentID" in expected:
        assert exchange.message is None  # a push of WeCom: opened, and none of ours
        return
    message = exchange.message
    assert isinstance(message, messages.Text)
    assert (message.account, message.openid) == (expected["ToUserName"], expected["FromUserName"])
    assert (message.created_at.timestamp(), message.content) == (int(expected["CreateTime"]), expected["Content"])


@pytest.mark.parametrize("mode", ["compatible", "secure"])
@of("must-fail")
def test_the_refusal_is_exact(case, mode):
    with pytest.raises(NotFromWeChat, match="app id" if "appid" in case["reason"] else "msg_signature"):
        gateway(case, mode).decode(query(case), body(case))


@of("must-fail", sealed=False)
def test_a_plain_signature_with_one_digit_changed_is_refused(case):
    door = Gateway(token=case["token"], encoding_aes_key="", app_id="", mode="plain")
    given = {"timestamp": case["timestamp"], "nonce": case["nonce"], "echostr": "1"}
    right = signature(case["token"], case["timestamp"], case["nonce"])
    assert door.verify({**given, "signature": right}) == "1"
    assert sum(a != b for a, b in zip(right, case["signature"], strict=True)) == 1
    with pytest.raises(NotFromWeChat):
        door.verify({**given, "signature": case["signature"]})


@of("msg-signature-only", sealed=False)
def test_the_signature_alone_is_exact(case):
    assert signature(case["token"], case["timestamp"], case["nonce"], case["encrypt"]) == case["msg_signature"]
