"""Reasons to refuse about presence, by name: codes, words of leaders, records entered later, appeals.

Refused
├── about a code     TooManyTries
├── about a name     NobodySo SeveralSo
├── about a sheet    PosterTooEarly PosterTooLate
├── about an event   EventUnknown EventAnswered SamePerson
└── about a claim    NothingToAppeal ClaimImpossible AppealUnknown AppealDecided ReasonMissing
"""

from __future__ import annotations

from datetime import datetime

from bot.services.refusals import Refused


class TooManyTries(Refused):
    """Wrong codes: nothing is looked at before ``until``, the right code neither."""

    code = "CHECK_IN_TRIES"

    def __init__(self, until: datetime) -> None:
        self.until = until


class NobodySo(Refused):
    """Nobody of this name (and these last digits) is on the list of the shift."""

    code = "NOBODY_SO"

    def __init__(self, name: str) -> None:
        self.name = name


class SeveralSo(Refused):
    """``number`` people of this name: the last four digits of the phone tell them apart."""

    code = "SEVERAL_SO"

    def __init__(self, name: str, number: int) -> None:
        self.name, self.number = name, number


class EventUnknown(Refused):
    """No such event waits for a person."""

    code = "EVENT_UNKNOWN"

    def __init__(self, event_id: int) -> None:
        self.event_id = event_id


class EventAnswered(Refused):
    """Somebody has decided already."""

    code = "EVENT_ANSWERED"

    def __init__(self, event_id: int) -> None:
        self.event_id = event_id


class SamePerson(Refused):
    """Two human beings must decide, and nobody about themselves."""

    code = "SAME_PERSON"


class NothingToAppeal(Refused):
    """No record of this person is missing anything; ``until`` when the time to say so is over."""

    code = "NOTHING_TO_APPEAL"

    def __init__(self, until: datetime | None = None) -> None:
        self.until = until


class ClaimImpossible(Refused):
    """The time claimed must lie after ``after`` and not after ``before``."""

    code = "CLAIM_IMPOSSIBLE"

    def __init__(self, after: datetime, before: datetime) -> None:
        self.after, self.before = after, before


class AppealUnknown(Refused):
    code = "APPEAL_UNKNOWN"

    def __init__(self, appeal_id: int) -> None:
        self.appeal_id = appeal_id


class AppealDecided(Refused):
    """``state``: upheld or refused."""

    code = "APPEAL_DECIDED"

    def __init__(self, appeal_id: int, state: str) -> None:
        self.appeal_id, self.state = appeal_id, state


class ReasonMissing(Refused):
    """A refusal tells why."""

    code = "APPEAL_REASON"


class PosterTooEarly(Refused):
    """WeChat keeps a code for thirty days: from ``possible_from`` on one outlives the shift."""

    code = "POSTER_TOO_EARLY"

    def __init__(self, possible_from: datetime) -> None:
        self.possible_from = possible_from


class PosterTooLate(Refused):
    """Nobody checks in any more."""

    code = "POSTER_TOO_LATE"
