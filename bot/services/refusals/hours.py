"""Reasons to refuse about hours: what may not be recorded, settled, corrected or decided."""

from __future__ import annotations

from datetime import datetime

from bot.services.refusals import Refused


class NotVolunteering(Refused):
    """67号令 第19条: what is no volunteering is neither recorded nor certified."""

    code = "NOT_VOLUNTEERING"

    def __init__(self, kind: str) -> None:
        self.kind = kind


class TwoPeopleNeeded(Refused):
    """Whoever entered it cannot approve it, and nobody decides about their own hours."""

    code = "TWO_PEOPLE_NEEDED"


class NotOver(Refused):
    """Hours are settled after the end."""

    code = "NOT_OVER"

    def __init__(self, ends_at: datetime) -> None:
        self.ends_at = ends_at


class EntryUnknown(Refused):
    code = "ENTRY_UNKNOWN"


class AlreadyReversed(Refused):
    code = "ALREADY_REVERSED"


class AlreadyDecided(Refused):
    """``state``: what was decided."""

    code = "ALREADY_DECIDED"

    def __init__(self, state: str) -> None:
        self.state = state


class HoursImpossible(Refused):
    """``why``: minutes (not above 0, or more than the stretch), planned (more than the activity), evidence, reason."""

    code = "HOURS_IMPOSSIBLE"

    def __init__(self, why: str, most: int = 0) -> None:
        self.why, self.most = why, most


class NothingToDispute(Refused):
    """No hours of this activity were recorded for them, or they are settled for good."""

    code = "NOTHING_TO_DISPUTE"
