"""What must be true of teams and outcomes: states known, no application to a closed team, no leader lost, amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.breaches import Breach
from bot.services.teams import ROLES
from bot.storage.crypto import Cipher
from bot.storage.models import Membership, Outcome, Person, Team

STATES = ("applied", "active", "refused", "left", "removed")


def _memberships(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for row in db.scalars(select(Membership).order_by(Membership.id)):
        if row.state not in STATES or row.role not in ROLES:
            yield Breach("membership_state", f"unknown state {row.state} or role {row.role}", (row.id,))
        if row.state in ("refused", "removed") and not row.reason:
            yield Breach("membership_reason", f"{row.state} without a reason", (row.id,))
        if row.state == "applied" and row.team.closed_at is not None:
            yield Breach("membership_closed", f"waits for {row.team.code}, which is closed", (row.id,))


def _leaders(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """A team that had a leader and is open has one still; who asked to be forgotten does not count as lost."""
    led = select(Membership.team_id).where(Membership.role == "leader", Membership.state == "active")
    once = (
        select(Membership.team_id).join(Person, Membership.person_id == Person.id)
        .where(Person.erased_at.is_(None), Membership.role == "leader", Membership.state.in_(("left", "removed")))
    )  # fmt: skip
    lost = select(Team).where(Team.closed_at.is_(None), Team.id.in_(once), Team.id.not_in(led))
    for team in db.scalars(lost.order_by(Team.id)):
        yield Breach("team_without_leader", f"{team.code} lost its last leader", (team.id,))


def _outcomes(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for row in db.scalars(select(Outcome).order_by(Outcome.id)):
        try:
            sound = Decimal(row.amount) >= 0 and bool(row.unit)
        except InvalidOperation:
            sound = False
        if not sound:
            yield Breach("outcome_amount", f"{row.amount} {row.unit} is no amount", (row.id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _memberships,
    _leaders,
    _outcomes,
)
