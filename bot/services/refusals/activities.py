"""Why something about an activity, a roster, a campaign or a policy is refused, by name.

Refused
├── about its state    WrongState SomebodyRegistered
├── about a review     SameHuman
├── about safety       DangerousForMinors PolicyMissing PolicyUnknown
├── about a roster     RosterInvalid
└── about a campaign   NotClaimable AlreadyClaimed NotTeamLeader
"""

from __future__ import annotations

from datetime import date, datetime

from bot.services.refusals import Refused


class WrongState(Refused):
    """The activity's ``state`` does not know this ``event``: a draft is not cancelled, what is over not withdrawn."""

    code = "WRONG_STATE"

    def __init__(self, state: str, event: str) -> None:
        self.state, self.event = state, event


class SomebodyRegistered(Refused):
    """Withdrawing is for what nobody ever registered for; with ``number`` registrations it is cancelled instead."""

    code = "SOMEBODY_REGISTERED"

    def __init__(self, number: int) -> None:
        self.number = number


class SameHuman(Refused):
    """Nobody approves what they wrote themselves, under whatever account."""

    code = "SAME_HUMAN"


class DangerousForMinors(Refused):
    """Who is under 18 takes no part in what is dangerous (浙江省志愿服务条例 第9条): no role may allow it."""

    code = "DANGEROUS_FOR_MINORS"

    def __init__(self, min_age: int) -> None:
        self.min_age = min_age


class PolicyMissing(Refused):
    """What may endanger needs a policy for every shift (志愿服务条例 第17条); ``starts_at``: the first without."""

    code = "POLICY_MISSING"

    def __init__(self, starts_at: datetime) -> None:
        self.starts_at = starts_at


class PolicyUnknown(Refused):
    code = "POLICY_UNKNOWN"

    def __init__(self, number: str) -> None:
        self.number = number


class RosterInvalid(Refused):
    """``fields``: of weekdays, slots, first_on, last_on, except_on, those that are missing or impossible."""

    code = "ROSTER_INVALID"

    def __init__(self, fields: tuple[str, ...], day: date | None = None) -> None:
        self.fields, self.day = fields, day


class NotClaimable(Refused):
    code = "NOT_CLAIMABLE"


class AlreadyClaimed(Refused):
    """The first team that claims a part has it."""

    code = "ALREADY_CLAIMED"

    def __init__(self, team: str) -> None:
        self.team = team


class NotTeamLeader(Refused):
    """Only a leader takes something on for a team."""

    code = "NOT_TEAM_LEADER"
