"""Reasons to refuse a seat, a party, a team's reservation or a swap, by name; the general ones are in refusals.

Refused
├── about who may serve   AgeLow AgeHigh GuardianRequired MinorDangerous CourseRequired SkillRequired MembersOnly
│                         DailyCap WeeklyCap Suspended InsuranceCutoff AgreementRequired
├── about a party         PartyTooLarge InvitationUnknown NotYourChild
├── about who is entered  ConsentMissing NoSeatLeft
├── about a reservation   NotTheLeader SeatsTooFew NotOnTheList NamesUnclear
├── about a swap          SwapUnknown NotARosterSeat LineWaits NothingToExchange
└── about a decision      NotPending
"""

from __future__ import annotations

from datetime import date, datetime

from bot.services.refusals import Refused


class AgeLow(Refused):
    """``day``: the day of the shift, on which the age counts."""

    code = "AGE_LOW"

    def __init__(self, limit: int, day: date) -> None:
        self.limit, self.day = limit, day


class AgeHigh(Refused):
    code = "AGE_HIGH"

    def __init__(self, limit: int, day: date) -> None:
        self.limit, self.day = limit, day


class GuardianRequired(Refused):
    """Under 18 on that day, and no guardian has agreed yet (志愿服务条例 第7条)."""

    code = "GUARDIAN_REQUIRED"


class MinorDangerous(Refused):
    """Nobody may let a minor take part in this, whatever their role (志愿服务条例 第15条)."""

    code = "MINOR_DANGEROUS"


class CourseRequired(Refused):
    """``names``: the courses to be completed first (67号令 第8条)."""

    code = "COURSE_REQUIRED"

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names


class SkillRequired(Refused):
    code = "SKILL_REQUIRED"

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names


class MembersOnly(Refused):
    """``team``: its name; ``team_code`` is what people type."""

    code = "MEMBERS_ONLY"

    def __init__(self, team: str, team_code: str) -> None:
        self.team, self.team_code = team, team_code


class DailyCap(Refused):
    """``limit`` and ``planned`` (with this shift) in minutes."""

    code = "DAILY_CAP"

    def __init__(self, limit: int, planned: int) -> None:
        self.limit, self.planned = limit, planned


class WeeklyCap(Refused):
    code = "WEEKLY_CAP"

    def __init__(self, limit: int, planned: int) -> None:
        self.limit, self.planned = limit, planned


class Suspended(Refused):
    code = "SUSPENDED"

    def __init__(self, until: datetime, reason: str) -> None:
        self.until, self.reason = until, reason


class InsuranceCutoff(Refused):
    """The list went to the insurer; only the leader may still add somebody, as uninsured."""

    code = "INSURANCE_CUTOFF"

    def __init__(self, closed_at: datetime, leader: str, contact: str) -> None:
        self.closed_at, self.leader, self.contact = closed_at, leader, contact


class AgreementRequired(Refused):
    """A written agreement is needed first (浙江省志愿服务条例 第21条)."""

    code = "AGREEMENT_REQUIRED"

    def __init__(self, activity_id: int) -> None:
        self.activity_id = activity_id


class PartyTooLarge(Refused):
    """More people than the shift has seats, or than may come as one party."""

    code = "PARTY_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        self.limit = limit


class NotYourChild(Refused):
    """Only a guardian whose consent is in force signs up a child."""

    code = "NOT_YOUR_CHILD"


class InvitationUnknown(Refused):
    """No open invitation has this code: mistyped, used, or its time is over."""

    code = "INVITATION_UNKNOWN"


class NotTheLeader(Refused):
    """Seats for a team are reserved by one of its leaders."""

    code = "NOT_THE_LEADER"


class SeatsTooFew(Refused):
    """``free``: seats that nobody before has a claim to."""

    code = "SEATS_TOO_FEW"

    def __init__(self, free: int, wanted: int) -> None:
        self.free, self.wanted = free, wanted


class NotOnTheList(Refused):
    """The seats left of the reservation are for others who were named."""

    code = "NOT_ON_THE_LIST"

    def __init__(self, team: str) -> None:
        self.team = team


class NamesUnclear(Refused):
    """``lines``: those of the list without a name and a mobile number."""

    code = "NAMES_UNCLEAR"

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines


class SwapUnknown(Refused):
    """No open swap has this code, or it is one's own."""

    code = "SWAP_UNKNOWN"


class NotARosterSeat(Refused):
    """Only a confirmed seat of a roster is handed over from person to person."""

    code = "NOT_A_ROSTER_SEAT"


class LineWaits(Refused):
    """Somebody waits for this shift: the seat is theirs, not a friend's."""

    code = "LINE_WAITS"

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting


class NothingToExchange(Refused):
    """The other side does not hold the seat that is wanted in return."""

    code = "NOTHING_TO_EXCHANGE"


class NotPending(Refused):
    """Decided already, or never asked."""

    code = "NOT_PENDING"

    def __init__(self, state: str = "") -> None:
        self.state = state


class ConsentMissing(Refused):
    """Somebody is entered by the office who has not agreed that name and number are kept (个人信息保护法 第13条)."""

    code = "CONSENT_MISSING"


class NoSeatLeft(Refused):
    """At the door, and every seat is taken: more seats first."""

    code = "NO_SEAT_LEFT"

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
