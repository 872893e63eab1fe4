"""What whoever leads an activity may do: which shifts are theirs, when one ended, a word to everybody who comes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, contains_eager

from bot.services import actors, authority, seats
from bot.services.announcements import notify
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.teams import AlreadySettled, EndOutOfBounds, NotBegun, WordsNotFit
from bot.services.rules import USUAL, Rules
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Follower, Membership, Registration, Shift

LOOKS_BACK, LOOKS_AHEAD = timedelta(days=30), timedelta(days=90)
LONGER_AT_MOST = timedelta(hours=3)
"""Beyond the planned end; more is another shift, which staff enter."""
WORDS_AT_MOST = 200
PHONE = re.compile(r"1[3-9]\d(?:[\s-]?\d){8}|(?<!\d)0\d{2,3}[\s-]?\d{7,8}|(?<!\d)\d{7,8}(?!\d)")


def led(db: Session, openid: str, now: datetime) -> list[Shift]:
    """Shifts of the last thirty and the next ninety days that this account leads, each with its activity; by start."""
    whose = _whose(db, openid)
    if whose is None:
        return []
    within = (Shift.ends_at > now - LOOKS_BACK, Shift.starts_at < now + LOOKS_AHEAD)
    shifts = (
        select(Shift).join(Shift.activity).options(contains_eager(Shift.activity))
        .where(Activity.state == "open", *within, *whose)
    )  # fmt: skip
    return list(db.scalars(shifts.order_by(Shift.starts_at, Shift.id)))


def _whose(db: Session, openid: str) -> list[ColumnElement[bool]] | None:
    """Conditions for the activities that this account leads; None: it leads nothing. As `authority.leader_of`."""
    staff = authority.staff_of(db, openid)
    if staff is not None and staff.role == "admin":
        return []
    person_id = db.scalars(select(Follower.person_id).where(Follower.openid == openid)).one_or_none()
    if person_id is None:
        return None
    teams = select(Membership.team_id).where(
        Membership.person_id == person_id, Membership.role == "leader", Membership.state == "active"
    )
    return [or_(Activity.leader_id == person_id, Activity.team_id.in_(teams), Activity.claimed_by.in_(teams))]


def around(shifts: Sequence[Shift], now: datetime, *, rules: Rules = USUAL) -> list[Shift]:
    """The shifts meant when only the activity was named: what goes on now, else the next, else the last."""
    early = timedelta(minutes=rules.attendance.opens_before_minutes)
    late = timedelta(minutes=rules.attendance.closes_after_minutes)
    running = [one for one in shifts if one.starts_at - early <= now <= (one.ended_at or one.ends_at) + late]
    if running:
        return running
    ahead = [one for one in shifts if one.starts_at > now]
    return _at_the_same_time(ahead, ahead[0]) if ahead else _at_the_same_time(shifts, shifts[-1]) if shifts else []


def begun(shifts: Sequence[Shift], now: datetime) -> list[Shift]:
    """Of each activity the latest that has begun, one that waits to be settled before one that is."""
    latest = []
    for activity_id in dict.fromkeys(one.activity_id for one in shifts):
        there = [one for one in shifts if one.starts_at <= now and one.activity_id == activity_id]
        open_still = [one for one in there if one.settled_at is None]
        chosen = open_still or there
        latest += _at_the_same_time(chosen, chosen[-1]) if chosen else []
    return [one for one in latest if one.settled_at is None] or latest


def _at_the_same_time(shifts: Sequence[Shift], chosen: Shift) -> list[Shift]:
    """Several roles of one activity begin together; of several activities each is meant."""
    return [one for one in shifts if one.starts_at == chosen.starts_at]


def persons(db: Session, activity: Activity) -> list[int]:
    """Who leads it: its leader, else the leaders of the team that took it on or organises it."""
    if activity.leader_id is not None:
        return [activity.leader_id]
    leads = select(Membership.person_id).where(
        Membership.team_id.in_([team for team in (activity.claimed_by, activity.team_id) if team is not None]),
        Membership.role == "leader",
        Membership.state == "active",
    )
    return list(db.scalars(leads.order_by(Membership.person_id)))


def openids(db: Session, activity: Activity) -> list[str]:
    """Whom to tell about it."""
    found = select(Follower.openid).where(Follower.person_id.in_(persons(db, activity)), Follower.followed)
    return list(db.scalars(found.order_by(Follower.openid)))


def end(db: Session, shift_id: int, at: datetime, actor: str, now: datetime) -> Shift:
    """The shift was over at ``at``, or goes on until then: after it began, before it is settled.

    Raises NotBegun, AlreadySettled, EndOutOfBounds (earliest is the start, latest three hours after the planned end).
    """
    writing(db)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    check_end(shift, at, now)
    actors.acting(db, actor)
    shift.ended_at = at
    db.flush()
    return shift


def check_end(shift: Shift, at: datetime, now: datetime) -> None:
    if now < shift.starts_at:
        raise NotBegun(shift.starts_at)
    if shift.settled_at is not None:
        raise AlreadySettled(shift.settled_at)
    if not shift.starts_at < at <= shift.ends_at + LONGER_AT_MOST:
        raise EndOutOfBounds(shift.starts_at, shift.ends_at + LONGER_AT_MOST)


def on_day(shifts: Sequence[Shift], day: datetime, *, rules: Rules = USUAL) -> list[Shift]:
    wanted = day.astimezone(rules.timezone).date()
    return [one for one in shifts if one.starts_at.astimezone(rules.timezone).date() == wanted]


def audience(db: Session, shift_ids: Sequence[int]) -> list[tuple[int, str]]:
    """(shift, WeChat account) of everybody with a seat of their own; a parent who signed up two children once."""
    seated = select(Registration.shift_id, Registration.openid).where(
        Registration.shift_id.in_(shift_ids), Registration.state.in_(seats.ENGAGED)
    )
    return sorted({(shift_id, openid) for shift_id, openid in db.execute(seated)})


def check_words(words: str) -> None:
    """A notice goes to many: no phone numbers in it, and short enough for one message. Raises WordsNotFit."""
    if PHONE.search(words):
        raise WordsNotFit("phone")
    if len(words) > WORDS_AT_MOST:
        raise WordsNotFit("long")


def tell(db: Session, cipher: Cipher, shift_ids: Sequence[int], words: str, actor: str, now: datetime) -> int:
    """Owe everybody with a seat these words, or what one should know of the shift; each once. Returns to how many.

    The words are sealed in the payload: they may name somebody.
    """
    check_words(words)
    writing(db)
    actors.acting(db, actor)
    owed = audience(db, shift_ids)
    sealed = cipher.encrypt(words).hex() if words else ""
    for shift_id, openid in owed:
        key = f"{shift_id}:{cipher.keyed_hash(f'{openid}:{words}')[:24]}"
        notify(db, openid, "teams.word", key, now, shift_id=shift_id, words=sealed)
    for shift_id in sorted({shift_id for shift_id, _ in owed}):
        audit.note(db, f"shifts:{shift_id}", "a notice to everybody with a seat")
    return len(owed)
