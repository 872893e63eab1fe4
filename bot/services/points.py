"""Points (益币): issued from hours, put aside for orders, given back, adjusted; every balance is a sum of legs.

Rates (INV 25). What a person is due follows from their credit minutes and the day each is dated: every version of
``points`` in the settings prices the tenths of hours that were completed by the minutes dated while it held. Minutes
left over when a version ends are carried into the next, so nothing is lost, and a version that changes only the expiry
changes nobody's points. A later version never reaches back before its own day. A lot expires by the version in force
on the day it was issued; that is the ``rule_since`` of its transaction.

Debt. Taking back hours takes back points, from the newest lots first; what was spent already becomes a debt, kept
on the user's account without a lot. Whatever comes in pays a debt first, so nobody holds lots and owes at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import hours, lots
from bot.services import points_book as book
from bot.services.identities import current, same
from bot.services.points_book import Leg
from bot.services.refusals.merits import PointsShort
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import LedgerEntry, Person, PointsLeg, PointsTransaction

ISSUING = ("issue", "reverse")


@dataclass(frozen=True)
class Movement:
    """One line of 积分明细: ``kind`` as in PointsTransaction, ``amount`` in tenths, signed."""

    at: datetime
    kind: str
    amount: int
    reason: str


def shown(tenths: int) -> str:
    """265 → 26.5, 200 → 20, -15 → -1.5."""
    whole, tenth = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}" + (f".{tenth}" if tenth else "")


def balance(db: Session, person_id: int) -> int:
    """In tenths; below zero only after a reversal of hours whose points were spent."""
    owned = select(func.sum(PointsLeg.amount)).where(PointsLeg.account.in_(book.accounts(db, person_id)))
    return int(db.scalars(owned).one() or 0)


def balances(db: Session, owners: Mapping[int, int]) -> Counter[int]:
    """The balance of many by the record in use; ``owners`` as `identities.owners` gives them."""
    owned = {book.user(record): owner for record, owner in owners.items()}
    summed = select(PointsLeg.account, func.sum(PointsLeg.amount)).where(PointsLeg.account.in_(list(owned)))
    found: Counter[int] = Counter()
    for account, amount in db.execute(summed.group_by(PointsLeg.account)):
        found[owned[account]] += int(amount)
    return found


def history(db: Session, person_id: int, *, limit: int, offset: int = 0) -> list[Movement]:
    """What moved the balance, newest first."""
    amount = func.sum(PointsLeg.amount)
    moved = (
        select(PointsTransaction, amount)
        .join(PointsLeg, PointsLeg.transaction_id == PointsTransaction.id)
        .where(PointsLeg.account.in_(book.accounts(db, person_id)))
        .group_by(PointsTransaction.id)
        .having(amount != 0)
        .order_by(PointsTransaction.id.desc())
    )
    return [
        Movement(row.at, row.kind, int(sum_), row.reason)
        for row, sum_ in db.execute(moved.limit(limit).offset(offset))
    ]  # fmt: skip


# -- from hours --------------------------------------------------------------------------------------


def issue(db: Session, person_id: int, now: datetime, rules: Rules = USUAL) -> int:
    """Bring what was issued to what the credit minutes are worth; returns the change in tenths, negative after a
    reversal, 0 when all is well. Honour and imported minutes earn nothing. Locks the person."""
    writing(db)
    person_id = current(db, person_id)
    locked(db, Person, person_id)
    lots.settle_debt(db, person_id, now, rules)
    owned = book.accounts(db, person_id)
    came, times = _issued(db, owned)
    change = due(db, person_id, rules) - came
    if change:
        kind, key = ("issue" if change > 0 else "reverse"), f"issue:{person_id}:{times + 1}"
        legs = [Leg(book.ISSUE, -change), *_into(db, owned, change)]
        reason = _latest_title(db, person_id)
        book.post(db, key=key, kind=kind, legs=legs, person_id=person_id, now=now, rules=rules, reason=reason)
    return change


def due(db: Session, person_id: int, rules: Rules) -> int:
    """What this person's credit minutes are worth, in tenths; how rates count stands above."""
    versions = rules.volunteering.points
    worth = before = 0
    for version, following in zip(versions, (*versions[1:], None), strict=True):
        last = following.since - timedelta(days=1) if following else None
        tenths = max(0, hours.total(db, person_id, last=last).credit) // 6
        worth += version.per_hour * (tenths - before)
        before = tenths
    return worth


