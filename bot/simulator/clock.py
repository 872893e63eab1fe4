"""The simulated clock: the machine's time plus an offset that people and tests may move."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


class Clock:
    def __init__(self) -> None:
        self.offset_s = 0.0

    def time(self) -> float:
        """Seconds since 1970, as the simulated world counts them."""
        return time.time() + self.offset_s

    def set(self, moment: datetime) -> None:
        self.offset_s = moment.timestamp() - time.time()

    def advance(self, seconds: float) -> None:
        self.offset_s += seconds

    def beijing(self) -> datetime:
        return datetime.fromtimestamp(self.time(), BEIJING)


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def parse_moment(text: str) -> datetime:
    """ISO 8601; without an offset it is meant in Beijing, where the account lives."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
