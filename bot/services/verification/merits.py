"""What must hold of points, redemptions and stars, for ``db verify``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from bot.services import rewards
from bot.services.breaches import Breach
from bot.services.stars import PENDING
from bot.storage.crypto import Cipher
from bot.storage.models import PointsLeg, PointsLot, PointsTransaction, Redemption, Reward, StarAward

REDEMPTION_STATES = {"ordered", "used", "cancelled", "expired"}
STAR_STATES = {*PENDING, "granted", "refused"}
_AMOUNT = func.sum(PointsLeg.amount)


def _balanced(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    per = (
        select(PointsTransaction.id, func.coalesce(_AMOUNT, 0), func.count(PointsLeg.id))
        .outerjoin(PointsLeg, PointsLeg.transaction_id == PointsTransaction.id)
        .group_by(PointsTransaction.id)
        .having((func.coalesce(_AMOUNT, 0) != 0) | (func.count(PointsLeg.id) < 2))
    )
    for id, total, legs in db.execute(per):
        yield Breach("points_unbalanced", f"{legs} legs that sum to {total}", (id,))


def _lots(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """An account never holds less than nothing of a lot; only reversed hours leave a debt, which has no lot."""
    held = select(PointsLeg.account, PointsLeg.lot_id, _AMOUNT).where(~PointsLeg.account.startswith("system:"))
    for account, lot_id, total in db.execute(held.group_by(PointsLeg.account, PointsLeg.lot_id)):
        if lot_id is not None and total < 0:
            yield Breach("points_overdrawn", f"{total} left of lot {lot_id}", (account,))
        if lot_id is None and total > 0:
            yield Breach("points_without_lot", f"{total} that belong to no lot", (account,))
    owed = (
        select(PointsLeg.transaction_id)
        .join(PointsTransaction, PointsLeg.transaction_id == PointsTransaction.id)
        .where(PointsLeg.account.startswith("user:"), PointsLeg.lot_id.is_(None), PointsLeg.amount < 0)
        .where(PointsTransaction.kind != "reverse")
    )
    for id in db.scalars(owed):
        yield Breach("points_owed", "a debt that no reversal of hours made", (id,))
    lot = select(PointsLeg.lot_id).join(PointsLot, PointsLot.transaction_id == PointsLeg.lot_id, isouter=True)
    unknown = lot.where(PointsLeg.lot_id.is_not(None), PointsLot.transaction_id.is_(None))
    for lot_id in db.scalars(unknown.distinct()):
        yield Breach("lot_unknown", f"nobody knows when lot {lot_id} expires", (f"lot:{lot_id}",))


def _escrow(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """What is put aside is the price of what is ordered, and nothing once that is over."""
    account = literal("escrow:") + cast(Redemption.id, String)
    aside = (
        select(Redemption.id, Redemption.state, Redemption.cost, func.coalesce(_AMOUNT, 0))
        .outerjoin(PointsLeg, PointsLeg.account == account)
        .group_by(Redemption.id, Redemption.state, Redemption.cost)
    )
    for id, state, cost, held in db.execute(aside):
        if state not in REDEMPTION_STATES:
            yield Breach("redemption_state", f"unknown state {state!r}", (id,))
        elif held != (cost if state == "ordered" else 0):
            yield Breach("redemption_escrow", f"{state}, but {held} of {cost} are put aside", (id,))


def _stock(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for reward in db.scalars(select(Reward)).all():
        if (left := rewards.left(db, reward)) < 0:
            yield Breach("reward_oversold", f"{-left} more than there are", (reward.id,))


def _stars(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for award in db.scalars(select(StarAward)).all():
        if award.state not in STAR_STATES:
            yield Breach("star_state", f"unknown state {award.state!r}", (award.id,))
        elif award.state in ("announced", "granted") and (award.announced_until is None or not award.decided_by):
            yield Breach("star_skipped", f"{award.state} without a decision and an announcement", (award.id,))
        elif award.state == "granted" and (
            award.granted_at is None or award.announced_until is None or award.granted_at < award.announced_until
        ):
            yield Breach("star_early", "granted before the announcement was over", (award.id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _balanced,
    _lots,
    _escrow,
    _stock,
    _stars,
)
