"""The access token in Valkey, for all processes; while Valkey is away each process keeps its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog

from bot.storage.valkey import Valkey, ValkeyDown
from bot.wechat.client import Client
from bot.wechat.failures import CallFailed
from bot.wechat.tokens import MemoryStore

log = structlog.get_logger()

# From five minutes before the end of a token WeChat gives a new one, and both are good until then. Ours is kept two
# minutes less than it lives.
AHEAD_S = 180.0


def renew(client: Client) -> bool:
    """A token that ends in five minutes is replaced before a call meets its end. False: no need, or not now."""
    try:
        return client.renew_token(AHEAD_S)
    except CallFailed as failure:
        log.warning("token.not_renewed", reason=str(failure))
        return False


class ValkeyTokenStore:
    """A `TokenStore`. What is in Valkey counts; the copy in memory serves only while Valkey does not answer.

    Another ``app_id`` (the demo's account, then the real one, in the same Valkey) finds nothing here. ``name``: what
    is kept, the token or the ticket with which pages sign.
    """

    def __init__(self, valkey: Valkey, app_id: str = "", name: str = "token") -> None:
        self._valkey = valkey
        self._app_id = app_id
        self._name = name
        self._memory = MemoryStore()

    def get(self) -> str | None:
        try:
            kept = self._valkey.load_token(self._name)
        except ValkeyDown:
            return self._memory.get()
        return str(kept["token"]) if kept and kept.get("app_id") == self._app_id else None

    def left_s(self) -> float:
        try:
            return self._valkey.token_left_s() if self.get() else 0.0
        except ValkeyDown:
            return self._memory.left_s()

    def put(self, token: str, lives_s: float) -> None:
        self._memory.put(token, lives_s)
        try:
            forced_at = (self._valkey.load_token(self._name) or {}).get("forced_at", 0.0)
            kept = {"app_id": self._app_id, "token": token, "forced_at": forced_at}
            self._valkey.keep_token(kept, max(1, int(lives_s)), self._name)
        except ValkeyDown:
            return  # the others will fetch the same token: stable_token gives it to everyone

    def may_force(self, spacing_s: float) -> bool:
        """Asked under the lock, so reading and writing need not be one step. A clock set back counts as long ago."""
        try:
            kept = self._valkey.load_token(self._name) or {"app_id": self._app_id, "token": ""}
            if 0 <= time.time() - kept.get("forced_at", 0.0) < spacing_s:
                return False
            self._valkey.keep_token({**kept, "forced_at": time.time()}, 7200, self._name)
        except ValkeyDown:
            return self._memory.may_force(spacing_s)
        return True

    @contextmanager
    def lock(self, wait_s: float) -> Iterator[bool]:
        with ExitStack() as held:
            try:
                alone = held.enter_context(self._valkey.token_lock(wait_s, self._name))
            except ValkeyDown:
                alone = False
            yield alone
