"""A simulated WeChat on a free port, and a webhook that answers whatever a test tells it to."""

from __future__ import annotations

import logging
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Request, Response, request
from werkzeug.serving import make_server

from bot.simulator.server import SimulatorConfig, create_simulator
from bot.simulator.world import World
from bot.wechat.envelope import Envelope

APP_ID, APP_SECRET, TOKEN = "wx2c2769f8efd9abc2", "7f4d5e6a1b2c3d4e5f60718293a4b5c6", "spamtest"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ENVELOPE = Envelope(TOKEN, AES_KEY, APP_ID)
REMINDER, NOTICE = "demo-reminder-template", "demo-reminder-subscribe"

Answer = Callable[["Push"], bytes | Response]


@dataclass(frozen=True)
class Push:
    """One delivery as it arrived: query, outer XML, inner message."""

    query: dict[str, str]
    outer: ElementTree.Element
    message: ElementTree.Element

    def text(self, path: str) -> str:
        return self.message.findtext(path) or ""

    def has(self, path: str) -> bool:
        return self.message.find(path) is not None

    def reply(self, inner: str, **swap: str) -> bytes:
        """A passive reply in clear; ``inner`` is what follows the four common elements."""
        to, sender = swap.get("to", self.text("FromUserName")), swap.get("sender", self.text("ToUserName"))
        head = f"<ToUserName>{to}</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>1700000000</CreateTime>"
        return f"<xml>{head}{inner}</xml>".encode()


def text_xml(content: str) -> str:
    return f"<MsgType>text</MsgType><Content><![CDATA[{content}]]></Content>"


def sealed(clear: bytes) -> bytes:
    encrypted = ENVELOPE.seal(clear)
    sign = ENVELOPE.signature("1700000000", "n", encrypted)
    rest = f"<MsgSignature>{sign}</MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce>n</Nonce>"
    return f"<xml><Encrypt>{encrypted}</Encrypt>{rest}</xml>".encode()


def echo(push: Push) -> bytes:
    """What was said or happened, said back, sealed when the push was."""
    clear = push.reply(text_xml(f"echo {push.text('Content') or push.text('Event') or push.text('MsgType')}"))
    return sealed(clear) if push.query.get("encrypt_type") else clear


@dataclass
class Hook:
    """The webhook. ``answer`` may be replaced at any moment; ``pushes`` keeps every delivery."""

    port: int = 0
    answer: Answer = echo
    pushes: list[Push] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)

    def receive(self, incoming: Request) -> bytes | Response | str:
        if incoming.method == "GET":
            self.checks.append(incoming.args.to_dict())
            return incoming.args["echostr"]
        outer = ElementTree.fromstring(incoming.get_data())
        encrypted = outer.findtext("Encrypt")
        message = ElementTree.fromstring(ENVELOPE.open(encrypted)) if encrypted else outer
        push = Push(incoming.args.to_dict(), outer, message)
        self.pushes.append(push)
        return self.answer(push)

    def events(self, name: str) -> list[Push]:
        return [push for push in self.pushes if push.text("Event") == name]


class Client:
    """Speaks to the simulator as a bot and as a tester."""

    def __init__(self, port: int, world: World, hook: Hook) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.world, self.hook = world, hook
        self.http = requests.Session()
        self._token = ""

    def control(self, path: str, body: Any = None) -> Any:
        url = f"{self.base}/sim/{path}"
        return (self.http.get(url) if body is None else self.http.post(url, json=body)).json()

    def follow(self, **options: Any) -> str:
        return str(self.control("followers", options)["openid"])

    def send(self, openid: str, **message: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.control(f"followers/{openid}/messages", message)
        return found

    def say(self, openid: str, content: str = "你好", **more: Any) -> dict[str, Any]:
        return self.send(openid, type="text", content=content, **more)

    def event(self, openid: str, event: str, **more: Any) -> dict[str, Any]:
        return self.send(openid, type="event", event=event, **more)

    def inbox(self, openid: str, kind: str = "") -> list[dict[str, Any]]:
        return [item for item in self.control(f"followers/{openid}/inbox") if not kind or item["kind"] == kind]

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance_s": seconds})

    def faults(self, **knobs: Any) -> Any:
        return self.control("faults", knobs)

    def token(self) -> str:
        body = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
        return str(self.raw("POST", "/cgi-bin/stable_token", json=body).json()["access_token"])

    def raw(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.http.request(method, self.base + path, timeout=20, **more)

    def get(self, path: str, **query: Any) -> Any:
        return self.raw("GET", path, params={"access_token": self.token(), **query}).json()

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        import json

        data = json.dumps(body or {}, ensure_ascii=False).encode()
        return self.raw("POST", path, params={"access_token": self.token(), **query}, data=data).json()

    def upload(self, path: str, data: bytes, **query: Any) -> Any:
        files = {"media": ("file.bin", data)}
        return self.raw("POST", path, params={"access_token": self.token(), **query}, files=files).json()

    def custom(self, openid: str, content: str = "您好") -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        return int(self.post("/cgi-bin/message/custom/send", body)["errcode"])


class Running:
    """Apps served from threads, all stopped at the end."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._stops: list[Callable[[], None]] = []

    def serve(self, app: Flask) -> int:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self._stops.append(server.shutdown)
        return int(server.port)

    def stop(self) -> None:
        for stop in self._stops:
            stop()


@pytest.fixture
def running() -> Iterator[Running]:
    servers = Running()
    yield servers
    servers.stop()


@pytest.fixture
def hook(running: Running) -> Hook:
    hook = Hook()
    app = Flask("hook")

    @app.route("/wechat", methods=["GET", "POST"])
    def wechat() -> Any:
        return hook.receive(request)

    hook.port = running.serve(app)
    return hook


# WeChat's waits, a hundred times shorter; the clock answers at once because nobody polls it
FAST = SimulatorConfig(
    APP_ID,
    APP_SECRET,
    TOKEN,
    AES_KEY,
    templates=[REMINDER, NOTICE],
    delivery_timeout_s=0.25,
    delivery_times_s=(0.0, 0.3, 0.6),
    report_delay_s=0.02,
    mass_delay_s=0.05,
    clock_settle_s=0.0,
    save_every_s=0.1,
)

Start = Callable[..., Client]


@pytest.fixture
def start(running: Running, hook: Hook) -> Iterator[Start]:
    """Start a simulator with other settings than the usual fast ones."""
    worlds: list[World] = []

    def started(**other: Any) -> Client:
        callback = f"http://127.0.0.1:{hook.port}/wechat"
        app = create_simulator(replace(FAST, callback_url=callback, **other))
        worlds.append(app.extensions["world"])
        return Client(running.serve(app), worlds[-1], hook)

    yield started
    for world in worlds:
        world.close()


@pytest.fixture
def sim(start: Start) -> Client:
    return start()


@pytest.fixture
def state_path(tmp_path: Path) -> Path:
    return tmp_path / "simulator.sqlite"
