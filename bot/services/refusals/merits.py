"""Reasons to refuse about points, rewards and stars.

Refused
├── about a reward      RewardUnknown RewardNotOffered RewardGone RewardLimit PriceChanged PointsShort
├── about a redemption  RedemptionUnknown RedemptionOver CodesLocked
└── about a star        NotVolunteer StarNotReached StarPending StarUnknown StarDecided ReasonMissing OwnStar
"""

from __future__ import annotations

from datetime import datetime

from bot.services.refusals import Refused


class RewardUnknown(Refused):
    code = "REWARD_UNKNOWN"


class RewardNotOffered(Refused):
    """Outside its window. ``opens_at``: when it will be offered, None if that is over."""

    code = "REWARD_NOT_OFFERED"

    def __init__(self, title: str, opens_at: datetime | None) -> None:
        self.title, self.opens_at = title, opens_at


class RewardGone(Refused):
    """Nothing left in stock."""

    code = "REWARD_GONE"

    def __init__(self, title: str) -> None:
        self.title = title


class RewardLimit(Refused):
    """So many a person and year, and this person has had them."""

    code = "REWARD_LIMIT"

    def __init__(self, title: str, limit: int) -> None:
        self.title, self.limit = title, limit


class PriceChanged(Refused):
    """Between being shown and being agreed to. ``cost`` in tenths."""

    code = "PRICE_CHANGED"

    def __init__(self, title: str, cost: int) -> None:
        self.title, self.cost = title, cost


class PointsShort(Refused):
    """``balance`` and ``cost`` in tenths; the balance may be below zero."""

    code = "POINTS_SHORT"

    def __init__(self, balance: int, cost: int) -> None:
        self.balance, self.cost = balance, cost


class RedemptionUnknown(Refused):
    """No such redemption of this person, or none that this merchant hands out."""

    code = "REDEMPTION_UNKNOWN"


class RedemptionOver(Refused):
    """``state``: used, cancelled or expired, since ``at``."""

    code = "REDEMPTION_OVER"

    def __init__(self, title: str, state: str, at: datetime) -> None:
        self.title, self.state, self.at = title, state, at


class CodesLocked(Refused):
    """Too many wrong codes from this counter."""

    code = "CODES_LOCKED"

    def __init__(self, until: datetime) -> None:
        self.until = until


class NotVolunteer(Refused):
    """Stars are for registered volunteers."""

    code = "NOT_VOLUNTEER"


class StarNotReached(Refused):
    """``missing`` minutes to ``star``."""

    code = "STAR_NOT_REACHED"

    def __init__(self, star: int, missing: int) -> None:
        self.star, self.missing = star, missing


class StarPending(Refused):
    """An application is under way: ``state`` applied or announced."""

    code = "STAR_PENDING"

    def __init__(self, star: int, state: str) -> None:
        self.star, self.state = star, state


class StarUnknown(Refused):
    code = "STAR_UNKNOWN"

    def __init__(self, award_id: int) -> None:
        self.award_id = award_id


class StarDecided(Refused):
    """``state``: granted, refused, or announced and waiting for the end of that."""

    code = "STAR_DECIDED"

    def __init__(self, award_id: int, state: str) -> None:
        self.award_id, self.state = award_id, state


class ReasonMissing(Refused):
    """Whoever refuses says why."""

    code = "MERIT_REASON"


class OwnStar(Refused):
    """Nobody decides about themselves."""

    code = "OWN_STAR"
