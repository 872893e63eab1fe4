"""HTTP to WeChat: one pool of connections, a time-out on everything, and honesty about what is not known."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from bot.wechat.failures import ApiError, NotSent, UnknownOutcome

CONNECT_S = 3.0
READ_S = 10.0
MAX_ANSWER = 32 * 1024 * 1024  # the largest media are 10 MB

# At DEBUG this logger prints whole URLs, and those carry the access token.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

Fields = Sequence[tuple[str, str | tuple[str, bytes, str]]]


@dataclass(frozen=True)
class Download:
    """A file that WeChat answered with."""

    content: bytes
    content_type: str
    file_name: str = ""


class Transport:
    """``threads`` is how many calls may be in flight: the pool has a connection for each of them."""

    def __init__(self, base_url: str, *, threads: int, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self.base_url = base_url.rstrip("/")
        self._threads = threads
        self._connect_s, self._read_s = connect_s, read_s
        self._pool: tuple[int, urllib3.PoolManager] | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        fields: Fields | None = None,
        base_url: str = "",
    ) -> dict[str, Any] | Download:
        """One request; its JSON object or a file. ApiError for an errcode, NotSent or UnknownOutcome for the rest.

        ``body`` becomes raw UTF-8 JSON (WeChat refuses ``\\u`` escapes), ``fields`` a multipart form.
        """
        url = (base_url or self.base_url) + path + (f"?{urlencode(params)}" if params else "")
        options: dict[str, Any] = {}
        if fields is not None:
            options["fields"] = list(fields)
        elif body is not None:
            options["body"] = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            options["headers"] = {"Content-Type": "application/json; charset=utf-8"}
        status, headers, content = self._exchange(method, url, path, options)
        if status != 200:
            raise UnknownOutcome(f"{path}: HTTP {status}")
        return _read(path, headers, content)

    def _exchange(
        self, method: str, url: str, path: str, options: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        deadline = time.monotonic() + self._connect_s + self._read_s
        try:
            answer = self._connections().request(
                method, url, redirect=False, retries=False, preload_content=False, **options
            )
            with answer:
                return answer.status, answer.headers, _body(answer, path, deadline)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise NotSent(f"{path}: no connection to {self.base_url} ({type(error).__name__})") from error
        except (urllib3.exceptions.SSLError, urllib3.exceptions.EmptyPoolError) as error:
            raise NotSent(f"{path}: {error}") from error
        except urllib3.exceptions.HTTPError as error:
            raise UnknownOutcome(f"{path}: no whole answer ({type(error).__name__})") from error

    def _connections(self) -> urllib3.PoolManager:
        # After a fork the parent's sockets stay the parent's.
        if self._pool is None or self._pool[0] != os.getpid():
            pool = urllib3.PoolManager(
                num_pools=4,
                maxsize=self._threads,
                block=True,
                timeout=urllib3.Timeout(connect=self._connect_s, read=self._read_s),
                headers={"User-Agent": "qingsheng", "Accept": "*/*"},
            )
            self._pool = (os.getpid(), pool)
        return self._pool[1]


def _body(answer: urllib3.BaseHTTPResponse, path: str, deadline: float) -> bytes:
    """The read time-out is per packet; the deadline is for a server that sends a byte now and then."""
    parts, size = [], 0
    while part := answer.read1(65536):
        size += len(part)
        if size > MAX_ANSWER or time.monotonic() > deadline:
            raise UnknownOutcome(f"{path}: the answer is too long or too slow")
        parts.append(part)
    return b"".join(parts)


def _read(path: str, headers: Mapping[str, str], content: bytes) -> dict[str, Any] | Download:
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/json", "text/plain", "text/json", "text/html") and content[:1] != b"{":
        name = headers.get("Content-Disposition", "").rpartition("filename=")[2].strip('"')
        return Download(content, kind, name)
    try:
        answer = json.loads(content.decode("utf-8", "replace"), strict=False)
        code = int(answer.get("errcode", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise UnknownOutcome(f"{path}: the answer is not a JSON object") from error
    if code:
        raise ApiError(code, str(answer.get("errmsg", "")), path, answer)
    return dict(answer)
