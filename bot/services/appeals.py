"""Appeals about presence: 补签退 15:30, 我到了. The volunteer says when, whoever leads says whether it was so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, audience, authority, identities, presence, working_days
from bot.services.announcements import notify
from bot.services.attendance_events import keep
from bot.services.offers import lock_registration
from bot.services.refusals.attendance import (
    AppealDecided,
    AppealUnknown,
    ClaimImpossible,
    NothingToAppeal,
    ReasonMissing,
    SamePerson,
)
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import window
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Appeal, AttendanceEvent, Registration, Shift

KINDS = ("check_in", "check_out")
OPEN = ("open", "escalated")
DECIDED_WITHIN = 7
"""Working days until the volunteer and the committee are alerted; recording itself is due after ten (67号令 第11条)."""
DUE_AT = time(18)


def says_left(
    db: Session, registration_id: int, left_at: datetime, text: str, now: datetime, rules: Rules = USUAL
) -> Appeal:
    """补签退: an open check-out appeal with this time; said again while nobody has decided, the time is replaced.

    Raises NothingToAppeal (checked out, or never checked in), ClaimImpossible.
    """
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    pairs = presence.intervals(db, registration_id)
    if registration.state not in ("checked_in", "unclosed") or not pairs or pairs[-1].out_at is not None:
        raise NothingToAppeal
    latest = min(now, window(shift, rules).closes_at)
    if not pairs[-1].in_at < left_at <= latest:
        raise ClaimImpossible(pairs[-1].in_at, latest)
    return _ask(db, registration, "check_out", pairs[-1].in_at, left_at, text, now, rules)


def says_was_there(
    db: Session,
    registration_id: int,
    text: str,
    now: datetime,
    *,
    came_at: datetime | None = None,
    left_at: datetime | None = None,
    rules: Rules = USUAL,
) -> Appeal:
    """我到了: noted as absent, or soon to be. Without times the planned ones are claimed, from the first try if any.

    Raises NothingToAppeal (``until`` when ``appeal_hours`` are over), ClaimImpossible.
    """
    writing(db)
    registration, shift = lock_registration(db, registration_id)
    open_ = window(shift, rules)
    if registration.state not in ("absent", "confirmed") or now <= open_.end:
        raise NothingToAppeal
    noted_at = registration.state_since if registration.state == "absent" else open_.closes_at
    until = noted_at + timedelta(hours=rules.attendance.appeal_hours)
    if now > until:
        raise NothingToAppeal(until)
    came_at = came_at or first_try(db, registration_id) or shift.starts_at
    left_at = left_at or open_.end
    if not open_.opens_at <= came_at < left_at <= min(now, open_.closes_at):
        raise ClaimImpossible(open_.opens_at, min(now, open_.closes_at))
    return _ask(db, registration, "check_in", came_at, left_at, text, now, rules)


def first_try(db: Session, registration_id: int) -> datetime | None:
    """When this person first sent a right code that nobody confirmed."""
    tries = select(AttendanceEvent.captured_at).where(
        AttendanceEvent.registration_id == registration_id,
        AttendanceEvent.kind == "in",
        AttendanceEvent.verdict.in_(("needs_person", "too_far")),
        AttendanceEvent.channel.in_(("code", "qr", "location")),
    )
    return db.scalars(tries.order_by(AttendanceEvent.captured_at).limit(1)).first()


def _ask(
    db: Session, registration: Registration, kind: str, came_at: datetime, left_at: datetime, text: str,
    now: datetime, rules: Rules,
) -> Appeal:  # fmt: skip
    same = select(Appeal).where(Appeal.registration_id == registration.id, Appeal.kind == kind, Appeal.state.in_(OPEN))
    appeal = db.scalars(same).first()
    if appeal is None:
        today = now.astimezone(rules.timezone).date()
        due = datetime.combine(working_days.add(today, DECIDED_WITHIN), DUE_AT, rules.timezone)
        appeal = Appeal(
            person_id=registration.person_id, registration_id=registration.id, kind=kind, state="open",
            state_since=now, asked_at=now, due_at=due,
        )  # fmt: skip
        db.add(appeal)
    elif (appeal.claimed_in, appeal.claimed_out) == (came_at, left_at):
        return appeal
    appeal.claimed_in, appeal.claimed_out, appeal.text = came_at, left_at, text[:500]
    db.flush()
    for openid in audience.of_leaders(db, registration.shift.activity):
        key = f"{appeal.id}:{came_at.timestamp():.0f}:{left_at.timestamp():.0f}:{openid}"
        notify(db, openid, "attendance.appeal", key, now, appeal_id=appeal.id)
    return appeal


def pending(db: Session) -> list[Appeal]:
    """What waits for a decision about presence, the most urgent first."""
    waiting = select(Appeal).where(Appeal.kind.in_(KINDS), Appeal.state.in_(OPEN))
    return list(db.scalars(waiting.order_by(Appeal.due_at, Appeal.id)))


def decide(
    db: Session, appeal_id: int, upheld: bool, actor: str, now: datetime, answer: str = "", rules: Rules = USUAL
) -> Appeal:
    """Upheld: the times claimed become events in the decider's name. Refused: with a reason (``answer``).

    Whether the actor may decide is the caller's to know (`may_decide`). Raises AppealUnknown, AppealDecided,
    SamePerson (about oneself), ReasonMissing.
    """
    writing(db)
    known = db.get(Appeal, appeal_id)
    if known is None or known.kind not in KINDS:
        raise AppealUnknown(appeal_id)
    registration, _ = lock_registration(db, known.registration_id)
    appeal = locked(db, Appeal, appeal_id)
    assert appeal is not None
    if appeal.state not in OPEN:
        raise AppealDecided(appeal_id, appeal.state)
    if actors.is_same_human(db, actor, actors.person(registration.person_id)):
        raise SamePerson
    if not upheld and not answer.strip():
        raise ReasonMissing
    appeal.state, appeal.state_since = ("upheld" if upheld else "refused"), now
    appeal.decided_by, appeal.answer = actor, answer.strip()[:255]
    if upheld:
        _record_as_claimed(db, appeal, registration, actor, now)
    db.flush()
    for openid in audience.of_person(db, appeal.person_id):
        notify(db, openid, f"attendance.{appeal.state}", f"{appeal.id}:{now.timestamp():.0f}:{openid}", now,
               zone=rules.timezone, appeal_id=appeal.id)  # fmt: skip
    return appeal


def _record_as_claimed(db: Session, appeal: Appeal, registration: Registration, actor: str, now: datetime) -> None:
    """What is there already (a check-out that came after all) is not added a second time."""
    pairs = presence.intervals(db, registration.id)
    is_open = bool(pairs) and pairs[-1].out_at is None
    missing = [("in", appeal.claimed_in)] if appeal.kind == "check_in" and not pairs else []
    missing += [("out", appeal.claimed_out)] if missing or is_open else []
    for kind, at in missing:
        assert at is not None
        keep(
            db, registration, kind, at, channel="leader", entered_by=actor, nonce=f"appeal:{appeal.id}:{kind}",
            now=now, verdict="accepted", note=f"appeal {appeal.id}",
        )  # fmt: skip
    if missing:
        registration.state, registration.state_since = "checked_out", now


def may_decide(db: Session, openid: str, appeal: Appeal) -> str | None:
    """The actor who may decide through this account: staff who decide about appeals, before them whoever leads."""
    staff = authority.may_decide(db, openid, "appeal")
    if staff is not None or appeal.state == "escalated":
        return staff
    return authority.leader_of(db, openid, appeal.registration.shift.activity)


def escalate(db: Session, appeal_id: int, person_id: int, now: datetime, rules: Rules = USUAL) -> Appeal:
    """The volunteer asks the committee to look at what was refused: once, with a new due date. Staff are told.

    Raises AppealUnknown (also for somebody else's, or one that was not refused by whoever leads).
    """
    writing(db)
    appeal = locked(db, Appeal, appeal_id)
    mine = appeal is not None and appeal.person_id in set(db.scalars(identities.same(person_id)))
    if appeal is None or not mine or appeal.kind not in KINDS or appeal.state != "refused" or _was_escalated(appeal):
        raise AppealUnknown(appeal_id)
    today = now.astimezone(rules.timezone).date()
    appeal.state, appeal.state_since = "escalated", now
    appeal.due_at = datetime.combine(working_days.add(today, DECIDED_WITHIN), DUE_AT, rules.timezone)
    db.flush()
    _tell_staff(db, appeal, "appeal_escalated", now)
    return appeal


def _was_escalated(appeal: Appeal) -> bool:
    """Staff have decided already: their word is the last one here."""
    return appeal.decided_by.startswith("staff:")


def last_of(db: Session, person_id: int, states: Sequence[str]) -> Appeal | None:
    """The latest appeal about presence of this person in one of the states."""
    own = select(Appeal).where(
        Appeal.person_id.in_(identities.same(person_id)), Appeal.kind.in_(KINDS), Appeal.state.in_(states)
    )
    return db.scalars(own.order_by(Appeal.state_since.desc(), Appeal.id.desc()).limit(1)).first()


def missing_check_out(db: Session, person_id: int, now: datetime) -> list[Registration]:
    """Where this person came and has not left, though the time is over; the latest first."""
    return [
        registration
        for registration in _of_states(db, person_id, ("checked_in", "unclosed"))
        if now >= (registration.shift.ended_at or registration.shift.ends_at)
    ]


def missing_check_in(db: Session, person_id: int, now: datetime) -> list[Registration]:
    """Where this person was expected and never checked in, though the time is over; the latest first."""
    return [
        registration
        for registration in _of_states(db, person_id, ("absent", "confirmed"))
        if now > (registration.shift.ended_at or registration.shift.ends_at)
    ]


def _of_states(db: Session, person_id: int, states: tuple[str, ...]) -> list[Registration]:
    own = (
        select(Registration)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Registration.person_id.in_(identities.same(person_id)), Registration.state.in_(states))
        .where(Activity.state == "open", Shift.settled_at.is_(None) | (Registration.state == "absent"))
    )
    return list(db.scalars(own.order_by(Shift.ends_at.desc())))


def overdue(db: Session, now: datetime) -> list[Appeal]:
    late = select(Appeal).where(Appeal.kind.in_(KINDS), Appeal.state.in_(OPEN), Appeal.due_at < now)
    return list(db.scalars(late.order_by(Appeal.id)))


def complain(db: Session, now: datetime) -> int:
    """Tell the volunteer and staff of what nobody has decided in time, once for each due date."""
    late = overdue(db, now)
    if late:
        writing(db)
    for appeal in late:
        for openid in audience.of_person(db, appeal.person_id):
            key = f"{appeal.id}:{appeal.due_at:%Y%m%d}:{openid}"
            notify(db, openid, "attendance.appeal_late", key, now, appeal_id=appeal.id)
        _tell_staff(db, appeal, "appeal_overdue", now)
    return len(late)


def _tell_staff(db: Session, appeal: Appeal, notice: str, now: datetime) -> None:
    for openid in audience.of_deciders(db, "appeal"):
        key = f"{appeal.id}:{appeal.due_at:%Y%m%d}:{openid}"
        notify(db, openid, f"attendance.{notice}", key, now, appeal_id=appeal.id)
