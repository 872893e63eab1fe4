"""Offers that end without an answer: they ran out, or nobody could be told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, and_, cast, literal, select
from sqlalchemy.orm import Session

from bot.services import parties, telling
from bot.services.announcements import announce
from bot.services.offers import end, promote
from bot.services.rules import USUAL, Rules
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Offer, Push, Registration, Shift


def expire_offers(db: Session, now: datetime, *, rules: Rules = USUAL, limit: int = 100) -> list[Offer]:
    """End what was not answered in time and offer those seats on. For the sweep; safe to call from several at once."""
    writing(db)
    overdue = (
        select(Registration.shift_id)
        .join(Offer, Offer.registration_id == Registration.id)
        .where(Offer.answer.is_(None), Offer.expires_at <= now)
        .distinct()
        .order_by(Registration.shift_id)
        .limit(limit)
    )
    expired: list[Offer] = []
    for shift_id in list(db.scalars(overdue)):
        locked(db, Shift, shift_id)
        for offer in _overdue(db, shift_id, now):
            expired.append(_expire(db, offer, now, rules))
        db.flush()
        promote(db, shift_id, now, rules=rules)
    return expired


def pass_over_unreached(db: Session, now: datetime, *, rules: Rules = USUAL) -> list[Offer]:
    """Offers that no channel could carry: those people keep their place, the next are offered, leaders are told.

    For the sweep. Returns the offers that ended so.
    """
    key = literal("offer:").concat(cast(Offer.id, String))
    unsaid = (
        select(Offer, Registration.shift_id)
        .join(Registration, Offer.registration_id == Registration.id)
        .join(Push, and_(Push.key == key, Push.state.in_(("unreached", "failed"))))
        .where(Offer.answer.is_(None))
        .order_by(Registration.shift_id, Offer.id)
    )
    found = [(offer.id, shift_id) for offer, shift_id in db.execute(unsaid)]
    ended: list[Offer] = []
    if not found:
        return ended
    writing(db)
    for shift_id in sorted({shift_id for _, shift_id in found}):
        locked(db, Shift, shift_id)
        for offer_id in (id for id, at in found if at == shift_id):
            offer = fresh(db, Offer, offer_id)
            if offer.answer is None:
                ended.append(_keep_place(db, offer, now, rules))
        db.flush()
        promote(db, shift_id, now, rules=rules)
    return ended


def _overdue(db: Session, shift_id: int, now: datetime) -> Sequence[Offer]:
    found = (
        select(Offer)
        .join(Registration, Offer.registration_id == Registration.id)
        .where(Registration.shift_id == shift_id, Offer.answer.is_(None), Offer.expires_at <= now)
        .order_by(Offer.id)
    )
    return db.scalars(found.execution_options(populate_existing=True)).all()


def _expire(db: Session, offer: Offer, now: datetime, rules: Rules) -> Offer:
    """Who was told and did not answer has left the line; who was never told keeps the place."""
    if offer.delivered_at is None:
        return _keep_place(db, offer, now, rules)
    registration = fresh(db, Registration, offer.registration_id)
    end(db, offer, "expired", now)
    registration.state, registration.state_since = "offer_expired", now
    parties.hand_on(db, registration, now)
    announce(
        db,
        key=f"offer_lapsed:{offer.id}",
        openid=registration.openid,
        kind="offer_lapsed",
        payload={"registration_id": registration.id, "offer_id": offer.id},
        due_at=now,
        now=now,
    )
    return offer


def _keep_place(db: Session, offer: Offer, now: datetime, rules: Rules) -> Offer:
    registration = fresh(db, Registration, offer.registration_id)
    end(db, offer, "unreached", now)
    registration.state, registration.state_since = "waiting", now
    activity = registration.shift.activity
    telling.leaders(db, activity, "registrations.unreached", f"{offer.id}", now,
                    zone=rules.timezone, registration_id=registration.id)  # fmt: skip
    return offer
