"""The button by which WeChat asks for notices: where the account has it, in WeChat alone, signed for its page."""

from __future__ import annotations

import hashlib
import re

import pytest

from bot.push.tokens import ValkeyTokenStore
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import Valkey
from bot.wechat.client import Client
from tests.fixtures.world import World
from tests.pages.visitor import ROOT, Browser, Site

TEMPLATES = {"reminder": {"subscribe": "T1"}, "change": {"subscribe": "T2"}, "offer": {"subscribe": "T3"}}


def signed_up(site: Site, database: Database, cipher: Cipher, agent: str | None = None) -> tuple[Browser, str]:
    with database.session() as db:
        world = World(db, cipher)
        shift = world.shift()
        world.sign_up(shift, world.person("王晓雨", "o-wang"))
        path = f"/a/{shift.activity.code}/signed-up?shift={shift.id}"
        db.commit()
    phone = site.browser()
    phone.by_link("o-wang", "/me")
    if site.settings.wechat.account == "verified_service":
        phone.enter("o-wang")
    phone.agent = agent or phone.agent
    return phone, path


def test_it_is_signed_for_this_page(sqlite_database: Database, cipher: Cipher) -> None:
    site = Site(sqlite_database, cipher, push={"templates": TEMPLATES}, wechat={"app_id": "wx0123456789abcdef"})
    phone, path = signed_up(site, sqlite_database, cipher)
    page = phone.get(path)
    assert '<wx-open-subscribe template="T1,T2,T3"' in page.text and 'data-app="wx0123456789abcdef"' in page.text
    said = dict(re.findall(r'data-(timestamp|nonce|signature)="([^"]+)"', page.text))
    drawn = f"noncestr={said['nonce']}&timestamp={said['timestamp']}"
    text = f"jsapi_ticket={site.wechat.jsapi_ticket()}&{drawn}&url={ROOT}{path}"
    assert said["signature"] == hashlib.sha1(text.encode()).hexdigest()
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self' https://res.wx.qq.com" in policy and "unsafe" not in policy
    assert 'src="https://res.wx.qq.com/open/js/jweixin-1.6.0.js"' in page.text
    assert "script-src" not in phone.get("/me").headers["Content-Security-Policy"], "that page alone"


@pytest.mark.parametrize("lacks", ["templates", "the right", "WeChat", "a ticket"])
def test_elsewhere_there_is_none(sqlite_database: Database, cipher: Cipher, lacks: str) -> None:
    account = "verified_subscription" if lacks == "the right" else "verified_service"
    templates = {} if lacks == "templates" else TEMPLATES
    site = Site(sqlite_database, cipher, push={"templates": templates}, wechat={"account": account})
    phone, path = signed_up(site, sqlite_database, cipher, "Chrome/130" if lacks == "WeChat" else None)
    site.wechat.ticket_fails = lacks == "a ticket"
    page = phone.get(path)
    assert page.status_code == 200 and "报名成功" in page.text
    assert "wx-open-subscribe" not in page.text and "<script" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_one_ticket_for_all_processes(valkey: Valkey) -> None:
    """Asked of WeChat once, kept beside the token and never in its place."""
    asked: list[str] = []

    def client() -> Client:
        made = Client(
            "wx0123456789abcdef", "secret",
            store=ValkeyTokenStore(valkey, "wx"), tickets=ValkeyTokenStore(valkey, "wx", "ticket"),
        )  # fmt: skip
        made.call = lambda *_, **more: asked.append(str(more)) or {"ticket": "TICKET", "expires_in": 7200}  # type: ignore
        return made

    assert client().jsapi_ticket() == client().jsapi_ticket() == "TICKET"
    assert asked == ["{'params': {'type': 'jsapi'}}"]
    assert valkey.load_token() is None and (valkey.load_token("ticket") or {})["token"] == "TICKET"
