"""Things that happen a moment later: delivery reports, mass jobs, the saving of the state."""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Later:
    """Daemon threads over one heap of due times. They start with the first job, so a fork before that is harmless."""

    def __init__(self, threads: int = 16) -> None:
        self._size = threads
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._pid = 0
        self._closed = False

    def call(self, delay_s: float, job: Callable[[], object]) -> None:
        """Run ``job`` after ``delay_s`` of real time."""
        with self._wake:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                for number in range(self._size):
                    threading.Thread(target=self._work, name=f"later-{number}", daemon=True).start()
            heapq.heappush(self._heap, (time.monotonic() + delay_s, next(self._order), job))
            self._wake.notify()

    def every(self, seconds: float, job: Callable[[], object]) -> None:
        def again() -> None:
            try:
                job()
            finally:
                self.call(seconds, again)

        self.call(seconds, again)

    def clear(self) -> None:
        """Drop what has not happened yet."""
        with self._wake:
            self._heap.clear()

    def close(self) -> None:
        """The threads end; what has not happened yet never does."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    if self._closed:
                        return
                    self._wake.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
                if self._closed:
                    return
                _, _, job = heapq.heappop(self._heap)
            try:
                job()
            except Exception:
                log.exception("a delayed job of the simulator failed")
