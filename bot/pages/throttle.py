"""So many requests in so many seconds from one visitor, counted in this process only: enough against guessing."""

from __future__ import annotations

import ipaddress
from threading import Lock

from flask import Request

MOST_VISITORS = 10_000


class Throttle:
    """A window that begins with a visitor's first request. ``now`` is a number of seconds."""

    def __init__(self, most: int, within_s: float) -> None:
        self._most, self._within_s = most, within_s
        self._windows: dict[str, tuple[float, int]] = {}
        self._lock = Lock()

    def allows(self, who: str, now: float) -> bool:
        with self._lock:
            since, count = self._windows.get(who, (now, 0))
            if not 0 <= now - since < self._within_s:
                since, count = now, 0
            if who not in self._windows and len(self._windows) >= MOST_VISITORS:
                self._windows.clear()  # a flood of addresses must not fill the memory
            self._windows[who] = (since, count + 1)
            return count < self._most


def visitor(request: Request) -> str:
    """The address: what nginx on this machine or network says it was, else the connection's own."""
    direct = request.remote_addr or ""
    try:
        behind_proxy = ipaddress.ip_address(direct).is_private
    except ValueError:
        behind_proxy = True
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded[:64] if behind_proxy and forwarded else direct
