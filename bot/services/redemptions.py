"""Redemptions: a reward ordered for points, handed out at a counter against a one-time code, cancelled or expired.

Spending touches points only, hours never. Stock, the yearly limit and the balance are checked inside one transaction
that holds the person and the reward.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import points, rewards
from bot.services.announcements import notify
from bot.services.identities import current, same
from bot.services.refusals.merits import (
    CodesLocked,
    PriceChanged,
    RedemptionOver,
    RedemptionUnknown,
    RewardGone,
    RewardLimit,
    RewardNotOffered,
    RewardUnknown,
)
from bot.services.rules import USUAL, Rules
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import AuditEntry, Person, Redemption, Reward, Staff

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which people mistake for one another."""
CODE_LENGTH = 8
TRIES, LOCKED_FOR = 5, timedelta(minutes=10)
WRONG = "wrong_code"


@dataclass(frozen=True)
class Order:
    """A redemption as its person sees it, ``cost`` in tenths. ``expires_at``: the midnight from which it is void."""

    redemption_id: int
    title: str
    cost: int
    state: str
    code: str
    pickup: str
    expires_at: datetime


@dataclass(frozen=True)
class AtCounter:
    """What a merchant is shown before handing out: whose it is, masked by the face."""

    redemption_id: int
    title: str
    name: str
    expires_at: datetime


def shown(code: str) -> str:
    """K7QM2X9P → K7QM 2X9P."""
    return f"{code[:4]} {code[4:]}"


def order(
    db: Session,
    cipher: Cipher,
    reward_id: int,
    person_id: int,
    openid: str,
    now: datetime,
    *,
    cost: int | None = None,
    rules: Rules = USUAL,
) -> Order:
    """Put the points aside and hold one piece. ``cost``: the price that was agreed to, if one was shown.

    Raises RewardUnknown, RewardNotOffered, PriceChanged, RewardLimit, RewardGone, PointsShort.
    """
    writing(db)
    person_id = current(db, person_id)
    locked(db, Person, person_id)
    reward = locked(db, Reward, reward_id)
    if reward is None:
        raise RewardUnknown
    _check(db, reward, person_id, now, rules)
    if cost is not None and cost != reward.cost:
        raise PriceChanged(reward.title, reward.cost)
    code = _new_code(db, cipher)
    row = Redemption(
        reward_id=reward.id, person_id=person_id, openid=openid, cost=reward.cost, code_hash=_hash(cipher, code),
        code_encrypted=cipher.encrypt(code), state="ordered", state_since=now, ordered_at=now,
        expires_at=_void_from(now, reward.valid_days, rules),
    )  # fmt: skip
    db.add(row)
    db.flush()
    points.order(db, person_id, row.id, reward.cost, now, rules, reward.title)
    return Order(row.id, reward.title, row.cost, row.state, code, reward.pickup, row.expires_at)


def _check(db: Session, reward: Reward, person_id: int, now: datetime, rules: Rules) -> None:
    if reward.offered_from is not None and now < reward.offered_from:
        raise RewardNotOffered(reward.title, reward.offered_from)
    if reward.offered_until is not None and now >= reward.offered_until:
        raise RewardNotOffered(reward.title, None)
    if reward.per_person_yearly is not None and this_year(db, reward.id, person_id, now, rules) >= (
        reward.per_person_yearly
    ):
        raise RewardLimit(reward.title, reward.per_person_yearly)
    if rewards.left(db, reward) < 1:
        raise RewardGone(reward.title)


def this_year(db: Session, reward_id: int, person_id: int, now: datetime, rules: Rules = USUAL) -> int:
    """How many of this reward the person has ordered in this calendar year and not given back."""
    first = datetime.combine(date(now.astimezone(rules.timezone).year, 1, 1), time(), rules.timezone)
    had = select(func.count()).where(
        Redemption.reward_id == reward_id,
        Redemption.person_id.in_(same(person_id)),
        Redemption.state.in_(rewards.LIVE),
        Redemption.ordered_at >= first,
    )
    return db.scalars(had).one()


def mine(db: Session, cipher: Cipher, person_id: int, *, states: tuple[str, ...] = ("ordered",)) -> list[Order]:
    """What this person has ordered, the first to expire first."""
    found = select(Redemption).where(Redemption.person_id.in_(same(person_id)), Redemption.state.in_(states))
    return [
        Order(
            row.id, row.reward.title, row.cost, row.state, cipher.decrypt(row.code_encrypted), row.reward.pickup,
            row.expires_at,
        )
        for row in db.scalars(found.order_by(Redemption.expires_at, Redemption.id)).all()
    ]  # fmt: skip


def cancel(db: Session, redemption_id: int, person_id: int, now: datetime, *, rules: Rules = USUAL) -> Redemption:
    """Not handed out yet: points and piece go back. Raises RedemptionUnknown (also somebody else's), RedemptionOver."""
    row = _locked(db, redemption_id)
    if row.person_id not in set(db.scalars(same(person_id))):
        raise RedemptionUnknown
    _still_ordered(row)
    return _end(db, row, "cancelled", now, rules)


