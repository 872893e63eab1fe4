"""Calls to WeChat: JSON or a form out, an object or a file back, and honesty about what is not known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from urllib3.filepost import encode_multipart_formdata

from bot.wechat.connections import Broken, Connections, NoConnection
from bot.wechat.failures import ApiError, NotSent, UnknownOutcome

CONNECT_S = 3.0
READ_S = 10.0

# WeChat refuses \u escapes. Made once: json.dumps would make them anew for each call.
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_understood = json.JSONDecoder(strict=False).decode

Fields = Sequence[tuple[str, str | tuple[str, bytes, str]]]


@dataclass(frozen=True)
class Download:
    """A file that WeChat answered with."""

    content: bytes
    content_type: str
    file_name: str = ""


class Transport:
    """``threads`` is how many calls are in flight: a connection is kept for each of them."""

    def __init__(self, base_url: str, *, threads: int, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self.base_url = base_url.rstrip("/")
        self._threads, self._connect_s, self._read_s = threads, connect_s, read_s
        self._hosts: dict[str, Connections] = {}

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

        ``body`` becomes raw UTF-8 JSON, ``fields`` a multipart form.
        """
        target = f"{path}?{urlencode(params)}" if params else path
        content, kind = b"", ""
        if fields is not None:
            content, kind = encode_multipart_formdata(list(fields))
        elif body is not None:
            content, kind = _written(body).encode("utf-8", "replace"), "application/json; charset=utf-8"
        try:
            answer = self._connections(base_url or self.base_url).call(method, target, content, kind)
        except NoConnection as error:
            raise NotSent(f"{path}: no connection to {base_url or self.base_url} ({error})") from error
        except Broken as error:
            raise UnknownOutcome(f"{path}: no whole answer ({error})") from error
        if answer.status != 200:
            raise UnknownOutcome(f"{path}: HTTP {answer.status}")
        return _read(path, answer.headers, answer.content)

    def _connections(self, base_url: str) -> Connections:
        found = self._hosts.get(base_url)
        if found is None:
            made = Connections(base_url, kept=self._threads, connect_s=self._connect_s, read_s=self._read_s)
            found = self._hosts.setdefault(base_url, made)
        return found


def _read(path: str, headers: Mapping[str, str], content: bytes) -> dict[str, Any] | Download:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/json", "text/plain", "text/json", "text/html") and content[:1] != b"{":
        name = headers.get("content-disposition", "").rpartition("filename=")[2].strip('"')
        return Download(content, kind, name)
    try:
        answer = _understood(content.decode("utf-8", "replace"))
        code = int(answer.get("errcode", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise UnknownOutcome(f"{path}: the answer is not a JSON object") from error
    if code:
        raise ApiError(code, str(answer.get("errmsg", "")), path, answer)
    return dict(answer)
