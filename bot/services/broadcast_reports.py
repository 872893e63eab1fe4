"""What became of a broadcast: who was told and who was not, and what came of it; counted from rows, never stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bot.services.broadcast_states import get
from bot.storage.models import Batch, Broadcast, Follower, Recipient, Registration, Shift

SIGN_UPS_WITHIN = timedelta(days=7)
UNFOLLOWS_WITHIN = timedelta(hours=48)
TOLD = ("sent", "delivered")
STATES = ("due", "sent", "delivered", "refused", "failed", "unreached", "unknown", "stopped")
"""Of a recipient."""


@dataclass(frozen=True)
class ByWeChat:
    """What WeChat counted itself for the mass calls that it has reported on: all, let through, sent, not sent."""

    total: int
    filtered: int
    sent: int
    errors: int


@dataclass(frozen=True)
class Report:
    """``states``: recipients by state, each of STATES. ``clicks``: recipients who opened the link; ``visits``: openings
    of the link by whoever, without a name (a mass message has one link for all).

    ``sign_ups``: people whom a recipient's account or person registered for the broadcast's activity within seven days
    of its beginning, whatever became of it; None without an activity. ``unfollows``: recipients who left within 48
    hours and did not come back.
    """

    size: int | None
    states: dict[str, int] = field(default_factory=dict)
    clicks: int = 0
    visits: int = 0
    sign_ups: int | None = None
    unfollows: int = 0
    by_wechat: ByWeChat | None = None

    @property
    def told(self) -> int:
        return sum(self.states[state] for state in TOLD)


def of(db: Session, broadcast_id: int) -> Report:
    """As it stands now. Raises BroadcastUnknown."""
    broadcast = get(db, broadcast_id)
    counted = select(Recipient.state, func.count()).where(Recipient.broadcast_id == broadcast_id)
    found = {state: int(number) for state, number in db.execute(counted.group_by(Recipient.state))}
    clicked = select(func.count()).where(Recipient.broadcast_id == broadcast_id, Recipient.clicked_at.is_not(None))
    return Report(
        size=broadcast.size,
        states={state: found.get(state, 0) for state in STATES},
        clicks=db.scalars(clicked).one(),
        visits=broadcast.visits,
        sign_ups=_sign_ups(db, broadcast) if broadcast.activity_id is not None else None,
        unfollows=_unfollows(db, broadcast),
        by_wechat=_by_wechat(db, broadcast_id),
    )


def _told(broadcast: Broadcast, who: ColumnElement[bool]) -> ColumnElement[bool]:
    told = select(Recipient.openid).where(Recipient.broadcast_id == broadcast.id, Recipient.state.in_(TOLD), who)
    return told.exists()


def _sign_ups(db: Session, broadcast: Broadcast) -> int:
    """By the account that registered or the person who is registered; a child stands under its guardian's account."""
    if broadcast.started_at is None:
        return 0
    shifts = select(Shift.id).where(Shift.activity_id == broadcast.activity_id)
    person = select(Follower.openid).where(
        Follower.person_id == Registration.person_id, _told(broadcast, Recipient.openid == Follower.openid)
    )
    came = select(func.count(Registration.person_id.distinct())).where(
        Registration.shift_id.in_(shifts),
        Registration.created_at >= broadcast.started_at,
        Registration.created_at < broadcast.started_at + SIGN_UPS_WITHIN,
        or_(_told(broadcast, Recipient.openid == Registration.openid), person.exists()),
    )
    return int(db.scalars(came).one())


def _unfollows(db: Session, broadcast: Broadcast) -> int:
    if broadcast.started_at is None:
        return 0
    left = select(func.count()).where(
        Follower.unfollowed_at >= broadcast.started_at,
        Follower.unfollowed_at < broadcast.started_at + UNFOLLOWS_WITHIN,
        _told(broadcast, Recipient.openid == Follower.openid),
    )
    return int(db.scalars(left).one())


def _by_wechat(db: Session, broadcast_id: int) -> ByWeChat | None:
    counts = (Batch.total_count, Batch.filter_count, Batch.sent_count, Batch.error_count)
    reported = select(func.count(), *(func.coalesce(func.sum(column), 0) for column in counts)).where(
        Batch.broadcast_id == broadcast_id, Batch.total_count.is_not(None)
    )
    number, *sums = map(int, db.execute(reported).one())
    return ByWeChat(*sums) if number else None
