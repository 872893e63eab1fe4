"""Valkey: every key and how long it lives, short timeouts, and a circuit that spares callers a dead server.

Nothing here is the only copy of anything: each value can be missing at any time. Operations raise ValkeyDown
when the server does not answer or cannot write; for a second afterwards they raise it at once.

    session:<openid>    where a follower is in a conversation     conversation.session_minutes   (turns.py)
    reply:<delivery>    the reply to a delivery, for its repeats  10 min                         (turns.py)
    lock:<name>         one holder at a time                      3 s, renewed every second while held
    token               WeChat's access token                     until it expires
    ticket              what pages sign with for WeChat's script  until it expires
    wake:<channel>      somebody has work for the worker          60 s
    bucket:<what>       the rate that all workers share           60 s                           (push/bucket.py)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.storage.locks import LOCK_TTL_MS, Renewer, new_secret

T = TypeVar("T")

REPLY_TTL_S = 600
WAKE_TTL_S = 60
_TIMEOUT_S = 0.5
_CIRCUIT_S = 1.0
_BLOCK_S = 1.0  # one blocking pop; its connection waits longer than that for an answer

_POLL_S = 0.015
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class ValkeyDown(Exception):
    """No answer in time, or it cannot write (MISCONF, READONLY, OOM, LOADING)."""


class Valkey:
    """Thread-safe. Made by connect(); after a fork the client opens its own connections."""

    def __init__(self, client: redis.Redis, waiting: redis.Redis, prefix: str) -> None:
        self._client = client
        self._waiting = waiting  # for blocking pops only: a longer timeout
        self._prefix = prefix
        self._shut_until = 0.0
        self._renewer = Renewer(client)

    # -- WeChat's token, and its ticket for pages -----------------------------------------------------

    def load_token(self, name: str = "token") -> dict[str, Any] | None:
        return self._load(name)

    def keep_token(self, token: dict[str, Any], ttl_s: int, name: str = "token") -> None:
        self._keep(name, token, ttl_s)

    def token_left_s(self) -> float:
        """How long it is kept still; 0 when there is none."""
        return max(0, self._ask(lambda client: client.pttl(f"{self._prefix}token"))) / 1000

    def drop_token(self) -> None:
        self._drop("token")

    def token_lock(self, wait_s: float, name: str = "token") -> AbstractContextManager[bool]:
        return self.lock(name, wait_s)

    # -- locks ----------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, name: str, wait_s: float) -> Iterator[bool]:
        """Yields False when somebody else held it for all of ``wait_s``. Released by itself if this process dies."""
        key, secret = f"{self._prefix}lock:{name}", new_secret()
        deadline = time.monotonic() + wait_s
        while not self._ask(lambda client: client.set(key, secret, nx=True, px=LOCK_TTL_MS)):
            if time.monotonic() >= deadline:
                yield False
                return
            time.sleep(_POLL_S)
        with self._renewer.renewing(key, secret):
            try:
                yield True
            finally:
                self.release(f"lock:{name}", secret)

    def renewing(self, key: str, secret: str) -> AbstractContextManager[None]:
        """Keeps a lock that a script has taken."""
        return self._renewer.renewing(self._prefix + key, secret)

    def release(self, key: str, secret: str) -> None:
        try:
            self._ask(lambda client: client.eval(_RELEASE, 1, self._prefix + key, secret))
        except ValkeyDown:
            return  # what was done under the lock is done; the key expires by itself within 3 s

    # -- waking the worker ----------------------------------------------------------------------------

    def wake(self, channel: str) -> None:
        key = f"{self._prefix}wake:{channel}"

        def push(client: redis.Redis) -> None:
            pipeline = client.pipeline()
            pipeline.lpush(key, "1")
            pipeline.ltrim(key, 0, 0)
            pipeline.expire(key, WAKE_TTL_S)
            pipeline.execute()

        self._ask(push)

    def wait_woken(self, channel: str, timeout_s: float) -> bool:
        """True as soon as somebody called wake(), also when that was before; False after ``timeout_s``."""
        key, deadline = f"{self._prefix}wake:{channel}", time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._ask(partial(_pop, self._waiting, key, max(0.01, min(_BLOCK_S, left)))):
                return True

    # -- several things at once -----------------------------------------------------------------------

    def script(self, source: str) -> Callable[[list[str], list[Any]], Any]:
        """A Lua script as a function of (keys, arguments): one question to the server, however much it does."""
        prepared = self._client.register_script(source)

        def run(keys: list[str], arguments: list[Any]) -> Any:
            named = [self._prefix + key for key in keys]
            return self._ask(lambda client: prepared(keys=named, args=arguments, client=client))

        return run

    # -- health ---------------------------------------------------------------------------------------

    def ping(self) -> bool:
        """Asks even while the circuit is open, and closes it on success."""
        try:
            self._client.ping()
        except redis.RedisError:
            return False
        self._shut_until = 0.0
        return True

    def close(self) -> None:
        self._renewer.stop()
        self._client.close()
        self._waiting.close()

    # -- the one place where Valkey is asked ----------------------------------------------------------

    def _load(self, key: str) -> dict[str, Any] | None:
        raw = self._ask(lambda client: client.get(self._prefix + key))
        return None if raw is None else json.loads(raw)

    def _keep(self, key: str, content: dict[str, Any], ttl_s: int) -> None:
        raw = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        self._ask(lambda client: client.set(self._prefix + key, raw, ex=max(1, int(ttl_s))))

    def _drop(self, key: str) -> None:
        self._ask(lambda client: client.delete(self._prefix + key))

    def _ask(self, question: Callable[[redis.Redis], T]) -> T:
        now = time.monotonic()
        if now < self._shut_until:
            raise ValkeyDown("Valkey did not answer a moment ago")
        if self._shut_until:
            # Half open: this caller tries, the others go on sparing themselves the wait.
            self._shut_until = now + _CIRCUIT_S
        try:
            answer = question(self._client)
        except redis.RedisError as error:
            self._shut_until = time.monotonic() + _CIRCUIT_S
            raise ValkeyDown(f"Valkey: {error}") from error
        self._shut_until = 0.0
        return answer


def _pop(waiting: redis.Redis, key: str, block_s: float, _client: redis.Redis) -> Any:
    return waiting.brpop([key], timeout=block_s)


def connect(url: str, *, prefix: str = "qs:", max_connections: int = 64) -> Valkey:
    """``redis://host:6379/0``, ``unix:///path``, or through Sentinel ``redis+sentinel://h1:26379,h2:26379/name/0``.

    Opens nothing yet: a Valkey that is not there shows at the first operation.
    """
    return Valkey(_client(url, _TIMEOUT_S, max_connections), _client(url, _BLOCK_S * 2, 8), prefix)


def _client(url: str, timeout_s: float, max_connections: int) -> redis.Redis:
    options: dict[str, Any] = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": _TIMEOUT_S,
        "max_connections": max_connections,
        "decode_responses": True,
        "protocol": 2,
        # One more try for connections that a restarted server has closed; never after a time-out.
        "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    }
    if url.startswith("redis+sentinel://"):
        return _through_sentinel(url, options)
    pool = redis.BlockingConnectionPool.from_url(url, timeout=_TIMEOUT_S, **options)
    return redis.Redis(connection_pool=pool)


def _through_sentinel(url: str, options: dict[str, Any]) -> redis.Redis:
    from redis.sentinel import Sentinel

    parts = urlsplit(url)
    hosts = [host.rpartition(":") for host in parts.netloc.rpartition("@")[2].split(",")]
    name, _, number = parts.path.strip("/").partition("/")
    if not name or not all(host for host, _, _ in hosts):
        raise ValueError("redis.url: redis+sentinel://host:26379,host:26379/name/0")
    addresses = [(host, int(port)) for host, _, port in hosts]
    sentinel: Any = Sentinel(addresses, sentinel_kwargs={"socket_timeout": _TIMEOUT_S})
    client: redis.Redis = sentinel.master_for(name, db=int(number or 0), password=parts.password, **options)
    return client
