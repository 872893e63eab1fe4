"""Activities: published with their shifts, moved, made bigger; their states and how followers find them live beside."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import gates, seats
from bot.services.activity_checks import (
    OF_SHIFT,
    NewActivity,
    NewShift,
    age_from,
    agreement_reasons,
    covers,
    danger,
    in_utc,
    mistakes,
    phase,
    phase_of,
    planned_minutes,
    shift_mistakes,
)
from bot.services.activity_states import (
    approve,
    cancel,
    live_of,
    lock_shifts,
    named,
    pending,
    reject,
    submit,
    withdraw,
)
from bot.services.announcements import announce, supersede
from bot.services.codes import next_code
from bot.services.details import Detail, detail
from bot.services.listings import Coming, Listing, Wanted, areas, coming, find, is_for_members, listed, shifts_of
from bot.services.offers import promote
from bot.services.refusals import ActivityIncomplete, CapacityBelowTaken, Other, ShiftStarted, ShiftUnknown
from bot.services.refusals.activities import PolicyMissing
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Offer, Policy, Registration, Shift

__all__ = [
    "Coming", "Detail", "Listing", "Moved", "NewActivity", "NewShift", "Wanted", "add_shift", "agreement_reasons",
    "approve", "areas", "cancel", "coming", "create", "detail", "find", "is_for_members", "listed", "mistakes", "move",
    "named", "pending", "phase", "phase_of", "planned_minutes", "reject", "set_capacity", "shifts_of", "submit",
    "withdraw",
]  # fmt: skip

# Staff who correct a date twice within minutes should not be heard twice.
CHANGE_SETTLES = timedelta(minutes=5)


@dataclass(frozen=True)
class Moved:
    """``conflicts``: registration id → what its person has confirmed at the new time. ``covered``: its policy, if it
    has one, holds at the new time too."""

    told: int
    conflicts: tuple[tuple[int, Other], ...]
    covered: bool = True


def create(db: Session, new: NewActivity, now: datetime) -> Activity:
    """Open at once (staff's own import, samples) or a draft, as ``new.state`` says; the same is asked of both ways.

    Raises ActivityIncomplete with every field that is missing or impossible (``code`` when it is in use), and of what
    is dangerous DangerousForMinors and PolicyMissing. A draft may lack words and its policy, nothing else.
    """
    wrong = mistakes(new, now)
    if wrong:
        raise ActivityIncomplete(wrong)
    writing(db)
    values = {each.name: in_utc(getattr(new, each.name)) for each in fields(new) if each.name not in OF_SHIFT}
    activity = Activity(created_at=now, updated_at=now, **values)
    for refusal in danger(new.dangerous, [new], _policy(db, new.policy_id), publish=new.state == "open"):
        raise refusal
    activity.code = next_code(db, new.code)
    activity.shifts.append(built(new, new.dangerous))
    db.add(activity)
    db.flush()
    return activity


def add_shift(db: Session, activity_id: int, new: NewShift, now: datetime) -> Shift:
    """One more time, or one more role at the same time. Raises as ``create`` does."""
    writing(db)
    lock_shifts(db, activity_id)
    activity = locked(db, Activity, activity_id)
    if activity is None or activity.state in ("cancelled", "withdrawn"):
        raise ShiftUnknown
    wrong = shift_mistakes(new, now)
    if wrong:
        raise ActivityIncomplete(wrong)
    publish = activity.state == "open"
    for refusal in danger(activity.dangerous, [new], _policy(db, activity.policy_id), publish=publish):
        raise refusal
    shift = built(new, activity.dangerous)
    activity.shifts.append(shift)
    activity.updated_at = now
    db.flush()
    db.refresh(activity, ["shifts"])
    return shift


def built(new: NewShift, dangerous: bool) -> Shift:
    """The row of a shift, not yet stored; what is dangerous is for adults unless an age was said (and then refused)."""
    values = {name: in_utc(getattr(new, name)) for name in OF_SHIFT}
    return Shift(**{**values, "min_age": age_from(new, dangerous), "needs": dict(new.needs)})


def move(
    db: Session,
    shift_id: int,
    starts_at: datetime,
    ends_at: datetime,
    place: str | None = None,
    *,
    now: datetime,
    rules: Rules = USUAL,
    area: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> Moved:
    """Another time or place. Everybody registered is told, and may cancel without being noted as late.

    What is dangerous must be covered by its policy at the new time too (PolicyMissing). ``area`` and the coordinates
    go with the place: a new place without coordinates forgets the old ones.
    """
    if ends_at <= starts_at or starts_at <= now:
        raise ActivityIncomplete(("starts_at" if starts_at <= now else "ends_at",))
    if (latitude is None) != (longitude is None):
        raise ActivityIncomplete(("latitude" if latitude is None else "longitude",))
    writing(db)
    _lock_neighbours(db, shift_id)
    shift, activity = _locked(db, shift_id)
    if shift.starts_at <= now:
        raise ShiftStarted(shift.starts_at)
    covered = activity.policy_id is None or covers(_policy(db, activity.policy_id), starts_at, ends_at)
    if activity.dangerous and activity.state == "open" and not (covered and activity.policy_id):
        raise PolicyMissing(in_utc(starts_at))
    elsewhere = place is not None and place != activity.place
    if elsewhere or latitude is not None:
        activity.latitude, activity.longitude = latitude, longitude
    activity.area = activity.area if area is None else area
    if (shift.starts_at, shift.ends_at) == (starts_at, ends_at) and not elsewhere:
        db.flush()
        return Moved(0, (), covered)
    _move_closings(shift, in_utc(starts_at))
    shift.starts_at, shift.ends_at = in_utc(starts_at), in_utc(ends_at)
    activity.place, activity.updated_at = place or activity.place, now
    # The place is the whole activity's, so a new one concerns its other shifts too.
    moved = [other for other in activity.shifts if other is shift or (elsewhere and other.starts_at > now)]
    for one in moved:
        one.moved_at = now
    db.flush()
    live = live_of(db, [one.id for one in moved])
    _shorten_offers(db, live)
    for registration in live:
        _tell_change(db, registration, now)
    promote(db, shift.id, now, rules=rules)
    conflicts = tuple(
        (registration.id, other)
        for registration in live
        for other in gates.overlapping(db, registration.person_id, registration.shift)
    )
    return Moved(len(live), conflicts, covered)


def _move_closings(shift: Shift, starts_at: datetime) -> None:
    """Sign-up and the insurer's list close as long before the start as they did."""
    for name in ("signup_closes_at", "insurance_closes_at"):
        if closes_at := getattr(shift, name):
            setattr(shift, name, starts_at - (shift.starts_at - closes_at))
    if shift.signup_opens_at and shift.signup_opens_at >= (shift.signup_closes_at or starts_at):
        raise ActivityIncomplete(("signup_opens_at",))


def set_capacity(db: Session, shift_id: int, capacity: int, now: datetime, *, rules: Rules = USUAL) -> list[Offer]:
    """More seats are offered to who waits. Fewer than are taken is refused: nobody is put out silently.

    Taken are the seats of parties and those that teams hold, too.
    """
    if capacity < 1:
        raise ActivityIncomplete(("capacity",))
    writing(db)
    shift, activity = _locked(db, shift_id)
    taken = seats.of(db, shift).taken
    if capacity < taken:
        raise CapacityBelowTaken(taken)
    shift.capacity, activity.updated_at = capacity, now
    db.flush()
    return promote(db, shift_id, now, rules=rules)


def _policy(db: Session, policy_id: int | None) -> Policy | None:
    return db.get(Policy, policy_id) if policy_id is not None else None


def _lock_neighbours(db: Session, shift_id: int) -> None:
    shift = db.get(Shift, shift_id)
    if shift is not None:
        lock_shifts(db, shift.activity_id)


def _locked(db: Session, shift_id: int) -> tuple[Shift, Activity]:
    shift = locked(db, Shift, shift_id)
    activity = locked(db, Activity, shift.activity_id) if shift else None
    if shift is None or activity is None or activity.state in ("cancelled", "withdrawn"):
        raise ShiftUnknown
    return shift, activity


def _shorten_offers(db: Session, live: list[Registration]) -> None:
    ids = [registration.id for registration in live if registration.state == "offered"]
    for offer in db.scalars(select(Offer).where(Offer.registration_id.in_(ids), Offer.answer.is_(None))):
        offer.expires_at = min(offer.expires_at, offer.registration.shift.starts_at)


def _tell_change(db: Session, registration: Registration, now: datetime) -> None:
    shift = registration.shift
    supersede(db, f"change:{registration.id}:", now, prefix=True, reason="moved again")
    supersede(db, f"reminder:{registration.id}:", now, prefix=True, reason="moved")
    announce(
        db,
        key=f"change:{registration.id}:{now.timestamp():.3f}",
        openid=registration.openid,
        kind="change",
        payload={"shift_id": shift.id, "registration_id": registration.id, "starts_at": shift.starts_at.isoformat()},
        due_at=now + CHANGE_SETTLES,
        expires_at=shift.starts_at,
        now=now,
    )
