"""The pages in this process, on a test's own database: a browser that keeps cookies, a WeChat that says who it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from bot.pages.ground import Ground
from bot.pages.site import create_pages
from bot.services import page_links
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.wechat.client import WECHAT, Client
from bot.wechat.failures import ApiError
from handlers import refusals
from tests.fixtures.world import NOW

PHONE = "Mozilla/5.0 (Linux; Android 8.1) AppleWebKit/537.36 Chrome/107 MicroMessenger/8.0.49"
ROOT = "https://qs.example.gov.cn"


@dataclass
class FakeWeChat:
    """What the pages ask of the client: where to go, who came back, the ticket. A code is good once.

    ``holder``: whose phone this is; then WeChat's own page sends them back at once.
    """

    codes: dict[str, str] = field(default_factory=dict)
    base_url: str = WECHAT
    ticket_fails: bool = False
    holder: str = ""

    @property
    def transport(self) -> Any:
        return SimpleNamespace(base_url=self.base_url)

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        if self.holder:
            self.codes["of the holder"] = self.holder
            return f"{redirect_uri}?code=of+the+holder&state={state}"
        return Client("wx0123456789abcdef", "secret").authorize_url(redirect_uri, state)

    def openid_of(self, code: str) -> str:
        if code not in self.codes:
            raise ApiError(40029, "invalid code", "/sns/oauth2/access_token")
        return self.codes.pop(code)

    def jsapi_ticket(self) -> str:
        if self.ticket_fails:
            raise ApiError(48001, "api unauthorized", "/cgi-bin/ticket/getticket")
        return "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"


class Site:
    def __init__(self, database: Database, cipher: Cipher, **settings: Any) -> None:
        self.settings = Settings.model_validate({"web": {"public_url": ROOT}, **settings})
        self.cipher, self.wechat, self.now, self.woken = cipher, FakeWeChat(), NOW, 0
        self.app = Flask("qingsheng")
        ground = Ground(
            settings=self.settings,
            database=database,
            cipher=cipher,
            client=self.wechat,  # type: ignore[arg-type]
            now=lambda: self.now,
            sentence=lambda refused: refusals.said(refused, self.settings),
            wake=self._wake,
        )
        self.app.register_blueprint(create_pages(ground))

    def _wake(self) -> None:
        self.woken += 1

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)

    def browser(self, agent: str = PHONE) -> Browser:
        return Browser(self, agent)


class Browser:
    """One phone: its own cookies; nothing is followed by itself."""

    def __init__(self, site: Site, agent: str) -> None:
        self.site, self.agent, self.client = site, agent, site.app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, base_url=ROOT, headers={"User-Agent": self.agent}, **more)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, base_url=ROOT, headers={"User-Agent": self.agent}, data=form)

    def enter(self, openid: str, to: str = "/me") -> TestResponse:
        """Through WeChat, which knows who this is; the page itself."""
        first = self.get(to)
        assert first.status_code == 302, first.text
        asked = parse_qs(urlsplit(first.headers["Location"]).query)
        self.site.wechat.codes["code"] = openid
        back = self.get(f"/enter?code=code&state={asked['state'][0]}")
        assert back.status_code == 303, back.text
        return self.get(back.headers["Location"])

    def by_link(self, openid: str, to: str, now: datetime | None = None) -> TestResponse:
        link = page_links.own(self.site.settings, self.site.cipher, openid, to, now or self.site.now)
        return self.get(link.removeprefix(ROOT))

    def follow(self, response: TestResponse) -> TestResponse:
        assert response.status_code in (302, 303), response.text
        return self.get(response.headers["Location"].removeprefix(ROOT))


def mark(response: TestResponse) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]{32})"', response.text)
    assert found, response.text
    return found[1]
