"""Activities: published, moved, cancelled, made bigger; how followers find them is in listings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import gates, seats
from bot.services.announcements import announce, supersede
from bot.services.codes import next_code
from bot.services.listings import Detail, Listing, detail, find, listed
from bot.services.offers import promote, withdraw_offers
from bot.services.refusals import ActivityIncomplete, CapacityBelowTaken, Other, ShiftUnknown
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Offer, Registration, Shift

__all__ = [
    "Detail", "Listing", "Moved", "NewActivity", "cancel", "create", "detail", "find", "listed", "move",
    "set_capacity",
]  # fmt: skip

# Staff who correct a date twice within minutes should not be heard twice.
CHANGE_SETTLES = timedelta(minutes=5)
_ALWAYS_NEEDED = ("title", "place")
_NEEDED_TO_PUBLISH = ("content", "risk", "organiser", "leader")  # risk: 志愿服务条例 第12条


@dataclass(frozen=True, kw_only=True)
class NewActivity:
    """An activity with its first shift, not yet stored. An empty ``code`` is given by the system."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    content: str = ""
    risk: str = ""
    bring: str = ""
    insurance: str = ""
    organiser: str = ""
    leader: str = ""
    contact: str = ""
    kind: str = "volunteer"
    state: str = "open"
    code: str = ""
    role: str = ""
    waitlist_limit: int | None = None
    signup_opens_at: datetime | None = None
    signup_closes_at: datetime | None = None


@dataclass(frozen=True)
class Moved:
    """``conflicts``: registration id → what its person has confirmed at the new time."""

    told: int
    conflicts: tuple[tuple[int, Other], ...]


def create(db: Session, new: NewActivity, now: datetime) -> Activity:
    """Raises ActivityIncomplete with every field that is missing or impossible; ``code`` when it is in use."""
    wrong = mistakes(new, now)
    if wrong:
        raise ActivityIncomplete(wrong)
    writing(db)
    of_shift = {"starts_at", "ends_at", "capacity", "role", "waitlist_limit", "signup_opens_at", "signup_closes_at"}
    values = {field.name: _in_utc(getattr(new, field.name)) for field in fields(new)}
    activity = Activity(created_at=now, updated_at=now, **{k: v for k, v in values.items() if k not in of_shift})
    activity.code = next_code(db, new.code)
    activity.shifts.append(Shift(**{key: values[key] for key in of_shift}))
    db.add(activity)
    db.flush()
    return activity


def mistakes(new: NewActivity, now: datetime) -> tuple[str, ...]:
    """Names of the fields that forbid publishing (or, for a draft, storing)."""
    needed = _ALWAYS_NEEDED + (_NEEDED_TO_PUBLISH if new.state == "open" else ())
    wrong = [name for name in needed if not str(getattr(new, name)).strip()]
    if new.ends_at <= new.starts_at:
        wrong.append("ends_at")
    if new.starts_at <= now:
        wrong.append("starts_at")
    if new.capacity < 1:
        wrong.append("capacity")
    if new.signup_opens_at and new.signup_opens_at >= (new.signup_closes_at or new.starts_at):
        wrong.append("signup_opens_at")
    if new.signup_closes_at and new.signup_closes_at > new.starts_at:
        wrong.append("signup_closes_at")
    for name in ("title", "place", "organiser", "leader", "contact", "role", "code"):
        longest = getattr((Shift if name == "role" else Activity).__table__.c, name).type.length
        if len(getattr(new, name)) > longest:
            wrong.append(name)
    return tuple(wrong)


