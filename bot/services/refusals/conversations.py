"""Reasons to refuse about conversations with people."""

from __future__ import annotations

from datetime import datetime

from bot.services.refusals import Refused


class OfficeClosed(Refused):
    """Outside office hours; people are back at ``opens_at``."""

    code = "OFFICE_CLOSED"

    def __init__(self, opens_at: datetime) -> None:
        self.opens_at = opens_at


class NobodyOnDuty(Refused):
    """Within office hours, but nobody who could be told is on duty."""

    code = "NOBODY_ON_DUTY"


class ConversationUnknown(Refused):
    """No such conversation, or none that this person may see."""

    code = "CONVERSATION_UNKNOWN"

    def __init__(self, number: int) -> None:
        self.number = number


class ConversationTaken(Refused):
    """A colleague has taken it."""

    code = "CONVERSATION_TAKEN"

    def __init__(self, number: int, keeper: str, since: datetime) -> None:
        self.number, self.keeper, self.since = number, keeper, since


class ConversationEnded(Refused):
    code = "CONVERSATION_ENDED"

    def __init__(self, number: int, ended_at: datetime) -> None:
        self.number, self.ended_at = number, ended_at


class SaidTooLong(Refused):
    """More than one message of WeChat holds."""

    code = "CONVERSATION_TOO_LONG"

    def __init__(self, length: int, most: int) -> None:
        self.length, self.most = length, most
