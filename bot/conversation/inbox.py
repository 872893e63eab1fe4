"""One delivery once: WeChat sends a message up to three times; it is handled once and answered alike each time."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from bot import metrics
from bot.conversation.session import Answered, Left, Sessions
from bot.storage.models import Delivery
from bot.storage.turns import Turns
from bot.storage.valkey import Valkey, ValkeyDown
from bot.wechat.messages import Event, Message, NoticeReport
from bot.wechat.replies import Nothing, Reply, from_json, to_json

log = structlog.get_logger()

Dispatch = Callable[[Message, str, datetime, Left | None], Answered]
Owe = Callable[[Message, str, Reply, datetime], None]
Fetched = Callable[[str, datetime], None]

LOCK_MARGIN_S = 0.4


def delivery_key(message: Message) -> str:
    """Follower + MsgId + CreateTime; for events, which carry no id, follower + CreateTime + Event + EventKey."""
    parts = [message.openid, str(int(message.created_at.timestamp())), message.msg_id]
    if isinstance(message, Event):
        parts += [message.event, getattr(message, "scene", "") or message.key, str(getattr(message, "job_id", ""))]
    if isinstance(message, NoticeReport):  # two of one second are told apart by what they report
        parts.append(repr(message.choices))
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:40]


class Inbox:
    """The gate before the dispatcher.

    Valkey gives each follower one turn at a time and the replies to repeat; without it a turn is alone within one
    process only, and the row that the dispatcher commits with every effect keeps effects single.
    """

    def __init__(
        self, *, dispatch: Dispatch, valkey: Valkey, sessions: Sessions, owe: Owe, fetched: Fetched, budget_s: float
    ) -> None:
        self._dispatch, self._turns, self._sessions = dispatch, Turns(valkey), sessions
        self._owe, self._fetched = owe, fetched
        self._budget_s = budget_s
        self._local = [threading.Lock() for _ in range(256)]

    def deliver(self, message: Message, now: datetime) -> Reply:
        """The reply for this delivery, within the budget; an answer that comes later is owed."""
        key, started = delivery_key(message), time.monotonic()
        answered: Answered | None = None
        try:
            with self._turns.turn(key, message.openid, self._budget_s - LOCK_MARGIN_S) as turn:
                if turn.reply is not None:
                    return self._repeat(key, turn.reply, now)
                if turn.running:
                    # Our first attempt at this delivery still works: its answer will be owed, not lost.
                    return Nothing()
                answered = self._answer(message, key, now, turn.session, started)
                late = {"late": time.monotonic() - started > self._budget_s}
                turn.leave({**to_json(answered.reply), **late}, answered.session, self._sessions.ttl_s)
        except ValkeyDown:
            return self._without_valkey(message, key, now, started, answered)
        return answered.reply

    def _answer(self, message: Message, key: str, now: datetime, left: Left | None, started: float) -> Answered:
        answered = self._dispatch(message, key, now, left)
        if time.monotonic() - started > self._budget_s and not isinstance(answered.reply, Nothing):
            # WeChat has hung up. A retry may still fetch the kept reply; if none does, the outbox brings it.
            self._owe(message, key, answered.reply, now)
        return answered

    def _repeat(self, key: str, kept: dict[str, Any], now: datetime) -> Reply:
        metrics.repeated()
        if kept.pop("late", False):
            self._fetched(key, now)
        return from_json(kept)

    def _without_valkey(
        self, message: Message, key: str, now: datetime, started: float, answered: Answered | None
    ) -> Reply:
        """Valkey went away, before the answer or after it: the session goes to SQL instead."""
        log.info("inbox.without_valkey")
        lock = self._local[hash(message.openid) % len(self._local)]
        alone = lock.acquire(timeout=max(0.0, self._budget_s - LOCK_MARGIN_S - (time.monotonic() - started)))
        try:
            answered = answered or self._answer(message, key, now, None, started)
            delivery = Delivery(key=key, reply=to_json(answered.reply), at=now)
            self._sessions.save_in_sql(message.openid, answered.session, delivery)
            return answered.reply
        finally:
            if alone:
                lock.release()
