"""A follower's turn: lock, earlier reply and session in one question to Valkey, and one more when it is over."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bot.storage.locks import LOCK_TTL_MS, new_secret
from bot.storage.valkey import REPLY_TTL_S, Valkey, ValkeyDown

_RUNNING = '{"running":true}'
_RUNNING_TTL_S = 15  # longer than WeChat's three tries of one message
_POLL_S = 0.015

# Our own secret in the lock: the question was asked once more after a broken connection.
_BEGIN = """
local reply = redis.call('get', KEYS[1])
if reply and reply ~= ARGV[3] then return {reply, 0, false} end
if redis.call('get', KEYS[2]) == ARGV[1] or redis.call('set', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  redis.call('set', KEYS[1], ARGV[3], 'EX', ARGV[4])
  return {false, 1, redis.call('get', KEYS[3])}
end
return {reply, 0, false}
"""
_END = """
redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3])
if ARGV[4] ~= '' then redis.call('set', KEYS[3], ARGV[4], 'EX', ARGV[5]) end
if redis.call('get', KEYS[2]) == ARGV[1] then redis.call('del', KEYS[2]) end
return 1
"""


@dataclass
class Turn:
    """``reply`` is set when this delivery was answered before: then there is nothing left to do.

    ``held``: this follower's messages are ours alone. ``running``: not held, and the holder works at this very
    delivery. ``session`` is what was left of the conversation, as it was stored.
    """

    held: bool = False
    running: bool = False
    reply: dict[str, Any] | None = None
    session: dict[str, Any] | None = None
    _end: tuple[str, str, int] | None = None

    def leave(self, reply: dict[str, Any], session: dict[str, Any] | None, session_ttl_s: int) -> None:
        """What to keep when the turn is over: the reply for repeats, the session for the next message."""
        self._end = (_dump(reply), _dump(session) if session is not None else "", session_ttl_s)


class Turns:
    """Thread-safe; the scripts are sent once and then named by their hash."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._begin = valkey.script(_BEGIN)
        self._finish = valkey.script(_END)

    @contextmanager
    def turn(self, delivery: str, openid: str, wait_s: float) -> Iterator[Turn]:
        """Waits up to ``wait_s`` for the follower's other messages. Raises ValkeyDown, before the turn or after it."""
        keys = [f"reply:{delivery}", f"lock:follower:{openid}", f"session:{openid}"]
        secret, deadline = new_secret(), time.monotonic() + wait_s
        turn = self._ask(keys, secret)
        while turn.reply is None and not turn.held and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            turn = self._ask(keys, secret)
        if not turn.held:
            yield turn
            self._over(turn, keys, secret)
            return
        with self._valkey.renewing(keys[1], secret):
            try:
                yield turn
            except BaseException:
                self._valkey.release(keys[1], secret)
                raise
            self._over(turn, keys, secret)

    def _over(self, turn: Turn, keys: list[str], secret: str) -> None:
        if turn._end is not None:
            reply, session, ttl_s = turn._end
            self._finish(keys, [secret, reply, REPLY_TTL_S, session, max(1, ttl_s)])
        elif turn.held:
            self._valkey.release(keys[1], secret)

    def _ask(self, keys: list[str], secret: str) -> Turn:
        reply, held, session = self._begin(keys, [secret, LOCK_TTL_MS, _RUNNING, _RUNNING_TTL_S])
        answered = reply is not None and reply != _RUNNING
        return Turn(
            held=bool(held),
            running=reply == _RUNNING,
            reply=json.loads(reply) if answered else None,
            session=json.loads(session) if session else None,
        )


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


__all__ = ["Turn", "Turns", "ValkeyDown"]
