"""The two clocks of a question: reviewed in 3 hours, answered in 3 days, in natural or in working time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.services import working_days
from bot.services.rules import Rules

ZERO = timedelta()


@dataclass(frozen=True)
class Clock:
    """``working``: only time between ``opens`` and ``closes`` of a working day counts; else every minute does."""

    zone: ZoneInfo
    working: bool
    opens: time
    closes: time

    @classmethod
    def of(cls, rules: Rules) -> Clock:
        voice = rules.voice
        return cls(rules.timezone, voice.clock == "working", voice.opens, voice.closes)

    def after(self, start: datetime, *, hours: int = 0, days: int = 0) -> datetime:
        """When so much time has run since ``start``; a working day is as long as the office is open."""
        if not self.working:
            return start + timedelta(hours=hours, days=days)
        return self.run(start, timedelta(hours=hours) + days * self._length)

    def run(self, start: datetime, length: timedelta) -> datetime:
        """When ``length`` of counted time has passed since ``start``."""
        if not self.working:
            return start + length
        at = start
        while True:
            begins, ends = self._window(at)
            at = max(at, begins)
            if at < ends and length <= ends - at:
                return at + length
            length -= max(ZERO, ends - at)
            at = self._midnight_after(at)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Counted time from ``start`` to ``end``."""
        if not self.working:
            return max(ZERO, end - start)
        counted, at = ZERO, start
        while at < end:
            begins, ends = self._window(at)
            counted += max(ZERO, min(end, ends) - max(at, begins))
            at = self._midnight_after(at)
        return counted

    @property
    def _length(self) -> timedelta:
        return timedelta(hours=self.closes.hour - self.opens.hour, minutes=self.closes.minute - self.opens.minute)

    def _window(self, at: datetime) -> tuple[datetime, datetime]:
        """The office hours of the day of ``at``; empty on a day that is none."""
        day = at.astimezone(self.zone).date()
        begins = datetime.combine(day, self.opens, self.zone)
        ends = datetime.combine(day, self.closes, self.zone) if working_days.is_working(day) else begins
        return begins.astimezone(at.tzinfo), ends.astimezone(at.tzinfo)

    def _midnight_after(self, at: datetime) -> datetime:
        day = at.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(day, time(), self.zone).astimezone(at.tzinfo)
