"""When people are at work: from ``voice.opens`` to ``voice.closes`` of working days, holidays known."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services.questions.clocks import Clock
from bot.services.rules import Rules


def back_at(now: datetime, rules: Rules) -> datetime | None:
    """When people are back; None while they are there."""
    office = Clock(rules.timezone, True, rules.voice.opens, rules.voice.closes)
    opens = office.run(now, timedelta())
    return opens if opens > now else None
