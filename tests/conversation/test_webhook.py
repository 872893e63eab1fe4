"""The webhook over HTTP: verification, refusals, size, and every body that other projects' tests hold."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.conversation.inbox import Inbox
from bot.conversation.session import Answered, Left
from bot.conversation.webhook import create_webhook
from bot.storage.valkey import Valkey
from bot.wechat.envelope import Envelope
from bot.wechat.gateway import Gateway
from bot.wechat.messages import Message
from bot.wechat.replies import Text

TOKEN, KEY, APP_ID = "qingsheng", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx2c2769f8efd9abc2"
ENVELOPE = Envelope(TOKEN, KEY, APP_ID)
SESSIONS: Any = SimpleNamespace(ttl_s=60, save_in_sql=lambda openid, left, delivery: None)


def client(valkey: Valkey, mode: Any, dispatch: Any = None) -> FlaskClient:
    def answer(message: Message, key: str, now: datetime, left: Left | None) -> Answered:
        return Answered(Text(f"收到 {type(message).__name__}"))

    inbox = Inbox(
        dispatch=dispatch or answer,
        valkey=valkey,
        sessions=SESSIONS,
        owe=lambda *args: None,
        fetched=lambda *args: None,
        budget_s=4.5,
    )
    app = Flask("test")
    gateway = Gateway(token=TOKEN, encoding_aes_key=KEY, app_id=APP_ID, mode=mode)
    app.register_blueprint(create_webhook(gateway, inbox, lambda: datetime.now(UTC)))
    return app.test_client()


def plain_query(**more: str) -> dict[str, str]:
    timestamp, nonce = str(int(time.time())), "n0nce"
    signed = hashlib.sha1("".join(sorted([TOKEN, timestamp, nonce])).encode()).hexdigest()
    return {"signature": signed, "timestamp": timestamp, "nonce": nonce, **more}


def push_plain(to: FlaskClient, body: bytes) -> TestResponse:
    return to.post("/wechat", query_string=plain_query(), data=body)


def push_sealed(to: FlaskClient, body: bytes) -> TestResponse:
    encrypted = ENVELOPE.seal(body)
    query = plain_query(encrypt_type="aes")
    query["msg_signature"] = ENVELOPE.signature(query["timestamp"], query["nonce"], encrypted)
    envelope = f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return to.post("/wechat", query_string=query, data=envelope.encode())


def text_xml(content: str = "你好", msg_id: str = "1") -> bytes:
    return (
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>"
        f"<CreateTime>1409735668</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
        f"<MsgId>{msg_id}</MsgId></xml>"
    ).encode()


def test_verification_answers_the_echo_and_nothing_else(valkey: Valkey) -> None:
    here = client(valkey, "secure")
    right = here.get("/wechat", query_string=plain_query(echostr="5927782489442352469"))
    assert (right.status_code, right.data) == (200, b"5927782489442352469")
    wrong = here.get("/wechat", query_string={**plain_query(echostr="59"), "signature": "0" * 40})
    assert wrong.status_code == 403
    assert b"59" not in wrong.data


def test_a_sealed_message_gets_a_sealed_reply(valkey: Valkey) -> None:
    answer = push_sealed(client(valkey, "secure"), text_xml())
    assert answer.status_code == 200
    assert b"<Encrypt>" in answer.data
    assert "收到".encode() not in answer.data


def test_a_secure_account_refuses_plain_text_before_any_work(valkey: Valkey) -> None:
    worked: list[Message] = []

    def dispatch(message: Message, key: str, now: datetime, left: Left | None) -> Answered:
        worked.append(message)
        return Answered(Text("?"))

    here = client(valkey, "secure", dispatch)
    assert push_plain(here, text_xml()).status_code == 403
    assert here.post("/wechat", data=text_xml()).status_code == 403
    assert worked == []


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_64_kib_is_not_read(valkey: Valkey, declared: bool) -> None:
    here = client(valkey, "plain")
    body = text_xml("长" * 30000)
    headers = {} if declared else {"Transfer-Encoding": "chunked"}
    options = {} if declared else {"environ_overrides": {"wsgi.input_terminated": True}, "content_length": None}
    answer = here.post("/wechat", query_string=plain_query(), data=body, headers=headers, **options)  # type: ignore[arg-type]
    assert answer.status_code == 413


def test_what_breaks_inside_is_answered_success(valkey: Valkey) -> None:
    def broken(message: Message, key: str, now: datetime, left: Left | None) -> Answered:
        raise RuntimeError("boom")

    answer = push_plain(client(valkey, "plain", broken), text_xml())
    assert (answer.status_code, answer.data) == (200, b"success")


def every_body(shared: Path) -> list[tuple[str, bytes]]:
    files = sorted((shared / "realcases" / "xml").rglob("*.xml"))
    return [(str(path.relative_to(shared)), path.read_bytes()) for path in files]


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
@pytest.mark.parametrize("sealed", [False, True])
def test_no_body_of_other_projects_breaks_it(valkey: Valkey, shared: Path, mode: str, sealed: bool) -> None:
    here = client(valkey, mode)
    bodies = every_body(shared)
    assert len(bodies) > 150
    answered = 0
    for name, body in bodies:
        answer = (push_sealed if sealed else push_plain)(here, body)
        assert answer.status_code in (200, 400, 403), f"{name}: {answer.status_code}"
        answered += answer.status_code == 200
    refused_all = mode == "secure" and not sealed
    assert answered == 0 if refused_all else answered > 100


def test_sealed_vectors_of_other_projects_are_opened_or_refused(valkey: Valkey, shared: Path) -> None:
    """Over HTTP with each vector's own credentials: 200 for what must open, 403 for what must not."""
    counted = {"post-decrypt": 0, "must-fail": 0}
    for path in sorted((shared / "realcases" / "crypto").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        if case["kind"] not in counted or "body" not in case:
            continue
        gateway = Gateway(token=case["token"], encoding_aes_key=case["aes_key"], app_id=case["appid"], mode="secure")
        app = Flask("vector")
        inbox = Inbox(
            dispatch=lambda message, key, now, left: Answered(Text("好")),
            valkey=valkey,
            sessions=SESSIONS,
            owe=lambda *args: None,
            fetched=lambda *args: None,
            budget_s=4.5,
        )
        app.register_blueprint(create_webhook(gateway, inbox, lambda: datetime.now(UTC)))
        query = {name: case[name] for name in ("timestamp", "nonce", "msg_signature")}
        body = path.with_suffix("").with_suffix(".body.xml").read_bytes()
        answer = app.test_client().post("/wechat", query_string={**query, "encrypt_type": "aes"}, data=body)
        assert answer.status_code == (200 if case["kind"] == "post-decrypt" else 403), path.name
        counted[case["kind"]] += 1
    assert min(counted.values()) >= 2, counted
