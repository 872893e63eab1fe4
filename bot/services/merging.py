"""Two records that turn out to be one human being: what one did moves to the other, and the old one points to it.

Rows that are never changed (ledger, points, presence) stay where they are; they are read by `identities.same`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.services import points, registrations, seats
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked
from bot.storage.models import (
    Activity,
    Agreement,
    Appeal,
    Certificate,
    Completion,
    Consent,
    Document,
    Erasure,
    Follower,
    Guardianship,
    ManualEntry,
    Membership,
    Person,
    PointsLot,
    Redemption,
    Registration,
    Reservation,
    StarAward,
    Suspension,
    Volunteer,
)

MOVED: tuple[InstrumentedAttribute[int] | InstrumentedAttribute[int | None], ...] = (
    Activity.leader_id, Appeal.person_id, Certificate.person_id, Consent.person_id, Consent.given_by,
    Document.person_id, Erasure.person_id, ManualEntry.person_id, PointsLot.person_id, Redemption.person_id,
    Reservation.person_id, Suspension.person_id, Guardianship.minor_id, Guardianship.guardian_id,
)  # fmt: skip
"""Columns that simply take the other id."""
ONCE: tuple[tuple[type[Agreement | Completion | Membership | StarAward], tuple[str, ...]], ...] = (
    (Agreement, ("activity_id",)),
    (Completion, ("course_id", "completed_on")),
    (Membership, ("team_id",)),
    (StarAward, ("star",)),
)
"""Rows of which a person has one for each of these: the one that is there stays."""
ENDED = {"memberships": "left", "star_awards": "refused"}
FIRST = {"registered": 0, "applied": 1}


def move_follower(
    db: Session, follower: Follower, old: Person, new: Person, now: datetime, rules: Rules = USUAL
) -> None:
    """``follower`` was ``old`` and is ``new``. What was ``old``'s moves along, unless others still are ``old``."""
    others = select(Follower.openid).where(Follower.person_id == old.id, Follower.openid != follower.openid).limit(1)
    follower.person_id = new.id
    if db.scalars(others).first() is None:
        merge(db, old, new, now, rules)


def merge(db: Session, old: Person, new: Person, now: datetime, rules: Rules = USUAL) -> None:
    """Registered twice for the same shift: the seat (or the better place) of ``new`` stays, the other is given up.

    Minutes left over in both records may together be worth a tenth more.
    """
    for person_id in sorted((old.id, new.id)):
        locked(db, Person, person_id)
    db.flush()
    _registrations(db, old, new, now, rules)
    _volunteers(db, old, new)
    for model, key in ONCE:
        _once(db, model, key, old.id, new.id)
    for column in MOVED:
        for row in db.scalars(select(column.class_).where(column == old.id)).all():  # one by one: the audit log sees it
            setattr(row, column.key, new.id)
        db.flush()
    _fill_in(old, new)
    for earlier in db.scalars(select(Person).where(Person.merged_into == old.id)):
        earlier.merged_into = new.id
    old.merged_into = new.id
    db.flush()
    db.expire_all()
    points.issue(db, new.id, now, rules)


def _registrations(db: Session, old: Person, new: Person, now: datetime, rules: Rules) -> None:
    mine = select(Registration).where(Registration.person_id == old.id).order_by(Registration.shift_id)
    theirs = select(Registration.shift_id).where(Registration.person_id == new.id, Registration.state.in_(seats.LIVE))
    has = set(db.scalars(theirs))
    for registration in db.scalars(mine).all():
        twice = registration.state in seats.LIVE and registration.shift_id in has
        if twice and registration.shift.starts_at > now:
            registrations.cancel(db, registration.id, now, "merged", rules=rules)
        elif twice:
            registrations.withdraw_offers(db, [registration], now)
            registration.state, registration.state_since, registration.reason = "cancelled", now, "merged"
        registration.person_id = new.id
        db.flush()


def _volunteers(db: Session, old: Person, new: Person) -> None:
    """One standing: registered before applied before the rest, then the older one."""
    theirs, own = db.get(Volunteer, old.id), db.get(Volunteer, new.id)
    if theirs is None:
        return
    if own is not None:
        is_better = (FIRST.get(theirs.state, 2), theirs.applied_at) < (FIRST.get(own.state, 2), own.applied_at)
        if not is_better:
            theirs.state = "left"
            db.flush()
            return
        db.delete(own)
        db.flush()
    db.execute(update(Volunteer).where(Volunteer.person_id == old.id).values(person_id=new.id))
    db.expire_all()


def _once(
    db: Session, model: type[Agreement | Completion | Membership | StarAward], key: tuple[str, ...], old: int, new: int
) -> None:
    """Two live ones of the same thing: the other's ends first, or goes where it has no states."""
    columns = [getattr(model, name) for name in key]
    has = {tuple(row) for row in db.execute(select(*columns).where(model.person_id == new))}
    ended = ENDED.get(model.__tablename__)
    for row in list(db.scalars(select(model).where(model.person_id == old))):
        if tuple(getattr(row, name) for name in key) in has:
            if ended is None:
                db.delete(row)
                db.flush()
                continue
            setattr(row, "state", ended)  # noqa: B010
            db.flush()
        setattr(row, "person_id", new)  # noqa: B010 - four tables, one column
        db.flush()


def _fill_in(old: Person, new: Person) -> None:
    """What only the old record knew."""
    if new.id_hash is None and old.id_hash is not None:
        new.id_type, new.id_hash, new.id_encrypted = old.id_type, old.id_hash, old.id_encrypted
    new.birth_date = new.birth_date or old.birth_date
    new.gender, new.area = new.gender or old.gender, new.area or old.area
    new.skills = list(dict.fromkeys([*(new.skills or []), *(old.skills or [])]))
