"""Two records that turn out to be one human being: the registrations move to the older one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.services import registrations, seats
from bot.storage.database import locked
from bot.storage.models import Consent, Follower, Person, Registration


def move_follower(db: Session, follower: Follower, old: Person, new: Person, now: datetime) -> None:
    """``follower`` was ``old`` and is ``new``. What was ``old``'s moves along, unless others still are ``old``.

    Registered twice for the same shift: the seat (or the better place) of ``new`` stays, the other is given up.
    """
    others = select(Follower.openid).where(Follower.person_id == old.id, Follower.openid != follower.openid).limit(1)
    follower.person_id = new.id
    if db.scalars(others).first() is not None:
        return
    for person_id in sorted((old.id, new.id)):
        locked(db, Person, person_id)
    db.flush()
    mine = select(Registration).where(Registration.person_id == old.id).order_by(Registration.shift_id)
    theirs = select(Registration.shift_id).where(Registration.person_id == new.id, Registration.state.in_(seats.LIVE))
    has = set(db.scalars(theirs))
    for registration in db.scalars(mine).all():
        twice = registration.state in seats.LIVE and registration.shift_id in has
        if twice and registration.shift.starts_at > now:
            registrations.cancel(db, registration.id, now, "merged")
        elif twice:
            registrations.withdraw_offers(db, [registration], now)
            registration.state, registration.state_since, registration.reason = "cancelled", now, "merged"
        registration.person_id = new.id
        db.flush()
    db.execute(update(Consent).where(Consent.person_id == old.id).values(person_id=new.id))
