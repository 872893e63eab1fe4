"""What must hold of activities whatever happened: risks told, danger insured and for adults, two humans, rosters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.activity_checks import CAMPAIGN, covers
from bot.services.activity_states import HIDDEN, STATES
from bot.services.ages import ADULT
from bot.services.breaches import Breach
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Policy, Registration, Shift


def _states(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for activity in db.scalars(select(Activity).where(Activity.state.not_in(STATES))):
        yield Breach("activity_state", f"unknown state {activity.state!r}", (activity.id,))

    registered = (
        select(Activity.id)
        .join(Shift, Shift.activity_id == Activity.id)
        .join(Registration, Registration.shift_id == Shift.id)
        .where(Activity.state.in_(HIDDEN))
        .distinct()
    )
    for activity_id in db.scalars(registered):
        yield Breach("registered_unpublished", "somebody registered for what nobody can see", (activity_id,))


def _published(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    silent = select(Activity.id).where(
        Activity.state == "open", Activity.kind != CAMPAIGN, func.trim(Activity.risk) == ""
    )
    for activity_id in db.scalars(silent):
        yield Breach("risk_untold", "published without a word about risks", (activity_id,))
    for activity in db.scalars(select(Activity).where(Activity.reviewer != "", Activity.state == "open")):
        if actors.is_same_human(db, activity.author, activity.reviewer):
            yield Breach("reviewed_by_author", "author and reviewer are one human being", (activity.id,))


def _danger(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    policies = {policy.id: policy for policy in db.scalars(select(Policy))}
    dangerous = select(Shift).join(Activity).where(Activity.state == "open", Activity.dangerous)
    for shift in db.scalars(dangerous.order_by(Shift.id)):
        policy = policies.get(shift.activity.policy_id or 0)
        if not covers(policy, shift.starts_at, shift.ends_at):
            yield Breach("danger_uninsured", "dangerous, and no policy covers it", (shift.id,))
    young = dangerous.where(or_(Shift.min_age.is_(None), Shift.min_age < ADULT))
    for shift in db.scalars(young.order_by(Shift.id)):
        yield Breach("danger_for_minors", f"dangerous, and open from {shift.min_age}", (shift.id,))


def _rosters(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    nameless = select(Shift.id).where(Shift.roster_id.is_not(None), Shift.roster_slot.is_(None))
    for shift_id in db.scalars(nameless):
        yield Breach("slot_unnamed", "made by a roster without a slot: it would be made again", (shift_id,))


def _claims(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for activity_id in db.scalars(select(Activity.id).where(Activity.claimed_by.is_not(None), ~Activity.claimable)):
        yield Breach("claimed_unoffered", "a team took on what was not offered", (activity_id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _states,
    _published,
    _danger,
    _rosters,
    _claims,
)
