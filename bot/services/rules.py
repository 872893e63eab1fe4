"""The numbers that rules depend on, as one value handed in by whoever joins the parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bot.settings import Settings


@dataclass(frozen=True)
class Rules:
    """``waitlist_limit``: for shifts that set none. ``cancel_free_hours``: cancelling nearer to the start is late."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    waitlist_limit: int = 50
    cancel_free_hours: int = 24

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        return cls(
            timezone=ZoneInfo(settings.organisation.timezone),
            waitlist_limit=settings.registrations.waitlist_limit,
            cancel_free_hours=settings.registrations.cancel_free_hours,
        )


USUAL = Rules()
