"""How long an offered seat is held: shorter the nearer the start, asleep at night, counted from when it was said."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.services.quiet_hours import add_awake, awake_from
from bot.storage.models import Offer, Shift

# The nearer the start, the shorter an offer lasts: (at least so far away, so long).
LENGTHS = (
    (timedelta(hours=48), timedelta(hours=12)),
    (timedelta(hours=24), timedelta(hours=4)),
    (timedelta(hours=6), timedelta(hours=1)),
    (timedelta(hours=2), timedelta(minutes=20)),
)
ALWAYS_AWAKE_WITHIN = timedelta(hours=12)


def length(shift: Shift, now: datetime) -> timedelta | None:
    """None shortly before the start: then nobody is offered a seat any more."""
    distance = shift.starts_at - now
    return next((length for far, length in LENGTHS if distance >= far), None)


def said_at(shift: Shift, now: datetime, zone: ZoneInfo) -> datetime:
    """When an offer made now is to be said: at night only with the start near."""
    return now if shift.starts_at - now < ALWAYS_AWAKE_WITHIN else awake_from(now, zone)


def until(shift: Shift, since: datetime, zone: ZoneInfo) -> datetime:
    """When an offer said at ``since`` runs out."""
    lasts = length(shift, since) or timedelta(0)
    if shift.starts_at - since < ALWAYS_AWAKE_WITHIN:
        return since + lasts
    return add_awake(since, lasts, zone)


def answer_by(offer: Offer, shift: Shift, now: datetime, zone: ZoneInfo) -> datetime:
    """Until when the offer stands if it is said now. It never becomes shorter by being said late."""
    if offer.delivered_at is not None:
        return offer.expires_at
    return max(offer.expires_at, min(until(shift, now, zone), shift.starts_at))


def delivered(db: Session, offer_id: int, now: datetime, zone: ZoneInfo) -> None:
    """WeChat took the message: from now on the clock runs. Twice is once; an answered offer stays as it is.

    Before that the offer holds the seat until ``expires_at`` as it was set when it was made, so that a worker that is
    dead holds it no longer than twice the length. The caller has said ``writing``.
    """
    offer = db.get(Offer, offer_id, populate_existing=True)
    if offer is None or offer.answer is not None or offer.delivered_at is not None:
        return
    clock = answer_by(offer, offer.registration.shift, now, zone)
    running = update(Offer).where(Offer.id == offer_id, Offer.answer.is_(None), Offer.delivered_at.is_(None))
    db.execute(running.values(delivered_at=now, expires_at=clock).execution_options(synchronize_session=False))
    db.expire(offer)