def _issued(db: Session, owned: Sequence[str]) -> tuple[int, int]:
    """What the hours have brought so far, spent or not, and in how many transactions."""
    came = (
        select(func.coalesce(func.sum(PointsLeg.amount), 0), func.count(PointsTransaction.id.distinct()))
        .join(PointsTransaction, PointsLeg.transaction_id == PointsTransaction.id)
        .where(PointsLeg.account.in_(owned), PointsTransaction.kind.in_(ISSUING))
    )
    amount, times = db.execute(came).one()
    return int(amount), times


def _into(db: Session, owned: Sequence[str], change: int) -> list[Leg]:
    """The user's legs of a change: up in a lot of its own, down from the newest lots, what they lack is owed."""
    held = book.held(db, owned)
    if change > 0:
        return book.paying(book.debts(held), owned[0], change, book.OWN_LOT)
    newest = sorted((one for one in held if one.lot_id is not None), key=lambda one: one.lot_id or 0, reverse=True)
    legs = [Leg(one.account, -taken, one.lot_id) for one, taken in book.enough(newest, -change)]
    owed = change - sum(leg.amount for leg in legs)
    return legs + [Leg(owned[0], owed)] * bool(owed)


def _latest_title(db: Session, person_id: int) -> str:
    """Of the entry that brought this about: the ledger's latest."""
    entries = select(LedgerEntry.title).where(LedgerEntry.person_id.in_(same(person_id)), LedgerEntry.kind == "credit")
    return db.scalars(entries.order_by(LedgerEntry.id.desc()).limit(1)).first() or ""


# -- spending: the caller holds the person's lock, and hours are never touched -----------------------


def order(db: Session, person_id: int, redemption_id: int, cost: int, now: datetime, rules: Rules, title: str) -> None:
    """Put ``cost`` aside for a redemption, what expires first first. Raises PointsShort."""
    lots.expire_of(db, person_id, now, rules)
    held = book.held(db, book.accounts(db, person_id))
    have = sum(one.amount for one in held)
    if have < cost:
        raise PointsShort(have, cost)
    key, aside = f"order:{redemption_id}", book.escrow(redemption_id)
    legs = [leg for one, amount in book.enough(held, cost) for leg in book.moved(one, amount, aside)]
    book.post(db, key=key, kind="order", legs=legs, person_id=person_id, now=now, rules=rules, reason=title)


def use(
    db: Session, person_id: int, redemption_id: int, staff_id: int, now: datetime, rules: Rules, title: str
) -> None:
    """What was put aside goes to whoever handed the reward out."""
    to = book.merchant(staff_id)
    legs = [leg for one in book.held(db, [book.escrow(redemption_id)]) for leg in book.moved(one, one.amount, to)]
    key, by = f"use:{redemption_id}", f"staff:{staff_id}"
    book.post(
        db, key=key, kind="use", legs=legs, person_id=person_id, now=now, rules=rules, reason=title, entered_by=by
    )  # fmt: skip


def give_back(db: Session, person_id: int, redemption_id: int, now: datetime, rules: Rules, title: str) -> None:
    """What was put aside returns with the expiry it had; a debt made meanwhile is paid first."""
    owned = book.accounts(db, person_id)
    owed = book.debts(book.held(db, owned))
    legs: list[Leg] = []
    for one in book.held(db, [book.escrow(redemption_id)]):
        legs += [Leg(one.account, -one.amount, one.lot_id), *book.paying(owed, owned[0], one.amount, one.lot_id)]
    key = f"return:{redemption_id}"
    book.post(db, key=key, kind="return", legs=legs, person_id=person_id, now=now, rules=rules, reason=title)


def adjust(
    db: Session, person_id: int, tenths: int, *, key: str, reason: str, actor: str, now: datetime, rules: Rules = USUAL
) -> PointsTransaction:
    """A correction by hand, up or down, or all of it when somebody asked to be forgotten; never below zero.

    ``key`` makes it single: said again, the first is returned. Raises PointsShort.
    """
    writing(db)
    person_id, key = current(db, person_id), f"adjust:{key}"
    locked(db, Person, person_id)
    if (done := book.known(db, key)) is not None:
        return done
    have = balance(db, person_id)
    if have + tenths < 0 > tenths:
        raise PointsShort(have, -tenths)
    legs = [Leg(book.ADJUST, -tenths), *_into(db, book.accounts(db, person_id), tenths)]
    return book.post(
        db, key=key, kind="adjust", legs=legs, person_id=person_id, now=now, rules=rules, reason=reason,
        entered_by=actor,
    )  # fmt: skip
