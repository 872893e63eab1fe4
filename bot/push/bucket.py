"""The rate of all workers together: one bucket of tokens in Valkey; while it is away each worker keeps to its share."""

from __future__ import annotations

import threading
import time

from bot.storage.valkey import Valkey, ValkeyDown

# A worker that took nothing for so long is none of those who share.
SHARES_S = 30

# KEYS: the bucket, who shares it. ARGV: rate, capacity, wanted (less than 0: given back), holder, SHARES_S.
# By Valkey's own clock; when that is set back nothing is added, when it is set forward the bucket is full, not more.
_TAKE = """
local rate, capacity, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('time')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local kept = redis.call('hmget', KEYS[1], 'tokens', 'at')
local passed = math.max(0, now - (tonumber(kept[2]) or now))
local tokens = math.min(capacity, (tonumber(kept[1]) or capacity) + passed * rate)
local given = math.min(wanted, math.floor(tokens))
tokens = math.min(capacity, tokens - given)
redis.call('hset', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('expire', KEYS[1], 60)
redis.call('zadd', KEYS[2], now, ARGV[4])
redis.call('zremrangebyscore', KEYS[2], '-inf', now - tonumber(ARGV[5]))
redis.call('expire', KEYS[2], 60)
return {given, redis.call('zcard', KEYS[2])}
"""


class Bucket:
    """``rate`` in a second over all workers; as much may be taken at once after a second of rest.

    ``shared=False`` (only for the twin of a test): each worker takes the whole rate for itself.
    """

    def __init__(self, valkey: Valkey, holder: str, rate: int, *, shared: bool = True) -> None:
        self._holder, self._rate, self._shared = holder, rate, shared
        self._script = valkey.script(_TAKE)
        self._own = _Own()

    def take(self, wanted: int) -> int:
        """How many of ``wanted`` may be sent now, perhaps none."""
        own, rate = self._own, self._rate
        if not self._shared:
            return own.take(wanted, rate)
        try:
            keys = ["bucket:push", "bucket:workers"]
            given, own.sharing = self._script(keys, [rate, rate, wanted, self._holder, SHARES_S])
        except ValkeyDown:
            return own.take(wanted, rate / max(1, own.sharing))
        own.empty()
        return int(given)

    def give_back(self, count: int) -> None:
        """Taken and not needed."""
        if count > 0:
            self.take(-count)


class _Own:
    """A bucket in this process. ``sharing``: how many workers there were when Valkey last answered."""

    def __init__(self) -> None:
        self.sharing = 1
        self._guard = threading.Lock()
        self.empty()

    def empty(self) -> None:
        """What the shared bucket has given is not given once more when Valkey goes away."""
        self._tokens, self._at = 0.0, time.monotonic()

    def take(self, wanted: int, rate: float) -> int:
        with self._guard:
            now = time.monotonic()
            self._tokens = min(max(rate, 1.0), self._tokens + (now - self._at) * rate)
            self._at = now
            given = min(wanted, int(self._tokens))
            self._tokens -= given
            return given
