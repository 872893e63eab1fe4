"""The book of points: accounts, transactions whose legs sum to zero, and what an account holds, lot by lot.

Amounts are tenths of a point. Accounts: system:issue, system:expire, system:adjust, user:<person>,
escrow:<redemption>, merchant:<staff>. What bot/services/points.py and lots.py do ends here, in `post`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services.identities import current, same
from bot.services.rules import Rules, in_force
from bot.storage.audit import SYSTEM
from bot.storage.database import writing
from bot.storage.models import PointsLeg, PointsLot, PointsTransaction

ISSUE, EXPIRE, ADJUST = "system:issue", "system:expire", "system:adjust"
NEVER = datetime.max.replace(tzinfo=timezone.utc)
OWN_LOT = 0
"""As the lot of a leg: the one that its transaction makes."""


@dataclass(frozen=True)
class Leg:
    account: str
    amount: int
    lot_id: int | None = None


@dataclass(frozen=True)
class Held:
    """What an account has of one lot; without a lot and below zero it is a debt."""

    account: str
    lot_id: int | None
    amount: int
    expires_at: datetime | None


def user(person_id: int) -> str:
    return f"user:{person_id}"


def escrow(redemption_id: int) -> str:
    return f"escrow:{redemption_id}"


def merchant(staff_id: int) -> str:
    return f"merchant:{staff_id}"


def accounts(db: Session, person_id: int) -> list[str]:
    """Of all records that are this person; the one in use first."""
    person_id = current(db, person_id)
    ids = set(db.scalars(same(person_id)))
    return [user(person_id), *(user(id) for id in sorted(ids - {person_id}))]


def held(db: Session, owned: Sequence[str]) -> list[Held]:
    """What these accounts hold: what expires first first, what never expires last."""
    amount = func.sum(PointsLeg.amount)
    rows = db.execute(
        select(PointsLeg.account, PointsLeg.lot_id, amount, PointsLot.expires_at)
        .outerjoin(PointsLot, PointsLot.transaction_id == PointsLeg.lot_id)
        .where(PointsLeg.account.in_(owned))
        .group_by(PointsLeg.account, PointsLeg.lot_id, PointsLot.expires_at)
        .having(amount != 0)
    )
    found = [Held(account, lot_id, int(sum_), expires_at) for account, lot_id, sum_, expires_at in rows]
    return sorted(found, key=lambda one: (one.expires_at or NEVER, one.lot_id or 0, one.account))


def known(db: Session, key: str) -> PointsTransaction | None:
    return db.scalars(select(PointsTransaction).where(PointsTransaction.key == key)).one_or_none()


def post(
    db: Session,
    *,
    key: str,
    kind: str,
    legs: Iterable[Leg],
    person_id: int,
    now: datetime,
    rules: Rules,
    reason: str = "",
    entered_by: str = SYSTEM,
) -> PointsTransaction:
    """Write one transaction, once for each ``key``: said again, the first stands and is returned.

    Raises ValueError when the legs do not sum to zero: a mistake of ours, never of a follower.
    """
    writing(db)
    legs = list(legs)
    if not legs or sum(leg.amount for leg in legs) != 0:
        raise ValueError(f"the legs of {key} do not balance: {legs}")
    if (done := known(db, key)) is not None:
        return done
    since = in_force(rules.volunteering.points, now.astimezone(rules.timezone).date()).since
    row = PointsTransaction(
        kind=kind, key=key, reason=reason[:255], rule_since=since, entered_by=entered_by, at=now
    )  # fmt: skip
    db.add(row)
    db.flush()
    if any(leg.lot_id == OWN_LOT for leg in legs):
        db.add(PointsLot(transaction_id=row.id, person_id=person_id, expires_at=expiry(now, rules)))
        db.flush()
    for leg in legs:
        lot_id = row.id if leg.lot_id == OWN_LOT else leg.lot_id
        db.add(PointsLeg(transaction_id=row.id, account=leg.account, amount=leg.amount, lot_id=lot_id))
    db.flush()
    return row


def expiry(now: datetime, rules: Rules) -> datetime | None:
    """When what is issued now expires, at 23:59:59 in our time zone: at the end of next year, or in three years.

    The end of next year, so that nobody has less than a year: points for 30 December would be gone in a day.
    """
    local = now.astimezone(rules.timezone)
    match in_force(rules.volunteering.points, local.date()).expire:
        case "year_end":
            last = date(local.year + 1, 12, 31)
        case "three_years":
            leap_day = (local.month, local.day) == (2, 29)
            last = date(local.year + 3, local.month, 28 if leap_day else local.day)
        case _:
            return None
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=rules.timezone).astimezone(now.tzinfo)


# -- the legs of a movement --------------------------------------------------------------------------


def enough(of: Iterable[Held], amount: int) -> Iterator[tuple[Held, int]]:
    """How much of each, in this order, makes up ``amount``; less if they do not hold as much."""
    for one in of:
        taken = min(amount, one.amount)
        if taken > 0:
            amount -= taken
            yield one, taken


def moved(one: Held, amount: int, to: str) -> list[Leg]:
    return [Leg(one.account, -amount, one.lot_id), Leg(to, amount, one.lot_id)]


def debts(of: Iterable[Held]) -> dict[str, int]:
    """Account → what it owes."""
    return {one.account: -one.amount for one in of if one.lot_id is None}


def paying(owed: dict[str, int], account: str, amount: int, lot_id: int | None) -> list[Leg]:
    """The legs that bring ``amount`` in: to what is owed (noted in ``owed``), the rest to ``account`` in its lot."""
    legs: list[Leg] = []
    for owing, debt in owed.items():
        if paid := min(debt, amount):
            legs.append(Leg(owing, paid))
            owed[owing] -= paid
            amount -= paid
    return [*legs, Leg(account, amount, lot_id)] if amount else legs
