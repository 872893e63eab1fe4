"""The log of API calls: what was asked, what was answered, with secrets blacked out."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from typing import Any

SECRETS = {"access_token", "secret", "appsecret", "refresh_token", "app_secret"}
KEPT = 5000
MAX_BODY = 20_000


class Calls:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
            self._numbers = itertools.count(1)

    def note(self, **call: Any) -> None:
        with self._lock:
            self._kept.append({"seq": next(self._numbers), **call})

    def listed(self, after: int = 0, path: str = "", limit: int = KEPT) -> list[dict[str, Any]]:
        """Newest last."""
        with self._lock:
            kept = list(self._kept)
        found = [call for call in kept if call["seq"] > after and (not path or call["path"] == path)]
        return found[-limit:] if limit else []

    def by_rid(self, rid: str) -> dict[str, Any] | None:
        with self._lock:
            return next((call for call in reversed(self._kept) if call["rid"] == rid), None)


def redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "***" if k in SECRETS and v else redacted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [redacted(one) for one in value]
    return value
