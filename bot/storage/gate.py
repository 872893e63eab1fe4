"""The gate before SQLite's writers: one at a time, in turn, across threads and processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

from bot.storage.errors import Busy

_GATE_NAP_S = 0.0002
"""Only the next in turn asks for the gate, so often that it hardly stands idle between two writers."""
_TURNSTILE_NAP_S = 0.005
"""All others wait here; asking more often would take the processor from the one that writes."""


class Gate:
    """SQLite's own busy handler lets some writers wait for seconds while others overtake; queueing here is fair.

    Two files: whoever waits for the gate holds the turnstile, so a process whose threads follow each other
    closely cannot keep the others out. A lock dies with its process, so nothing needs cleaning up after a kill.
    """

    def __init__(self, path: Path) -> None:
        self._paths = (Path(f"{path}.turnstile"), Path(f"{path}.gate"))
        self.reset()

    def reset(self) -> None:
        """For the child after a fork: the parent's locks and descriptors are not ours."""
        for descriptor in getattr(self, "_files", ()):
            os.close(descriptor)
        self._files: tuple[int, ...] = ()
        self._threads = threading.Lock()

    def enter(self, wait_s: float) -> None:
        """Raises Busy when the gate stays shut for ``wait_s``."""
        deadline = time.monotonic() + wait_s
        if not self._threads.acquire(timeout=wait_s):
            raise Busy("other writers of this process were not done in time")
        try:
            if not self._files:
                self._files = tuple(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for path in self._paths)
            turnstile, gate = self._files
            _lock(turnstile, deadline, _TURNSTILE_NAP_S)
            try:
                _lock(gate, deadline, _GATE_NAP_S)
            finally:
                fcntl.flock(turnstile, fcntl.LOCK_UN)
        except BaseException:
            self._threads.release()
            raise

    def leave(self) -> None:
        fcntl.flock(self._files[1], fcntl.LOCK_UN)
        self._threads.release()


def _lock(descriptor: int, deadline: float, nap: float) -> None:
    # flock() itself knows no timeout, and a stopped process must not stop the others for ever.
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy("another process is writing to the database") from None
        time.sleep(nap)
