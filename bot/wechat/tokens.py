"""The access token: one for all processes, fetched once however many threads find it missing or revoked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.wechat.failures import ApiError, CallFailed, TokenUnavailable

# WeChat allows stable_token with force_refresh 20 times a day and at least 30 s apart.
FORCE_SPACING_S = 30.0
# A token endpoint that said no (wrong secret, IP not listed, busy) is not asked again at once by every thread.
REFUSAL_HOLDS_S = 10.0
# Longer than one fetch with its time-outs: whoever waits so long goes on without the lock, which stable_token forgives.
LOCK_WAIT_S = 15.0


@dataclass(frozen=True)
class Granted:
    """What the token endpoint gave. ``expires_in`` is what remains, in seconds."""

    token: str
    expires_in: float


class TokenStore(Protocol):
    """Where all processes of one account find the token. Methods never raise for an outage of what is behind them."""

    def get(self) -> str | None:
        """The token while it lives."""

    def left_s(self) -> float:
        """How long it lives still, in seconds; 0 when there is none."""

    def put(self, token: str, lives_s: float) -> None: ...

    def may_force(self, spacing_s: float) -> bool:
        """True once in ``spacing_s`` over all processes; asking takes the turn."""

    def lock(self, wait_s: float) -> AbstractContextManager[bool]:
        """Alone over all processes; False if it could not be had in time."""


class MemoryStore:
    """The store of a single process, by the monotonic clock: a jump of the wall clock changes no lifetime."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._token: tuple[str, float] | None = None
        self._forced_at = float("-inf")
        self._guard = threading.Lock()
        self._single = threading.Lock()

    def get(self) -> str | None:
        kept = self._token
        return kept[0] if kept and kept[1] > self._clock() else None

    def left_s(self) -> float:
        kept = self._token
        return max(0.0, kept[1] - self._clock()) if kept else 0.0

    def put(self, token: str, lives_s: float) -> None:
        self._token = (token, self._clock() + lives_s)

    def may_force(self, spacing_s: float) -> bool:
        with self._guard:
            if self._clock() - self._forced_at < spacing_s:
                return False
            self._forced_at = self._clock()
            return True

    @contextmanager
    def lock(self, wait_s: float) -> Iterator[bool]:
        taken = self._single.acquire(timeout=wait_s)
        try:
            yield taken
        finally:
            if taken:
                self._single.release()


class Tokens:
    """``fetch(force)`` calls stable_token; all else here decides whether and when.

    ``kept_s``: so long a token that was read is used again without asking the store. One that another process has
    renewed meanwhile is refused by WeChat, and then the store has the new one.
    """

    def __init__(self, fetch: Callable[[bool], Granted], store: TokenStore, *, kept_s: float = 0.0) -> None:
        self._fetch = fetch
        self._store = store
        self._kept_s = kept_s
        self._kept: tuple[str, float] | None = None
        self._single = threading.Lock()
        self._failed: tuple[float, CallFailed] | None = None

    def current(self) -> tuple[str, bool]:
        """The token, and whether it had to be fetched for this call."""
        kept = self._kept
        if kept and time.monotonic() < kept[1]:
            return kept[0], False
        token = self._store.get()
        if token:
            if self._kept_s:
                self._kept = token, time.monotonic() + self._kept_s
            return token, False
        with self._alone() as since:
            token = self._store.get()
            if token:
                return token, False
            self._share_failure(since)
            return self._obtain(force=False), True

    def renewed(self, failed: str, just_fetched: bool = False) -> str:
        """Another token than ``failed``, which WeChat refused (40001, 40014, 42001).

        If someone renewed it meanwhile, theirs. Else stable_token, which usually gives the new one; only if it repeats
        the failed one, once by force. A token fetched for the very call that failed need not be asked for again first.
        """
        self._kept = None
        with self._alone() as since:
            token = self._store.get()
            if token and token != failed:
                return token
            self._share_failure(since)
            if not just_fetched:
                token = self._obtain(force=False)
                if token != failed:
                    return token
            if not self._store.may_force(FORCE_SPACING_S):
                said = "refused again within 30 s of a forced refresh: another system may be fetching tokens"
                raise TokenUnavailable(ApiError(40001, said, "/cgi-bin/stable_token"))
            return self._obtain(force=True)

    def renew(self, ahead_s: float) -> bool:
        """Another token if this one ends within ``ahead_s``; False if there was no need, or none that ends."""
        if not 0 < self._store.left_s() <= ahead_s:
            return False
        with self._alone():
            if not 0 < self._store.left_s() <= ahead_s:
                return False  # another process was quicker
            before, self._kept = self._store.get(), None
            return self._obtain(force=False) != before

    def _obtain(self, force: bool) -> str:
        try:
            granted = self._fetch(force)
        except CallFailed as failure:
            self._failed = (time.monotonic(), failure)
            raise TokenUnavailable(failure) from failure
        self._failed = None
        # WeChat renews five minutes before the end; a token is not used to its last second.
        self._store.put(granted.token, max(1.0, granted.expires_in - min(120.0, granted.expires_in / 10)))
        return granted.token

    @contextmanager
    def _alone(self) -> Iterator[float]:
        """In this process by a lock, among processes by the store's. Yields when the waiting began."""
        since = time.monotonic()
        with self._single, self._store.lock(LOCK_WAIT_S):
            yield since

    def _share_failure(self, since: float) -> None:
        """Threads that waited for a fetch that failed share its failure: fifty of them do not time out in a row."""
        if self._failed is None:
            return
        at, failure = self._failed
        refused = isinstance(failure, ApiError)
        if at >= since or (refused and time.monotonic() - at < REFUSAL_HOLDS_S):
            raise TokenUnavailable(failure)
