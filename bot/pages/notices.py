"""The button by which WeChat asks whether we may remind (wx-open-subscribe): shown where the account has it, in WeChat only.

Only the page with the button may load WeChat's script. What is chosen comes back as an event to the webhook
(handlers/deliveries.py), never from the page: a page could claim anything.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import structlog
from flask import Request, Response

from bot.pages.ground import Ground
from bot.pages.headers import CSP
from bot.services import page_links
from bot.wechat.client import WECHAT
from bot.wechat.failures import CallFailed

log = structlog.get_logger()

SCRIPT = "/open/js/jweixin-1.6.0.js"
KINDS = ("reminder", "change", "offer")
"""What somebody who has just signed up wants to hear, most wanted first."""
MOST = 3
"""Templates that one button may ask for."""


@dataclass(frozen=True)
class Offered:
    """What wx.config and the button need."""

    script: str
    app_id: str
    timestamp: int
    nonce: str
    signature: str
    templates: str


class Notices:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def offered(self, request: Request) -> Offered | None:
        """None where there is no button: another kind of account, no templates, another browser, WeChat away."""
        settings, ground = self._ground.settings, self._ground
        ids = [t.subscribe for kind in KINDS if (t := settings.push.templates.get(kind)) and t.subscribe]
        if settings.wechat.account not in page_links.WITH_LOGIN or not ids or not self._in_wechat(request):
            return None
        try:
            ticket = ground.client.jsapi_ticket()
        except CallFailed as failed:
            log.warning("notices.no_ticket", reason=str(failed))
            return None
        nonce, timestamp = secrets.token_hex(8), int(ground.now().timestamp())
        url = page_links.public(settings, request.full_path.rstrip("?"))
        return Offered(
            f"{self._host()}{SCRIPT}", settings.wechat.app_id, timestamp, nonce,
            signature(ticket, nonce, timestamp, url), ",".join(ids[:MOST]),
        )  # fmt: skip

    def allowed(self, response: Response, offered: Offered | None) -> Response:
        """The page's policy: with a button, WeChat's script and ours beside it."""
        if offered is not None:
            scripts = f"script-src 'self' {self._host()}; connect-src {self._host()}"
            response.headers["Content-Security-Policy"] = f"{CSP}; {scripts}"
        return response

    def _in_wechat(self, request: Request) -> bool:
        real = self._ground.client.transport.base_url == WECHAT
        return not real or "MicroMessenger" in request.headers.get("User-Agent", "")

    def _host(self) -> str:
        base = self._ground.client.transport.base_url
        return "https://res.wx.qq.com" if base == WECHAT else base


def signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Of a page's address without what follows #."""
    said = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(said.encode()).hexdigest()
