"""Access tokens: both endpoints, isolated from each other, with WeChat's overlaps and limits."""

from __future__ import annotations

import math
import re
import secrets
from datetime import datetime
from typing import Any

from bot.simulator.clock import BEIJING
from bot.simulator.errors import ApiError
from bot.simulator.state import State

LIFE_S = 7200
OVERLAP_S = 300  # after GET /token issued a new one, the old one still works so long
RENEW_S = 300  # stable_token hands out a new one so long before the end
FORCED_PER_DAY = 20
FORCED_APART_S = 30
_KEPT = 20
_SHAPE = re.compile(r"[A-Za-z0-9_-]{40,512}", re.ASCII)

Token = dict[str, Any]  # token, at, ends, dead


class Tokens:
    """Kept in the shelf ``tokens`` under ``plain`` and ``stable``, the newest last."""

    def __init__(self, state: State) -> None:
        self._state = state

    def issue_plain(self) -> Token:
        """GET /cgi-bin/token: a new token each time; the one before lives five minutes more at most."""
        with self._state.lock:
            now = self._state.clock.time()
            for old in self._kept("plain"):
                old["ends"] = min(old["ends"], now + OVERLAP_S)
            return self._new("plain", now)

    def issue_stable(self, force: bool) -> Token:
        """POST /cgi-bin/stable_token: the same token until shortly before its end, unless forced."""
        with self._state.lock:
            now = self._state.clock.time()
            current = self._kept("stable")[-1] if self._kept("stable") else None
            if force:
                self._count_forced(now)
                if current:
                    current["dead"] = True  # a forced refresh kills the old token at once
                return self._new("stable", now)
            if current and current["ends"] - now > RENEW_S and (not current["dead"] or current.get("stuck")):
                return current
            return self._new("stable", now)

    def check(self, token: str | None) -> None:
        """Raises 41001, 40014, 40001 or 42001."""
        if not token:
            raise ApiError(41001)
        if not _SHAPE.fullmatch(token):
            raise ApiError(40014)
        with self._state.lock:
            for kept in (*self._kept("plain"), *self._kept("stable")):
                if kept["token"] == token and not kept["dead"]:
                    if kept["ends"] <= self._state.clock.time():
                        raise ApiError(42001)
                    return
        raise ApiError(40001)

    def remaining_s(self, token: Token) -> int:
        return min(LIFE_S, math.ceil(token["ends"] - self._state.clock.time()))

    # -- faults ---------------------------------------------------------------------------------------

    def invalidate(self, stuck: bool = False) -> None:
        """As if another system had refreshed. ``stuck``: stable_token goes on handing out the dead one."""
        with self._state.lock:
            for kept in (*self._kept("plain"), *self._kept("stable")):
                kept["dead"] = True
                kept["stuck"] = stuck
            self._state.touch("tokens")

    def expire(self) -> None:
        with self._state.lock:
            now = self._state.clock.time()
            for kept in (*self._kept("plain"), *self._kept("stable")):
                kept["ends"] = min(kept["ends"], now)
            self._state.touch("tokens")

    # -- inside ---------------------------------------------------------------------------------------

    def _kept(self, kind: str) -> list[Token]:
        kept: list[Token] = self._state.shelf("tokens").setdefault(kind, [])
        return kept

    def _new(self, kind: str, now: float) -> Token:
        token: Token = {"token": f"85_{secrets.token_urlsafe(100)}", "at": now, "ends": now + LIFE_S, "dead": False}
        kept = self._kept(kind)
        kept.append(token)
        del kept[:-_KEPT]
        self._state.touch("tokens")
        return token

    def _count_forced(self, now: float) -> None:
        forced: list[float] = self._state.shelf("tokens").setdefault("forced", [])
        today = datetime.fromtimestamp(now, BEIJING).date()
        forced[:] = [at for at in forced if datetime.fromtimestamp(at, BEIJING).date() == today]
        if len(forced) >= FORCED_PER_DAY:
            raise ApiError(45009)
        if forced and 0 <= now - forced[-1] < FORCED_APART_S:
            raise ApiError(45011)  # WeChat does not document which code it gives; this one says "wait"
        forced.append(now)
        self._state.touch("tokens")
