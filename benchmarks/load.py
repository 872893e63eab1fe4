"""A small closed-loop load generator: prepared HTTP requests over keep-alive sockets, latencies out."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Latencies in seconds of the answered requests, and how many failed (no 200)."""

    latencies: tuple[float, ...]
    failed: int
    elapsed: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.elapsed

    def quantile(self, q: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]

    @property
    def median(self) -> float:
        return statistics.median(self.latencies)


def request_bytes(path: str, body: bytes, host: str = "127.0.0.1") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def run(port: int, requests: Sequence[bytes], connections: int) -> Measured:
    """Send every request once over ``connections`` sockets, each waiting for its answer before the next."""
    jobs: Iterator[bytes] = iter(requests)
    lock = threading.Lock()
    latencies: list[float] = []
    failed = [0]

    def work() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            while True:
                with lock:
                    request = next(jobs, None)
                if request is None:
                    return
                started = time.perf_counter()
                connection.sendall(request)
                ok = _read(connection)
                latencies.append(time.perf_counter() - started)
                failed[0] += not ok

    threads = [threading.Thread(target=work) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measured(tuple(latencies), failed[0], time.perf_counter() - started)


def _read(connection: socket.socket) -> bool:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
    while len(body) < length:
        body += _some(connection)
    return b" 200 " in head.split(b"\r\n")[0]


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