def expire(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Orders nobody fetched in time go back, and their people are told; returns how many."""
    due = select(Redemption.id).where(Redemption.state == "ordered", Redemption.expires_at <= now)
    ended = 0
    for redemption_id in db.scalars(due.order_by(Redemption.id)).all():
        row = _locked(db, redemption_id)
        if row.state == "ordered":
            _end(db, row, "expired", now, rules)
            notify(
                db, row.openid, "merits.redemption_expired", str(row.id), now, zone=rules.timezone,
                redemption_id=row.id,
            )  # fmt: skip
            ended += 1
    return ended


def _end(db: Session, row: Redemption, state: str, now: datetime, rules: Rules) -> Redemption:
    row.state, row.state_since = state, now
    db.flush()
    points.give_back(db, row.person_id, row.id, now, rules, row.reward.title)
    return row


# -- at the counter ----------------------------------------------------------------------------------


def look_up(db: Session, cipher: Cipher, code: str, staff: Staff, now: datetime) -> AtCounter | None:
    """Whose code this is, for the merchant who hands it out; None for a wrong code, which is noted.

    A code of another merchant's reward is as wrong as one that does not exist. Five wrong ones lock the counter for ten
    minutes (CodesLocked); they are counted from the audit log, so no restart forgets them. Raises RedemptionOver.
    """
    writing(db)
    locked(db, Staff, staff.id)
    actor = f"staff:{staff.id}"
    if (until := locked_until(db, actor, now)) is not None:
        raise CodesLocked(until)
    found = select(Redemption).join(Reward).where(
        Redemption.code_hash == _hash(cipher, code), Reward.merchant_id == staff.id
    )  # fmt: skip
    row = db.scalars(found).one_or_none()
    if row is None:
        db.add(AuditEntry(at=now, actor=actor, subject=f"staff:{staff.id}", before={}, after={}, reason=WRONG))
        db.flush()
        return None
    _still_ordered(row, now)
    return AtCounter(row.id, row.reward.title, row.person.name, row.expires_at)


def locked_until(db: Session, actor: str, now: datetime) -> datetime | None:
    """When a counter that tried too many wrong codes may try again; None when it may now."""
    wrong = select(AuditEntry.at).where(
        AuditEntry.subject == actor, AuditEntry.reason == WRONG, AuditEntry.at > now - LOCKED_FOR
    )  # fmt: skip
    times = db.scalars(wrong.order_by(AuditEntry.at.desc()).limit(TRIES)).all()
    return times[0] + LOCKED_FOR if len(times) == TRIES else None


def use(db: Session, redemption_id: int, staff: Staff, now: datetime, *, rules: Rules = USUAL) -> Redemption:
    """The merchant hands it out. Raises RedemptionUnknown (another merchant's), RedemptionOver."""
    row = _locked(db, redemption_id)
    if row.reward.merchant_id != staff.id or staff.role != "merchant":
        raise RedemptionUnknown
    _still_ordered(row, now)
    row.state, row.state_since, row.used_by = "used", now, f"staff:{staff.id}"
    db.flush()
    points.use(db, row.person_id, row.id, staff.id, now, rules, row.reward.title)
    notify(db, row.openid, "merits.redeemed", str(row.id), now, urgent=True, redemption_id=row.id)
    return row


def _still_ordered(row: Redemption, now: datetime | None = None) -> None:
    """``now`` counts at the counter: what is past its time but not swept yet is no longer handed out."""
    if row.state != "ordered":
        raise RedemptionOver(row.reward.title, row.state, row.state_since)
    if now is not None and row.expires_at <= now:
        raise RedemptionOver(row.reward.title, "expired", row.expires_at)


def _locked(db: Session, redemption_id: int) -> Redemption:
    """The row and its person, nobody else's to change: persons first, as everywhere."""
    writing(db)
    seen = db.get(Redemption, redemption_id)
    if seen is None:
        raise RedemptionUnknown
    locked(db, Person, current(db, seen.person_id))
    row = locked(db, Redemption, redemption_id)
    assert row is not None  # redemptions are never deleted
    return row


def _void_from(now: datetime, days: int, rules: Rules) -> datetime:
    """The end of the last day: ordered on 3月3日 for 7 days → 3月10日24:00."""
    last = now.astimezone(rules.timezone).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), rules.timezone).astimezone(now.tzinfo)


def _new_code(db: Session, cipher: Cipher) -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if db.scalars(select(Redemption.id).where(Redemption.code_hash == _hash(cipher, code))).first() is None:
            return code


def _hash(cipher: Cipher, code: str) -> str:
    return cipher.keyed_hash(f"redemption:{code.upper()}")
