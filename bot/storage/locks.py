"""Keeping Valkey locks alive while they are held: one thread per process renews them all."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

LOCK_TTL_MS = 3000
_RENEW_EVERY_S = 1.0
_RENEW_FOR_S = 60.0  # a handler that hangs for longer must not shut its follower out for ever
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"

log = logging.getLogger(__name__)


def new_secret() -> str:
    return secrets.token_hex(12)


class Renewer:
    """Holds no thread until the first lock is taken; after a fork the child starts its own."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._held: dict[tuple[str, str], float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    @contextmanager
    def renewing(self, key: str, secret: str) -> Iterator[None]:
        if self._process != os.getpid():
            self._reset()
        with self._changed:
            self._held[key, secret] = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="valkey-locks", daemon=True)
                self._thread.start()
            elif len(self._held) == 1:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                del self._held[key, secret]

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._held and not self._stopped:
                    self._changed.wait()
                if self._stopped:
                    self._thread = None
                    return
            time.sleep(_RENEW_EVERY_S)
            self._renew()

    def _renew(self) -> None:
        now = time.monotonic()
        with self._changed:
            due = [lock for lock, since in self._held.items() if now - since < _RENEW_FOR_S]
        if not due:
            return
        try:
            pipeline = self._client.pipeline(transaction=False)
            for key, secret in due:
                pipeline.eval(_RENEW, 1, key, secret, LOCK_TTL_MS)
            lost = [key for (key, _), kept in zip(due, pipeline.execute(), strict=True) if not kept]
        except redis.RedisError as error:
            log.warning("locks could not be renewed: %s", error)
            return
        # A lock that was just released is missing too; one still held was lost (Valkey restarted or was flushed).
        with self._changed:
            really = [key for key in lost if any(key == held for held, _ in self._held)]
        if really:
            log.warning("%d locks were lost while held", len(really))
