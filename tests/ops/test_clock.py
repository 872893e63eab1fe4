"""The clock follows another process's clock over HTTP, survives forks and a clock that is gone."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot import clock


class MovableClock(BaseHTTPRequestHandler):
    offset_s = 0.0
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        body = json.dumps({"now": "ignored", "offset_s": self.offset_s}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[tuple[type[MovableClock], ThreadingHTTPServer, str]]:
    handler = type("Served", (MovableClock,), {"offset_s": 0.0, "asked": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield handler, server, f"http://127.0.0.1:{server.server_port}/sim/clock"
    clock._following = None  # ends the thread
    server.shutdown()
    server.server_close()
    time.sleep(clock.POLL_S * 1.5)
    clock._offset *= 0


def ahead_s() -> float:
    return (clock.now() - datetime.now(timezone.utc)).total_seconds()


def eventually(expected_s: float) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if abs(ahead_s() - expected_s) < 1:
            return True
        time.sleep(0.05)
    return False


def test_without_a_clock_to_follow_it_is_the_machines() -> None:
    assert abs(ahead_s()) < 1
    assert clock.now().tzinfo is timezone.utc


def test_the_first_look_already_knows_the_offset(served) -> None:
    handler, _, url = served
    handler.offset_s = 86_400.0
    clock.follow(url)
    assert abs(ahead_s() - 86_400) < 1


def test_a_moved_clock_is_followed(served) -> None:
    handler, _, url = served
    clock.follow(url)
    handler.offset_s = 7_200.0
    assert eventually(7_200)
    handler.offset_s = -3_600.0
    assert eventually(-3_600)


def test_a_silent_clock_keeps_the_last_offset(served) -> None:
    handler, server, url = served
    handler.offset_s = 600.0
    clock.follow(url)
    server.shutdown()
    server.server_close()
    time.sleep(clock.POLL_S * 3)
    assert abs(ahead_s() - 600) < 1


def test_a_forked_child_follows_for_itself(served) -> None:
    handler, _, url = served
    clock.follow(url)
    heard, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        clock.follow(url)
        os.write(said, b"following")
        os._exit(0 if eventually(5_000) else 1)
    assert os.read(heard, 9) == b"following"
    handler.offset_s = 5_000.0
    assert os.waitpid(pid, 0)[1] == 0
