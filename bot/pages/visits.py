"""Who visits: a sealed cookie for two hours after WeChat or a link from the chat said so, and the mark against forgery.

The cookie is ours to read alone, is sent by no other site's form (SameSite=Lax) and seen by no script (HttpOnly). Each form
carries a mark made from it: without the very same visit nothing is changed.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from flask import Request
from werkzeug.wrappers import Response as Answer

from bot.services.page_links import seal, unseal
from bot.storage.crypto import Cipher

VISIT, DOOR = "visit", "door"
LIVES, DOOR_LIVES = timedelta(hours=2), timedelta(minutes=10)
INSIDE = re.compile(
    r"/(?:activities|me|me/cancel|consents|privacy|a/[A-Za-z0-9]{1,8}(?:/sign-up|/signed-up)?)(?:\?[\w=&%.-]{0,200})?"
)
"""Where a visit may lead to: pages of ours and nothing else."""


@dataclass(frozen=True)
class Visit:
    """``mark``: what a form of this visit carries."""

    openid: str
    mark: str


@dataclass(frozen=True)
class Door:
    """On the way to WeChat and back: where to go then, and what WeChat must bring back."""

    to: str
    state: str


class Visits:
    def __init__(self, cipher: Cipher, *, secure: bool) -> None:
        self._cipher, self._secure = cipher, secure

    def current(self, request: Request, now: datetime) -> Visit | None:
        said = unseal(self._cipher, VISIT, request.cookies.get(VISIT, ""), now)
        return Visit(said[0], self._mark("form", said[1])) if len(said) == 2 else None

    def begin(self, response: Answer, openid: str, now: datetime) -> None:
        sealed = seal(self._cipher, VISIT, openid, secrets.token_hex(16), until=now + LIVES)
        self._set(response, VISIT, sealed, LIVES)

    def end(self, response: Answer) -> None:
        response.delete_cookie(VISIT, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def is_own_form(self, request: Request, visit: Visit) -> bool:
        return compare_digest(request.form.get("mark", "").encode(), visit.mark.encode())

    # -- to WeChat and back ----------------------------------------------------------------------------

    def open_door(self, response: Answer, to: str, nonce: str, now: datetime) -> None:
        self._set(response, DOOR, seal(self._cipher, DOOR, to, nonce, until=now + DOOR_LIVES), DOOR_LIVES)

    def door(self, request: Request, now: datetime) -> Door | None:
        said = unseal(self._cipher, DOOR, request.cookies.get(DOOR, ""), now)
        return Door(said[0], self.state(said[1])) if len(said) == 2 else None

    def shut_door(self, response: Answer) -> None:
        response.delete_cookie(DOOR, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def state(self, nonce: str) -> str:
        """What WeChat is given and brings back: letters and digits that only this browser's door explains."""
        return self._mark("state", nonce)

    def _mark(self, what: str, nonce: str) -> str:
        return self._cipher.keyed_hash(f"{what}:{nonce}")[:32]

    def _set(self, response: Answer, name: str, value: str, lives: timedelta) -> None:
        response.set_cookie(
            name, value, max_age=int(lives.total_seconds()), path="/", secure=self._secure, httponly=True, samesite="Lax"
        )


def inside(to: str) -> str:
    """``to`` if it is a page of ours, else the list of activities."""
    return to if INSIDE.fullmatch(to) else "/activities"


