"""The account of these tests: its credentials, its templates, the worker's settings."""

from __future__ import annotations

from typing import Any

from bot.push.tokens import ValkeyTokenStore
from bot.settings import PushTemplate, Settings
from bot.storage.valkey import Valkey
from bot.wechat.client import Client

SECRET = "0123456789abcdef0123456789abcdef"
APP_ID = "wx0123456789abcdef"


def template_id(kind: str, way: str) -> str:
    return f"test-{kind}-{way}".ljust(43, "0")


TEMPLATES = {
    kind: PushTemplate(subscribe=template_id(kind, "subscribe"), template=template_id(kind, "template"))
    for kind in ("reminder", "offer", "change", "alert")
}


def settings_for(url: str, *, account: str = "verified_service", **push: Any) -> Settings:
    wechat = {"app_id": APP_ID, "app_secret": SECRET, "api_base_url": url, "account": account}
    values = {"threads": 4, "sweep_s": 0.2, "lease_s": 30, "templates": TEMPLATES, **push}
    return Settings.model_validate({"wechat": wechat, "push": values})


def client_for(settings: Settings, valkey: Valkey) -> Client:
    wechat, store = settings.wechat, ValkeyTokenStore(valkey, APP_ID)
    threads = settings.push.threads
    return Client(wechat.app_id, wechat.app_secret, base_url=wechat.api_base_url, store=store, threads=threads)
