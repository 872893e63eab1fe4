"""One delivery once: WeChat sends a message up to three times; it is handled once and answered alike each time."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog

from bot import metrics
from bot.storage.valkey import Valkey, ValkeyDown
from bot.wechat.messages import Event, Message
from bot.wechat.replies import Nothing, Reply, from_json, to_json

log = structlog.get_logger()

Dispatch = Callable[[Message, str, datetime], Reply]
Owe = Callable[[Message, str, Reply, datetime], None]
Fetched = Callable[[str, datetime], None]

KEEP_REPLY_S = 600
RUNNING_S = 15
LOCK_MARGIN_S = 0.4


def delivery_key(message: Message) -> str:
    """Follower + MsgId + CreateTime; for events, which carry no id, follower + CreateTime + Event + EventKey."""
    parts = [message.openid, str(int(message.created_at.timestamp())), message.msg_id]
    if isinstance(message, Event):
        parts += [message.event, getattr(message, "scene", "") or message.key, str(getattr(message, "job_id", ""))]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:40]


class Inbox:
    """The gate before the dispatcher.

    Valkey gives the lock per follower and the replies to repeat; without it the lock holds within one process only,
    and the row that the dispatcher commits with every effect keeps effects single.
    """

    def __init__(self, *, dispatch: Dispatch, valkey: Valkey, owe: Owe, fetched: Fetched, budget_s: float) -> None:
        self._dispatch, self._valkey = dispatch, valkey
        self._owe, self._fetched = owe, fetched
        self._budget_s = budget_s
        self._local = [threading.Lock() for _ in range(256)]

    def deliver(self, message: Message, now: datetime) -> Reply:
        """The reply for this delivery, within the budget; an answer that comes later is owed."""
        key = delivery_key(message)
        started = time.monotonic()
        if (kept := self._repeated(key, now)) is not None:
            return kept
        with self._follower(message.openid) as held:
            if (kept := self._repeated(key, now)) is not None:
                return kept
            if not held and self._running(key):
                # Our first attempt at this delivery still works: its answer will be owed, not lost.
                return Nothing()
            self._keep(key, {"running": True}, RUNNING_S)
            reply = self._dispatch(message, key, now)
            late = time.monotonic() - started > self._budget_s and not isinstance(reply, Nothing)
            if late:
                # WeChat has hung up. A retry may still fetch the kept reply; if none does, the outbox brings it.
                self._owe(message, key, reply, now)
            self._keep(key, {**to_json(reply), "late": late}, KEEP_REPLY_S)
        return reply

    def _repeated(self, key: str, now: datetime) -> Reply | None:
        """The reply to an earlier delivery of the same message, if there is one."""
        value = self._value(key)
        if not value or "running" in value:
            return None
        metrics.repeated()
        if value.pop("late", False):
            self._fetched(key, now)
        return from_json(value)

    @contextmanager
    def _follower(self, openid: str) -> Iterator[bool]:
        wait_s = self._budget_s - LOCK_MARGIN_S
        try:
            lock = self._valkey.follower_lock(openid, wait_s)
            held = lock.__enter__()
        except ValkeyDown:
            with self._locally(openid, wait_s) as held_locally:
                yield held_locally
            return
        try:
            yield held
        finally:
            lock.__exit__(None, None, None)

    @contextmanager
    def _locally(self, openid: str, wait_s: float) -> Iterator[bool]:
        lock = self._local[hash(openid) % len(self._local)]
        held = lock.acquire(timeout=wait_s)
        try:
            yield held
        finally:
            if held:
                lock.release()

    def _value(self, key: str) -> dict[str, Any]:
        try:
            return self._valkey.get_reply(key) or {}
        except ValkeyDown:
            return {}

    def _running(self, key: str) -> bool:
        return "running" in self._value(key)

    def _keep(self, key: str, value: dict[str, Any], ttl_s: int) -> None:
        try:
            self._valkey.keep_reply(key, value, ttl_s)
        except ValkeyDown:
            log.info("inbox.without_valkey")
