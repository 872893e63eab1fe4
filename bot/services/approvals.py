"""Sign-ups that a leader decides about: who asks, and yes or no with the seats counted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, gates, line, parties, seats, telling
from bot.services.offers import lock_registration
from bot.services.refusals import ShiftFull
from bot.services.refusals.registrations import NotPending
from bot.services.rules import USUAL, Rules
from bot.storage.database import fresh, writing
from bot.storage.models import Activity, Person, Registration, Shift


@dataclass(frozen=True)
class Pending:
    """Somebody who asks for a seat; ``name`` as it was given, for the leader's eyes. ``seats``: of the party."""

    registration_id: int
    shift_id: int
    activity_id: int
    code: str
    title: str
    starts_at: datetime
    person_id: int
    name: str
    seats: int
    asked_at: datetime


def pending(db: Session, shift_id: int | None = None) -> list[Pending]:
    """Who waits for a decision, of one shift or of all, the earliest first."""
    asking = (
        select(Registration, Shift, Activity, Person)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .join(Person, Registration.person_id == Person.id)
        .where(Registration.state == "pending", Registration.party_of.is_(None))
        .order_by(Registration.id)
    )
    if shift_id is not None:
        asking = asking.where(Registration.shift_id == shift_id)
    return [
        Pending(
            row.id, at.id, about.id, about.code, about.title, at.starts_at, human.id, human.name, row.party_size,
            row.state_since,
        )
        for row, at, about, human in db.execute(asking)
    ]  # fmt: skip


def decide(
    db: Session,
    registration_id: int,
    approve: bool,
    actor: str,
    now: datetime,
    reason: str = "",
    *,
    rules: Rules = USUAL,
) -> Registration:
    """Yes: the seats are counted and the gates asked again (ShiftFull, TimeConflict … are raised). No: with a reason.

    The person is told either way. Raises NotPending when it was decided before. Whether the actor may decide is the
    caller's to ask (`authority.leader_of`).
    """
    writing(db)
    actors.acting(db, actor)
    row, shift = lock_registration(db, registration_id)
    if row.state != "pending":
        raise NotPending(row.state)
    if approve:
        activity = fresh(db, Activity, shift.activity_id)
        person = fresh(db, Person, row.person_id)
        asked = gates.request(db, shift, activity, person, now, rules)
        refusal = gates.told([*gates.about_shift(asked), *gates.about_person(db, asked)])
        if refusal is not None and refusal.code not in ("CLOSED", "NOT_OPEN_YET"):  # it was asked in time
            raise refusal
        counted = seats.of(db, shift)
        seated, past = line.left_for(db, asked, counted, row.party_size)
        if not seated:
            raise ShiftFull(counted.capacity, counted.taken, counted.waiting + 1)
        line.skip(past)
    row.state, row.state_since, row.reason = "confirmed" if approve else "rejected", now, reason.strip()[:255]
    db.flush()
    if approve:
        parties.seat(db, row, now)
    else:
        _turn_away(db, row, now)
    key = f"{row.id}:{row.state}"
    telling.follower(db, row.openid, "registrations.decided", key, now, zone=rules.timezone, registration_id=row.id)
    return row


def _turn_away(db: Session, head: Registration, now: datetime) -> None:
    """The whole party with its head: they asked together."""
    for invitation in parties.open_invitations(db, head.id):
        invitation.answer, invitation.answered_at = "expired", now
    for row in parties.companions(db, head.id):
        row.state, row.state_since, row.reason = head.state, now, head.reason
    db.flush()
