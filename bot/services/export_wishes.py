"""What somebody wishes to have exported, and what every row of it needs to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.services.rules import Rules
from bot.storage.crypto import Cipher

Row = list[str | int | float]


@dataclass(frozen=True)
class Wish:
    """``first`` to ``last``, both included; ``code``: of one activity instead; ``whole``: numbers not masked."""

    kind: str
    first: date
    last: date
    code: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Reader:
    wish: Wish
    cipher: Cipher
    rules: Rules
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return self.rules.timezone

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.wish.first, time(), self.zone)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.wish.last + timedelta(days=1), time(), self.zone)

    def minute(self, at: datetime | None) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at else ""

    def day(self, at: datetime | None) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d}" if at else ""
