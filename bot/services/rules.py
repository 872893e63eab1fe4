"""The numbers that rules depend on, as one value handed in by whoever joins the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.settings import Conversation, Settings
from bot.settings_voice import Voice
from bot.settings_volunteering import Attendance, Volunteering


class Version(Protocol):
    @property
    def since(self) -> date: ...


V = TypeVar("V", bound=Version)


@dataclass(frozen=True)
class Rules:
    """``waitlist_limit``: for shifts that set none. ``cancel_free_hours``: cancelling nearer to the start is late.

    ``attendance``, ``volunteering``, ``voice`` and ``conversation`` are the sections of config.yaml with these names.
    """

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    waitlist_limit: int = 50
    cancel_free_hours: int = 24
    attendance: Attendance = field(default_factory=Attendance)
    volunteering: Volunteering = field(default_factory=Volunteering)
    voice: Voice = field(default_factory=Voice)
    conversation: Conversation = field(default_factory=Conversation)

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        return cls(
            timezone=ZoneInfo(settings.organisation.timezone),
            waitlist_limit=settings.registrations.waitlist_limit,
            cancel_free_hours=settings.registrations.cancel_free_hours,
            attendance=settings.attendance,
            volunteering=settings.volunteering,
            voice=settings.voice,
            conversation=settings.conversation,
        )


def in_force(versions: Sequence[V], day: date) -> V:
    """The newest version that had begun on ``day``; before the first, the first."""
    begun = [version for version in versions if version.since <= day]
    return begun[-1] if begun else versions[0]


USUAL = Rules()
