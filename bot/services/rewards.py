"""Rewards that points buy (益币商城): what is offered now, how much is left, and adding them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.services.refusals.merits import RewardUnknown
from bot.storage.database import locked, writing
from bot.storage.models import Redemption, Reward, Staff

LIVE = ("ordered", "used")
"""States of a redemption that take one from the stock and count for the year."""


@dataclass(frozen=True)
class OnOffer:
    """``cost`` in tenths of a point, ``left`` pieces, ``yearly`` at most for one person in a calendar year."""

    reward_id: int
    title: str
    about: str
    cost: int
    left: int
    yearly: int | None
    pickup: str
    valid_days: int


def offered(db: Session, now: datetime) -> list[OnOffer]:
    """What may be ordered now, the cheapest first; what is out of stock is shown too."""
    open_now = (
        select(Reward)
        .where(or_(Reward.offered_from.is_(None), Reward.offered_from <= now))
        .where(or_(Reward.offered_until.is_(None), Reward.offered_until > now))
        .order_by(Reward.cost, Reward.id)
    )
    return [on_offer(db, reward) for reward in db.scalars(open_now).all()]


def on_offer(db: Session, reward: Reward) -> OnOffer:
    return OnOffer(
        reward.id, reward.title, reward.about, reward.cost, left(db, reward), reward.per_person_yearly, reward.pickup,
        reward.valid_days,
    )  # fmt: skip


def left(db: Session, reward: Reward) -> int:
    """``stock`` is how many were ever put up; what is ordered or handed out is counted off. Exact while locked."""
    taken = select(func.count()).where(Redemption.reward_id == reward.id, Redemption.state.in_(LIVE))
    return reward.stock - db.scalars(taken).one()


def add(
    db: Session,
    *,
    title: str,
    cost: int,
    stock: int,
    merchant: Staff,
    now: datetime,
    about: str = "",
    yearly: int | None = None,
    pickup: str = "",
    valid_days: int = 7,
    offered_from: datetime | None = None,
    offered_until: datetime | None = None,
) -> Reward:
    """``merchant``: whose bound WeChat account verifies the codes. Raises ValueError for numbers that make no sense."""
    writing(db)
    if not title.strip() or min(cost, stock, valid_days) < 1 or (yearly is not None and yearly < 1):
        raise ValueError("名称不能为空，价格、数量、有效天数和每年限量都至少是 1")
    if offered_from and offered_until and offered_from >= offered_until:
        raise ValueError("上架时间要早于下架时间")
    if merchant.role != "merchant":
        raise ValueError(f"{merchant.username} 不是商户帐号")
    reward = Reward(
        title=title.strip()[:64], about=about.strip(), cost=cost, stock=stock, per_person_yearly=yearly,
        pickup=pickup.strip()[:128], valid_days=valid_days, merchant_id=merchant.id, offered_from=offered_from,
        offered_until=offered_until, created_at=now,
    )  # fmt: skip
    db.add(reward)
    db.flush()
    return reward


def change(
    db: Session,
    reward_id: int,
    *,
    more: int = 0,
    cost: int | None = None,
    offered_until: datetime | None = None,
) -> Reward:
    """Put up ``more`` pieces (fewer: a negative number, but never what people hold already), a new price, or an end."""
    writing(db)
    reward = locked(db, Reward, reward_id)
    if reward is None:
        raise RewardUnknown
    if left(db, reward) + more < 0 or (cost is not None and cost < 1):
        raise ValueError(f"现在还剩 {left(db, reward)} 份，最多只能减这么多；价格至少是 0.1")
    reward.stock += more
    if cost is not None:
        reward.cost = cost
    if offered_until is not None:
        reward.offered_until = offered_until
    db.flush()
    return reward


def known(db: Session) -> list[Reward]:
    return list(db.scalars(select(Reward).order_by(Reward.id)))
