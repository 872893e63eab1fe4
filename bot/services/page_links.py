"""Links to the followers' pages as they stand in chat, and the sealed ticket that says whose link one is.

Where WeChat itself says who opens a page (OAuth), a link holds nothing and may be passed on. Other accounts have no
such right: there the link to one's own pages holds the follower's openid, sealed and for two hours; whoever has it is
let in.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from bot.settings import Settings
from bot.storage.crypto import Cipher, Undecipherable

WITH_LOGIN = ("verified_service",)
"""Accounts with the right to web login."""
LIVES = timedelta(hours=2)
LONGEST = 512
LOCAL = ("127.0.0.1", "localhost", "::1", "0.0.0.0")


def reachable(settings: Settings) -> bool:
    """False as long as nobody has written down where this server is found from outside; a demo is its own outside."""
    return bool(settings.clock_url) or urlsplit(settings.web.public_url).hostname not in LOCAL


def public(settings: Settings, path: str) -> str:
    """For anybody: /a/A12, /privacy."""
    return f"{settings.web.public_url.rstrip('/')}{path}"


def own(settings: Settings, cipher: Cipher, openid: str, path: str, now: datetime) -> str:
    """For one follower, to a page that says or does something in their name."""
    if settings.wechat.account in WITH_LOGIN:
        return public(settings, path)
    return public(settings, f"/enter?{urlencode({'to': path, 't': ticket(cipher, openid, now)})}")


def ticket(cipher: Cipher, openid: str, now: datetime) -> str:
    return seal(cipher, "ticket", openid, until=now + LIVES)


def holder(cipher: Cipher, ticket: str, now: datetime) -> str:
    """The openid; empty for what we did not seal, sealed for something else, or whose time is over."""
    said = unseal(cipher, "ticket", ticket, now)
    return said[0] if said else ""


def seal(cipher: Cipher, what: str, *said: str, until: datetime) -> str:
    """Words that only we can read and write, good for one thing and for so long."""
    inside = "\n".join((what, str(int(until.timestamp())), *said))
    return base64.urlsafe_b64encode(cipher.encrypt(inside)).decode().rstrip("=")


def unseal(cipher: Cipher, what: str, sealed: str, now: datetime) -> list[str]:
    """What was said; nothing for anything but our own seal, for this thing, in time."""
    if not sealed.isascii() or len(sealed) > LONGEST:
        return []
    try:
        opened = cipher.decrypt(base64.b64decode(sealed + "=" * (-len(sealed) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, Undecipherable):
        return []
    kind, until, *said = opened.split("\n")
    return said if kind == what and now.timestamp() <= int(until) else []
