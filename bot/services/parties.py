"""Parties: a guardian with children, or friends; the head holds all the seats, each companion has a row without one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import gates, seats
from bot.storage.models import Invitation, Registration

LARGEST = 5
"""From more people on a team reserves seats with a list of names."""


@dataclass(frozen=True)
class Party:
    """Who comes along: ``children`` are persons of whom the head is guardian; ``friends`` is how many are invited."""

    children: tuple[int, ...] = ()
    friends: int = 0

    @property
    def size(self) -> int:
        return 1 + len(self.children) + self.friends


ALONE = Party()


def companions(db: Session, head_id: int) -> list[Registration]:
    """Those of the party who have a live row of their own, in the order in which they joined."""
    live = select(Registration).where(Registration.party_of == head_id, Registration.state.in_(seats.LIVE))
    return list(db.scalars(live.order_by(Registration.id).execution_options(populate_existing=True)))


def people(db: Session, head_id: int) -> list[int]:
    """The persons of the companions; for locking them before the shift."""
    live = select(Registration.person_id).where(Registration.party_of == head_id, Registration.state.in_(seats.LIVE))
    return list(db.scalars(live.order_by(Registration.person_id)))


def add(db: Session, head: Registration, person_id: int, openid: str, now: datetime) -> Registration:
    """A companion's row beside the head's; the seat is already counted there."""
    row = Registration(
        shift_id=head.shift_id,
        person_id=person_id,
        openid=openid,
        state="waiting" if head.state == "offered" else head.state,
        state_since=now,
        created_at=now,
        queued_at=head.queued_at,
        party_size=0,
        party_of=head.id,
        source="party",
    )
    db.add(row)
    db.flush()
    return row


def seat(db: Session, head: Registration, now: datetime) -> None:
    """The head was confirmed, so are the companions; who is engaged elsewhere by now stays behind, with the seat."""
    for row in companions(db, head.id):
        if gates.overlapping(db, row.person_id, head.shift):
            row.state, row.reason = "cancelled", "engaged elsewhere"
            head.party_size -= 1
        else:
            row.state = "confirmed"
        row.state_since = now
    db.flush()


def shrink(db: Session, companion: Registration) -> None:
    """A companion left: the head holds one seat less. Call it before the companion's state is written."""
    head = db.get(Registration, companion.party_of, populate_existing=True) if companion.party_of else None
    if head is not None and head.state in seats.LIVE:
        head.party_size = max(1, head.party_size - 1)


def hand_on(db: Session, head: Registration, now: datetime) -> Registration | None:
    """The head has left. Children go too; friends who said yes keep their seats or the place, one of them as head.

    Seats of friends who had not answered are free again. Returns the new head.
    """
    db.flush()
    for invitation in open_invitations(db, head.id):
        invitation.answer, invitation.answered_at = "expired", now
    friends: list[Registration] = []
    for row in companions(db, head.id):
        if row.openid == head.openid:
            row.state, row.state_since, row.reason = head.state, now, head.reason
        else:
            friends.append(row)
    if not friends:
        db.flush()
        return None
    new, *others = friends
    new.party_of, new.queued_at, new.priority, new.skipped = None, head.queued_at, head.priority, head.skipped
    db.flush()
    new.party_size = len(friends)
    for row in others:
        row.party_of = new.id
    db.flush()
    return new


def open_invitations(db: Session, head_id: int) -> list[Invitation]:
    waiting = select(Invitation).where(Invitation.party_of == head_id, Invitation.answer.is_(None))
    return list(db.scalars(waiting.order_by(Invitation.id)))


def names_open(db: Session, head_id: int) -> int:
    """How many friends have not answered yet."""
    waiting = select(func.count()).where(Invitation.party_of == head_id, Invitation.answer.is_(None))
    return db.scalars(waiting).one()
