"""Every reason to refuse, by name, with what a sentence about it needs to know. The sentences are the faces'.

Refused
├── about the shift    SignupNotOpen SignupClosed ShiftStarted ActivityCancelled ShiftUnknown
├── about the person   AlreadyRegistered ProfileMissing TimeConflict
├── about the seats    ShiftFull WaitlistFull
├── about an answer    NotRegistered NoOffer OfferExpired
├── about a profile    NameInvalid PhoneInvalid IdentityInvalid
├── about staff's acts ActivityIncomplete CapacityBelowTaken
├── about an alert     AlertUnknown AlertTaken AlertClosed
└── Busy               try again
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True)
class Other:
    """The registration that stands in the way, or close by."""

    registration_id: int
    code: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime


class Refused(Exception):
    """A rule said no and nothing was changed. ``code`` is stable: statistics and tests count by it."""

    code: ClassVar[str] = "REFUSED"

    def __str__(self) -> str:
        return f"{self.code} {vars(self)}"


class ShiftUnknown(Refused):
    code = "SHIFT_UNKNOWN"


class SignupNotOpen(Refused):
    code = "NOT_OPEN_YET"

    def __init__(self, opens_at: datetime) -> None:
        self.opens_at = opens_at


class SignupClosed(Refused):
    code = "CLOSED"

    def __init__(self, closed_at: datetime) -> None:
        self.closed_at = closed_at


class ShiftStarted(Refused):
    code = "STARTED"

    def __init__(self, starts_at: datetime) -> None:
        self.starts_at = starts_at


class ActivityCancelled(Refused):
    code = "CANCELLED_ACT"

    def __init__(self, reason: str) -> None:
        self.reason = reason


class AlreadyRegistered(Refused):
    """``state``: confirmed, waiting (then ``place_in_line`` counts from 1) or offered (then accepting is meant)."""

    code = "ALREADY_IN"

    def __init__(self, registration_id: int, state: str, place_in_line: int | None = None) -> None:
        self.registration_id, self.state, self.place_in_line = registration_id, state, place_in_line


class ProfileMissing(Refused):
    """``fields``: of ``name`` and ``phone``, those not known yet."""

    code = "PROFILE_MISSING"

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields


class TimeConflict(Refused):
    code = "TIME_CONFLICT_HARD"

    def __init__(self, other: Other) -> None:
        self.other = other


class ShiftFull(Refused):
    """No seat free; ``place_in_line`` is the place one would get by queueing."""

    code = "FULL"

    def __init__(self, capacity: int, taken: int, place_in_line: int) -> None:
        self.capacity, self.taken, self.place_in_line = capacity, taken, place_in_line


class WaitlistFull(Refused):
    """``limit`` 0: this shift has no waiting list."""

    code = "WAITLIST_FULL"

    def __init__(self, capacity: int, limit: int) -> None:
        self.capacity, self.limit = capacity, limit


class NotRegistered(Refused):
    """There is no such registration of this person, or it has ended (``state``)."""

    code = "NOT_REGISTERED"

    def __init__(self, state: str = "") -> None:
        self.state = state


class NoOffer(Refused):
    """Nothing is on offer: ``state`` is the registration's."""

    code = "NO_OFFER"

    def __init__(self, state: str) -> None:
        self.state = state


class OfferExpired(Refused):
    code = "OFFER_EXPIRED"

    def __init__(self, expired_at: datetime) -> None:
        self.expired_at = expired_at


class NameInvalid(Refused):
    """``why``: empty, short, long, characters."""

    code = "NAME_INVALID"

    def __init__(self, why: str) -> None:
        self.why = why


class PhoneInvalid(Refused):
    """``why``: empty, digits (something else than digits), length, prefix (no mobile number begins so)."""

    code = "PHONE_INVALID"

    def __init__(self, why: str) -> None:
        self.why = why


class IdentityInvalid(Refused):
    """``why``: empty, length, form (characters), birth_date (no such day, or nobody alive), check (a wrong digit)."""

    code = "IDENTITY_INVALID"

    def __init__(self, why: str) -> None:
        self.why = why


class ActivityIncomplete(Refused):
    """``fields`` name what is missing or impossible before an activity may be published."""

    code = "ACTIVITY_INCOMPLETE"

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields


class CapacityBelowTaken(Refused):
    """Nobody is put out silently: staff cancel registrations by name first."""

    code = "CAPACITY_BELOW_TAKEN"

    def __init__(self, taken: int) -> None:
        self.taken = taken


class AlertUnknown(Refused):
    """No alert has this number."""

    code = "ALERT_UNKNOWN"

    def __init__(self, number: int) -> None:
        self.number = number


class AlertTaken(Refused):
    """Somebody else on duty has taken it over."""

    code = "ALERT_TAKEN"

    def __init__(self, number: int, keeper: str, since: datetime) -> None:
        self.number, self.keeper, self.since = number, keeper, since


class AlertClosed(Refused):
    code = "ALERT_CLOSED"

    def __init__(self, number: int, closed_at: datetime) -> None:
        self.number, self.closed_at = number, closed_at


class Busy(Refused):
    """Too many at once; nothing was written and the same message may be sent again."""

    code = "BUSY"
