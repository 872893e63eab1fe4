"""HTTP/1.1 over kept connections to one host: a request in one write, its answer read to the end or an error."""

from __future__ import annotations

import os
import re
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# Every call to WeChat is a small POST and a small JSON answer. A general client spends more on each of them than
# all else that is done for a reminder, and gives up its turn at the interpreter several times.
MAX_ANSWER = 32 * 1024 * 1024  # the largest media are 10 MB
MAX_HEAD = 64 * 1024
PIECE = 64 * 1024
# A connection that rested longer is asked whether the other side has closed it meanwhile.
RESTED_S = 1.0

_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: .*)?\Z")
_TARGET = re.compile(r"/[!-~]*\Z")


class NoConnection(Exception):
    """Nothing of the request has left."""


class Broken(Exception):
    """The request, or a part of it, has left, and no whole answer came."""


@dataclass(frozen=True)
class Answer:
    """``headers`` by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Connections:
    """Shared by threads: each call has a connection of its own while it lasts; up to ``kept`` rest between calls."""

    def __init__(self, base_url: str, *, kept: int, connect_s: float, read_s: float) -> None:
        parts = urlsplit(base_url)
        self._host, self._tls, self._prefix = parts.hostname or "", parts.scheme == "https", parts.path
        self._port = parts.port or (443 if self._tls else 80)
        self._connect_s, self._read_s = connect_s, read_s
        self._fixed = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: qingsheng\r\nAccept: */*\r\n"
        self._context = _context() if self._tls else None
        self._resting: deque[_Line] = deque(maxlen=max(1, kept))
        self._process = os.getpid()

    def call(self, method: str, target: str, body: bytes = b"", content_type: str = "") -> Answer:
        """``target``: path and query, encoded. Raises NoConnection or Broken; redirects are not followed."""
        if not _TARGET.match(target):
            raise ValueError("not a path that can be asked for")
        request = f"{method} {self._prefix}{target}{self._fixed}"
        if body:
            request += f"Content-Type: {content_type}\r\n"
        if body or method != "GET":
            request += f"Content-Length: {len(body)}\r\n"
        line = self._line()
        try:
            answer, again = line.ask(f"{request}\r\n".encode() + body)
        except OSError as error:
            line.close()
            raise Broken(type(error).__name__) from error
        except BaseException:
            line.close()
            raise
        if again:
            self._rest(line)
        else:
            line.close()
        return answer

    def _line(self) -> _Line:
        if self._process != os.getpid():  # after a fork the parent's connections stay the parent's
            self._resting, self._process = deque(maxlen=self._resting.maxlen), os.getpid()
        while True:
            try:
                line = self._resting.pop()  # the one used last is the least likely to have been closed
            except IndexError:
                return self._connected()
            if line.is_open():
                return line
            line.close()

    def _rest(self, line: _Line) -> None:
        line.used_at = time.monotonic()
        if len(self._resting) == self._resting.maxlen:
            line.close()
        else:
            self._resting.append(line)

    def _connected(self) -> _Line:
        try:
            connection = socket.create_connection((self._host, self._port), timeout=self._connect_s)
        except OSError as error:
            raise NoConnection(type(error).__name__) from error
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_hostname=self._host)
            connection.settimeout(self._read_s)
        except (OSError, ValueError) as error:
            connection.close()
            raise NoConnection(str(error)) from error
        return _Line(connection, self._connect_s + self._read_s)


class _Line:
    """One connection. The time-out of its socket is for each packet; ``whole_s`` is for a server that sends a byte now
    and then."""

    def __init__(self, connection: socket.socket, whole_s: float) -> None:
        self._connection, self._whole_s = connection, whole_s
        self.used_at = time.monotonic()
        self._read, self._until = b"", 0.0

    def close(self) -> None:
        self._connection.close()

    def is_open(self) -> bool:
        """What can be read though nothing was asked is the end, or no answer to us."""
        if time.monotonic() - self.used_at < RESTED_S:
            return True
        watch = select.poll()
        watch.register(self._connection, select.POLLIN)
        return not watch.poll(0)

    def ask(self, request: bytes) -> tuple[Answer, bool]:
        """The answer, and whether another may be asked here."""
        self._read, self._until = b"", time.monotonic() + self._whole_s
        self._connection.sendall(request)
        version, status, headers = self._head()
        while status < 200:  # 100 Continue: the answer itself follows
            version, status, headers = self._head()
        content, framed = self._content(status, headers)
        again = framed and version == b"1" and headers.get("connection", "").lower() != "close" and not self._read
        return Answer(status, headers, content), again

    def _head(self) -> tuple[bytes, int, dict[str, str]]:
        lines = self._up_to(b"\r\n\r\n", MAX_HEAD).split(b"\r\n")
        status = _STATUS.match(lines[0])
        if not status:
            raise Broken("not an answer in HTTP/1")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status[1], int(status[2]), headers

    def _content(self, status: int, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        """And whether its end was said, not only seen."""
        if status in (204, 304):
            return b"", True
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks(), True
        if "content-length" in headers:
            return self._exactly(_number(headers["content-length"], 10)), True
        parts, size = [self._read], len(self._read)
        while piece := self._piece(may_end=True):
            parts.append(piece)
            size += len(piece)
            _bounded(size)
        return b"".join(parts), False

    def _chunks(self) -> bytes:
        chunks, size = [], 0
        while length := _number(self._up_to(b"\r\n", MAX_HEAD).partition(b";")[0].decode("latin-1"), 16):
            size += length
            _bounded(size)
            chunks.append(self._exactly(length))
            self._exactly(2)
        while self._up_to(b"\r\n", MAX_HEAD):  # what may follow the last chunk
            pass
        return b"".join(chunks)

    def _up_to(self, mark: bytes, limit: int) -> bytes:
        while mark not in self._read:
            if len(self._read) > limit:
                raise Broken("the answer is too long")
            self._read += self._piece()
        found, _, self._read = self._read.partition(mark)
        return found

    def _exactly(self, length: int) -> bytes:
        _bounded(length)
        parts, missing = [self._read], length - len(self._read)
        while missing > 0:
            parts.append(self._piece())
            missing -= len(parts[-1])
        whole = b"".join(parts)
        self._read = whole[length:]
        return whole[:length]

    def _piece(self, may_end: bool = False) -> bytes:
        if time.monotonic() > self._until:
            raise Broken("the answer is too slow")
        piece = self._connection.recv(PIECE)
        if piece or may_end:
            return piece
        raise Broken("the connection was closed")


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base)
    except ValueError:
        number = -1
    if number < 0:
        raise Broken("the answer does not say its length")
    return number


def _bounded(length: int) -> None:
    if length > MAX_ANSWER:
        raise Broken("the answer is too long")


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
