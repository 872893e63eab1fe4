"""Why something about a team, or about an activity one leads, is refused; the sentences are in handlers.

Refused
├── about a team      TeamUnknown TeamIncomplete TeamNotOpen AlreadyInTeam NotInTeam LastLeader
├── about a decision  NothingToDecide NotYoursToDecide ReasonMissing
└── about leading     AppointmentInvalid EndOutOfBounds AlreadySettled NotBegun OutcomeUnclear WordsNotFit
"""

from __future__ import annotations

from datetime import datetime

from bot.services.refusals import Refused


class TeamUnknown(Refused):
    code = "TEAM_UNKNOWN"

    def __init__(self, team: str = "") -> None:
        self.team = team


class TeamIncomplete(Refused):
    """``fields`` name what is missing or impossible."""

    code = "TEAM_INCOMPLETE"

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields


class TeamNotOpen(Refused):
    """Closed for ever (``closed``), or taking nobody at present."""

    code = "TEAM_NOT_OPEN"

    def __init__(self, name: str, *, closed: bool) -> None:
        self.name, self.closed = name, closed


class AlreadyInTeam(Refused):
    """``state``: applied or active."""

    code = "ALREADY_IN_TEAM"

    def __init__(self, team: str, name: str, state: str) -> None:
        self.team, self.name, self.state = team, name, state


class NotInTeam(Refused):
    code = "NOT_IN_TEAM"

    def __init__(self, name: str = "") -> None:
        self.name = name


class LastLeader(Refused):
    """A team never loses its last leader silently: somebody else must lead it first, or staff close it."""

    code = "LAST_LEADER"

    def __init__(self, team: str, name: str) -> None:
        self.team, self.name = team, name


class NothingToDecide(Refused):
    """Somebody else has decided already, or it was taken back."""

    code = "NOTHING_TO_DECIDE"


class NotYoursToDecide(Refused):
    code = "NOT_YOURS_TO_DECIDE"


class ReasonMissing(Refused):
    """Whoever is refused or put out is told why."""

    code = "TEAM_REASON"


class AppointmentInvalid(Refused):
    """The code is wrong, used or too old; which of these is not told."""

    code = "APPOINTMENT_INVALID"


class NotBegun(Refused):
    code = "NOT_BEGUN"

    def __init__(self, starts_at: datetime) -> None:
        self.starts_at = starts_at


class AlreadySettled(Refused):
    code = "ALREADY_SETTLED"

    def __init__(self, settled_at: datetime) -> None:
        self.settled_at = settled_at


class EndOutOfBounds(Refused):
    """An end must lie after ``earliest`` and not after ``latest``."""

    code = "END_OUT_OF_BOUNDS"

    def __init__(self, earliest: datetime, latest: datetime) -> None:
        self.earliest, self.latest = earliest, latest


class OutcomeUnclear(Refused):
    code = "OUTCOME_UNCLEAR"


class WordsNotFit(Refused):
    """``why``: phone (a number people should not be told this way), long."""

    code = "WORDS_NOT_FIT"

    def __init__(self, why: str) -> None:
        self.why = why