def move(
    db: Session,
    shift_id: int,
    starts_at: datetime,
    ends_at: datetime,
    place: str | None = None,
    *,
    now: datetime,
    rules: Rules = USUAL,
) -> Moved:
    """Another time or place. Everybody registered is told, and may cancel without being noted as late."""
    if ends_at <= starts_at or starts_at <= now:
        raise ActivityIncomplete(("starts_at" if starts_at <= now else "ends_at",))
    writing(db)
    _lock_neighbours(db, shift_id)
    shift, activity = _locked(db, shift_id)
    elsewhere = place is not None and place != activity.place
    if (shift.starts_at, shift.ends_at) == (starts_at, ends_at) and not elsewhere:
        return Moved(0, ())
    signup_ended_before = shift.starts_at - shift.signup_closes_at if shift.signup_closes_at else None
    shift.starts_at, shift.ends_at = _in_utc(starts_at), _in_utc(ends_at)
    shift.signup_closes_at = starts_at - signup_ended_before if signup_ended_before is not None else None
    activity.place, activity.updated_at = place or activity.place, now
    # The place is the whole activity's, so a new one concerns its other shifts too.
    moved = [other for other in activity.shifts if other is shift or (elsewhere and other.starts_at > now)]
    for one in moved:
        one.moved_at = now
    db.flush()
    live = _live(db, [one.id for one in moved])
    _shorten_offers(db, live)
    for registration in live:
        _tell_change(db, registration, now)
    promote(db, shift.id, now, rules=rules)
    conflicts = tuple(
        (registration.id, other)
        for registration in live
        for other in gates.overlapping(db, registration.person_id, registration.shift)
    )
    return Moved(len(live), conflicts)


def cancel(db: Session, activity_id: int, reason: str, now: datetime) -> int:
    """The activity does not take place. Everybody registered or waiting is told; returns how many. Twice is once."""
    if not reason.strip():
        raise ActivityIncomplete(("reason",))
    writing(db)
    shift_ids = _lock_shifts(db, activity_id)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    if activity.state == "cancelled":
        return 0
    activity.state, activity.cancel_reason, activity.updated_at = "cancelled", reason.strip()[:255], now
    live = [registration for registration in _live(db, shift_ids) if registration.shift.ends_at > now]
    withdraw_offers(db, live, now)
    for registration in live:
        registration.state, registration.state_since = "activity_cancelled", now
        db.flush()
        _tell_cancelled(db, registration, now)
    return len(live)


def set_capacity(db: Session, shift_id: int, capacity: int, now: datetime, *, rules: Rules = USUAL) -> list[Offer]:
    """More seats are offered to who waits. Fewer than are taken is refused: nobody is put out silently."""
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


def _in_utc(value: Any) -> Any:
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


def _lock_neighbours(db: Session, shift_id: int) -> None:
    shift = db.get(Shift, shift_id)
    if shift is not None:
        _lock_shifts(db, shift.activity_id)


def _lock_shifts(db: Session, activity_id: int) -> list[int]:
    """Small ids first, as everywhere: two who lock several never wait for each other."""
    shift_ids = list(db.scalars(select(Shift.id).where(Shift.activity_id == activity_id).order_by(Shift.id)))
    for shift_id in shift_ids:
        locked(db, Shift, shift_id)
    return shift_ids


def _locked(db: Session, shift_id: int) -> tuple[Shift, Activity]:
    shift = locked(db, Shift, shift_id)
    activity = locked(db, Activity, shift.activity_id) if shift else None
    if shift is None or activity is None or activity.state == "cancelled":
        raise ShiftUnknown
    return shift, activity


def _live(db: Session, shift_ids: list[int]) -> list[Registration]:
    live = select(Registration).where(Registration.shift_id.in_(shift_ids), Registration.state.in_(seats.LIVE))
    return list(db.scalars(live.order_by(Registration.id).execution_options(populate_existing=True)))


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


def _tell_cancelled(db: Session, registration: Registration, now: datetime) -> None:
    for kind in ("reminder", "change"):
        supersede(db, f"{kind}:{registration.id}:", now, prefix=True, reason="activity cancelled")
    announce(
        db,
        key=f"cancelled:{registration.id}",
        openid=registration.openid,
        kind="cancelled",
        payload={"shift_id": registration.shift_id, "registration_id": registration.id},
        due_at=now,
        expires_at=registration.shift.ends_at,
        now=now,
    )
