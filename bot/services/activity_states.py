"""The states of an activity: submitted, approved or rejected by somebody else, withdrawn, cancelled; who is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, listeners, seats
from bot.services.activity_checks import age_from, danger, missing
from bot.services.announcements import announce, notify, supersede
from bot.services.offers import withdraw_offers
from bot.services.refusals import ActivityIncomplete, ShiftUnknown
from bot.services.refusals.activities import SameHuman, SomebodyRegistered, WrongState
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Policy, Registration, Reservation, Shift

TRANSITIONS = {
    ("draft", "submit"): "submitted",
    ("rejected", "submit"): "submitted",  # mended and handed in again
    ("submitted", "approve"): "open",
    ("submitted", "reject"): "rejected",
    ("open", "withdraw"): "withdrawn",
    ("open", "cancel"): "cancelled",
}
STATES = ("draft", "submitted", "rejected", "open", "withdrawn", "cancelled")
EVENTS = ("submit", "approve", "reject", "withdraw", "cancel")
HIDDEN = ("draft", "submitted", "rejected", "withdrawn")
"""Followers do not find these, not even by their code."""


def submit(db: Session, activity_id: int, actor: str, now: datetime) -> Activity:
    """For review. Raises ActivityIncomplete with all that is missing, DangerousForMinors; the policy may come later."""
    writing(db)
    activity, state = _about_to(db, activity_id, "submit")
    if wrong := missing(activity, now):
        raise ActivityIncomplete(wrong)
    for refusal in danger(activity.dangerous, activity.shifts, None, publish=False):
        raise refusal
    activity.state, activity.submitted_at, activity.updated_at = state, now, now
    activity.author = activity.author or actor
    activity.reviewer = activity.review_note = ""
    db.flush()
    for openid in listeners.reviewers(db, but=activity.author):
        key = f"{activity.id}:{now.timestamp():.0f}:{openid}"
        notify(db, openid, "activities.submitted", key, now, activity_id=activity.id)
    return activity


def approve(
    db: Session, activity_id: int, actor: str, now: datetime, *, policy_id: int | None = None, note: str = ""
) -> Activity:
    """From now on followers find it. All that submitting asked for is asked again: time has passed since.

    Raises SameHuman, ActivityIncomplete, DangerousForMinors, PolicyMissing.
    """
    writing(db)
    activity, state = _about_to(db, activity_id, "approve")
    if actors.is_same_human(db, actor, activity.author):
        raise SameHuman
    if wrong := missing(activity, now):
        raise ActivityIncomplete(wrong)
    policy_id = policy_id if policy_id is not None else activity.policy_id
    policy = db.get(Policy, policy_id) if policy_id is not None else None
    for refusal in danger(activity.dangerous, activity.shifts, policy):
        raise refusal
    activity.policy_id = policy_id
    for shift in activity.shifts:
        shift.min_age = age_from(shift, activity.dangerous)
    _reviewed(db, activity, state, actor, note, now)
    return activity


def reject(db: Session, activity_id: int, actor: str, now: datetime, reason: str) -> Activity:
    if not reason.strip():
        raise ActivityIncomplete(("reason",))
    writing(db)
    activity, state = _about_to(db, activity_id, "reject")
    _reviewed(db, activity, state, actor, reason, now)
    return activity


def _reviewed(db: Session, activity: Activity, state: str, actor: str, note: str, now: datetime) -> None:
    activity.state, activity.reviewer, activity.reviewed_at = state, actor, now
    activity.review_note, activity.updated_at = note.strip()[:255], now
    db.flush()
    for openid in listeners.of_actor(db, activity.author):
        key = f"{activity.id}:{now.timestamp():.0f}:{openid}"
        notify(db, openid, "activities.reviewed", key, now, activity_id=activity.id)


def withdraw(db: Session, activity_id: int, actor: str, now: datetime) -> Activity:
    """Taken back as if it had never been published: only while nobody ever registered, so nobody must be told."""
    writing(db)
    activity, state = _about_to(db, activity_id, "withdraw")
    shift_ids = [shift.id for shift in activity.shifts]
    number = sum(
        db.scalars(select(func.count()).where(table.shift_id.in_(shift_ids))).one()
        for table in (Registration, Reservation)
    )
    if number:
        raise SomebodyRegistered(number)
    activity.state, activity.updated_at = state, now
    db.flush()
    return activity


def cancel(db: Session, activity_id: int, reason: str, now: datetime) -> int:
    """The activity does not take place. Everybody registered or waiting is told; returns how many. Twice is once.

    A shift that runs ends now; who was there keeps what is recorded. What is over cannot be cancelled any more.
    """
    if not reason.strip():
        raise ActivityIncomplete(("reason",))
    writing(db)
    shift_ids = lock_shifts(db, activity_id)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    if activity.state == "cancelled":
        return 0
    state = TRANSITIONS.get((activity.state, "cancel"))
    if state is None or (activity.shifts and all((each.ended_at or each.ends_at) <= now for each in activity.shifts)):
        raise WrongState(activity.state if state is None else "over", "cancel")
    activity.state, activity.cancel_reason, activity.updated_at = state, reason.strip()[:255], now
    for shift in activity.shifts:
        if shift.starts_at <= now < shift.ends_at and shift.ended_at is None:
            shift.ended_at = now
    db.flush()
    live = [each for each in live_of(db, shift_ids) if each.shift.ends_at > now and each.state not in seats.PRESENT]
    withdraw_offers(db, live, now)
    for registration in live:
        registration.state, registration.state_since = "activity_cancelled", now
        db.flush()
        _tell_cancelled(db, registration, now)
    held = select(Reservation).where(Reservation.shift_id.in_(shift_ids), Reservation.state == "open")
    for reservation in db.scalars(held):
        reservation.state, reservation.state_since = "cancelled", now
    db.flush()
    return len(live)


def pending(db: Session) -> list[Activity]:
    """What waits for review, the longest first."""
    waiting = select(Activity).where(Activity.state == "submitted")
    return list(db.scalars(waiting.order_by(Activity.submitted_at, Activity.id)))


def named(db: Session, code: str) -> Activity:
    """By its code, in any state. Raises ShiftUnknown."""
    activity = db.scalars(select(Activity).where(Activity.code == code.strip().upper())).one_or_none()
    if activity is None:
        raise ShiftUnknown
    return activity


def lock_shifts(db: Session, activity_id: int) -> list[int]:
    """Small ids first, as everywhere: two who lock several never wait for each other."""
    shift_ids = list(db.scalars(select(Shift.id).where(Shift.activity_id == activity_id).order_by(Shift.id)))
    for shift_id in shift_ids:
        locked(db, Shift, shift_id)
    return shift_ids


def live_of(db: Session, shift_ids: list[int]) -> list[Registration]:
    live = select(Registration).where(Registration.shift_id.in_(shift_ids), Registration.state.in_(seats.LIVE))
    return list(db.scalars(live.order_by(Registration.id).execution_options(populate_existing=True)))


def _about_to(db: Session, activity_id: int, event: str) -> tuple[Activity, str]:
    """The activity, locked after its shifts, and the state that ``event`` leads to. Raises ShiftUnknown, WrongState."""
    lock_shifts(db, activity_id)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    state = TRANSITIONS.get((activity.state, event))
    if state is None:
        raise WrongState(activity.state, event)
    return activity, state


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
