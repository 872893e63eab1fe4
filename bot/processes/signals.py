"""Signals heard in a loop: they end its wait at once and are acted on there, never in the middle of something."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any


class Stopped(Exception):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


class Signals:
    """``with Signals() as signals``: collect them; ``wait`` sleeps until one comes; ``check`` raises Stopped."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._before: dict[int, Any] = {}
        self._heard, self._said = os.pipe()
        os.set_blocking(self._heard, False)
        os.set_blocking(self._said, False)

    def __enter__(self) -> Signals:
        wanted = [signal.SIGINT, signal.SIGTERM, signal.SIGCHLD]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asked for that
            wanted.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._hear) for number in wanted}
        signal.set_wakeup_fd(self._said, warn_on_full_buffer=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._heard)
        os.close(self._said)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._came.append(number)

    def wait(self, seconds: float) -> None:
        """Until a signal (a child's end is one) or the time is over."""
        select.select([self._heard], [], [], seconds)
        try:
            os.read(self._heard, 1000)
        except BlockingIOError:
            return  # the time was over

    def check(self) -> bool:
        """Raise Stopped if asked to stop; True if asked to reload (SIGHUP to a process without a terminal)."""
        reload = False
        while self._came:
            if self._came.pop(0) != signal.SIGHUP or _has_terminal():
                raise Stopped
            reload = True
        return reload

    @property
    def impatient(self) -> bool:
        """Another signal came while stopping."""
        return bool(self._came)

    def forget(self) -> None:
        self._came.clear()


def _has_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False
