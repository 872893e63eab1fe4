"""Daily quotas, per-minute limits and the tools that show and clear them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bot.simulator.errors import ApiError
from bot.simulator.faults import Faults
from bot.simulator.state import State

DAILY = {
    "/cgi-bin/token": 2000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/menu/create": 1000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1000,
    "/cgi-bin/tags/create": 1000,
    "/cgi-bin/tags/get": 1000,
    "/cgi-bin/tags/update": 1000,
    "/cgi-bin/tags/members/batchtagging": 100_000,
    "/cgi-bin/media/upload": 100_000,
    "/cgi-bin/media/get": 200_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/user/info/batchget": 5_000_000,
    "/cgi-bin/user/info/updateremark": 10_000,
    "/cgi-bin/draft/add": 1000,
    "/cgi-bin/draft/get": 500,
    "/cgi-bin/draft/delete": 1000,
    "/cgi-bin/draft/update": 1000,
    "/cgi-bin/draft/count": 1000,
    "/cgi-bin/draft/batchget": 1000,
    "/cgi-bin/freepublish/submit": 100,
    "/cgi-bin/freepublish/get": 100,
    "/cgi-bin/freepublish/delete": 10,
    "/cgi-bin/freepublish/getarticle": 100,
    "/cgi-bin/freepublish/batchget": 100,
    "/cgi-bin/getcallbackip": 5000,
}
PER_MINUTE = {
    "/cgi-bin/stable_token": 10_000,
    "/cgi-bin/message/mass/sendall": 60,
    "/cgi-bin/message/mass/send": 60,
    "/sns/userinfo": 50_000,
}
CLEARS_PER_MONTH = 10
UNLIMITED = 10_000_000  # shown where WeChat counts but we know no limit


class Quotas:
    """Counts by path; the day ends at midnight in Beijing, by the simulated clock."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self.reset()

    def reset(self) -> None:
        self._minute: tuple[int, Counter[str]] = (0, Counter())

    def count(self, path: str) -> None:
        """One more call. Raises 45009 or 45011."""
        with self._state.lock:
            used = self._used()
            if used.get(path, 0) >= self.daily_limit(path):
                raise ApiError(45009)
            minute = int(self._state.clock.time() // 60)
            if minute != self._minute[0]:
                self._minute = (minute, Counter())
            if self._minute[1][path] >= self.minute_limit(path):
                raise ApiError(45011)
            self._minute[1][path] += 1
            used[path] = used.get(path, 0) + 1
            self._state.touch("quota")

    def daily_limit(self, path: str) -> float:
        return float(self._faults["quota"].get(path, DAILY.get(path, float("inf"))))

    def minute_limit(self, path: str) -> float:
        return float(self._faults["minute_quota"].get(path, PER_MINUTE.get(path, float("inf"))))

    def report(self, path: str) -> dict[str, Any]:
        """The answer of openapi/quota/get."""
        with self._state.lock:
            limit, used = self.daily_limit(path), self._used().get(path, 0)
        whole = UNLIMITED if limit == float("inf") else int(limit)
        quota = {"daily_limit": whole, "used": used, "remain": max(0, whole - used)}
        minute = self.minute_limit(path)
        return {"quota": quota} | (
            {} if minute == float("inf") else {"rate_limit": {"call_count": int(minute), "refresh_second": 60}}
        )

    def clear(self, path: str | None = None) -> None:
        """Set one counter, or all, back. At most ten times a month (48006)."""
        with self._state.lock:
            month = self._state.clock.beijing().strftime("%Y-%m")
            clears = self._state.shelf("clears")
            if clears.get(month, 0) >= CLEARS_PER_MONTH:
                raise ApiError(48006)
            clears[month] = clears.get(month, 0) + 1
            self._state.touch("clears")
            used = self._used()
            if path is None:
                used.clear()
            else:
                used.pop(path, None)
            self._state.touch("quota")

    def _used(self) -> dict[str, int]:
        today = self._state.clock.beijing().date().isoformat()
        shelf = self._state.shelf("quota")
        if shelf.get("day") != today:
            shelf.clear()
            shelf.update(day=today, used={})
        used: dict[str, int] = shelf["used"]
        return used
