"""Reasons to refuse about persons: registering, guardians, being forgotten."""

from __future__ import annotations

from datetime import date, datetime

from bot.services.refusals import Refused


class BirthDateMissing(Refused):
    """Asked only where an age decides."""

    code = "BIRTH_DATE_MISSING"


class BirthDateInvalid(Refused):
    """No such day, in the future, or longer ago than anybody lives."""

    code = "BIRTH_DATE_INVALID"


class IdentityTaken(Refused):
    """The number is registered under another name."""

    code = "IDENTITY_TAKEN"


class TooYoung(Refused):
    """中国注册志愿者管理办法 第7条: from 14 on; ``until``: the day that makes it possible."""

    code = "TOO_YOUNG"

    def __init__(self, until: date) -> None:
        self.until = until


class NeedsGuardian(Refused):
    """14 to 17: with the consent of the guardian."""

    code = "NEEDS_GUARDIAN"


class AlreadyVolunteer(Refused):
    """``state``: applied or registered."""

    code = "ALREADY_VOLUNTEER"

    def __init__(self, state: str, number: str = "") -> None:
        self.state, self.number = state, number


class NoVolunteer(Refused):
    code = "NO_VOLUNTEER"


class CodeUnknown(Refused):
    """No guardian's code like that, used already, or too old."""

    code = "CODE_UNKNOWN"


class TooManyTries(Refused):
    """``until``: when codes are looked at again."""

    code = "GUARDIAN_TRIES"

    def __init__(self, until: datetime) -> None:
        self.until = until


class GuardianUnfit(Refused):
    """``why``: self (nobody is their own guardian), age (a guardian is an adult), child (not between 8 and 13)."""

    code = "GUARDIAN_UNFIT"

    def __init__(self, why: str) -> None:
        self.why = why


class ErasureAsked(Refused):
    """Asked for already, to be done on ``due_at``."""

    code = "ERASURE_ASKED"

    def __init__(self, due_at: datetime) -> None:
        self.due_at = due_at


class NothingToWithdraw(Refused):
    code = "NOTHING_TO_WITHDRAW"


class TagRefused(Refused):
    """``why``: name, account_full, follower_full, nobody; ``about``: the name or openid that it is about."""

    code = "TAG_REFUSED"

    def __init__(self, why: str, about: str) -> None:
        self.why, self.about = why, about
