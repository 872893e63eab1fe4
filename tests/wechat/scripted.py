"""A small real HTTP server that answers as a test scripts it, and counts what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN_PATH = "/cgi-bin/stable_token"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Raw:
    """An answer that is not plain JSON with status 200."""

    content: bytes = b"{}"
    status: int = 200
    kind: str = "application/json"
    length: int | None = None  # a Content-Length that lies
    wait_s: float = 0.0
    drip_s: float = 0.0  # a pause before every byte
    reset: bool = False  # read the request, then RST


Answer = dict[str, Any] | Raw
OK: Answer = {"errcode": 0, "errmsg": "ok"}


def refused(code: int, text: str = "refused") -> Answer:
    return {"errcode": code, "errmsg": f"{text} rid: 6aac005a-01bfdbee-79769285"}


@dataclass
class Scripted:
    """``answer`` decides for every call but the token's; ``grant`` for the token's. Both may be replaced by a test."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Answer] = lambda asked: OK
    tokens_made: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def grant(self, asked: Asked) -> Answer:
        """A new token for each call."""
        self.tokens_made += 1
        return {"access_token": f"token-{self.tokens_made}", "expires_in": 7200}

    @property
    def calls(self) -> list[Asked]:
        return [one for one in self.asked if one.path != TOKEN_PATH]

    @property
    def token_calls(self) -> list[Asked]:
        return [one for one in self.asked if one.path == TOKEN_PATH]

    def take(self, asked: Asked) -> Answer:
        if asked.path == TOKEN_PATH:
            with self.guard:
                self.asked.append(asked)
                return self.grant(asked)
        with self.guard:
            self.asked.append(asked)
        return self.answer(asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a hundred threads may knock at once


@contextmanager
def scripted() -> Iterator[Scripted]:
    script = Scripted()
    server = _Server(("127.0.0.1", 0), _handler(script))
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = script.take(Asked(self.command, parts.path, query, raw))
            if isinstance(answer, dict):
                answer = Raw(json.dumps(answer, ensure_ascii=False).encode())
            time.sleep(answer.wait_s)
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.content) if answer.length is None else answer.length))
            self.end_headers()
            self._write(answer)

        do_POST = do_GET

        def _write(self, answer: Raw) -> None:
            self.close_connection = answer.length is not None or self.close_connection
            pieces = (
                [answer.content[i : i + 1] for i in range(len(answer.content))] if answer.drip_s else [answer.content]
            )
            try:
                for piece in pieces:
                    time.sleep(answer.drip_s)
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                self.close_connection = True  # the client had enough of waiting

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True  # after a reset there is nothing to flush

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler
