"""Who can be told something at this moment, and by which way: the rules of WeChat, for one follower and for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from bot.settings import PushTemplate
from bot.storage.models import Follower, NoticeConsent, Push

Channel = Literal["subscribe", "template", "custom", "mass"]

# Platform §3.12: what each kind of account may call.
RIGHTS: Mapping[str, tuple[Channel, ...]] = {
    "verified_service": ("subscribe", "template", "custom", "mass"),
    "verified_subscription": ("custom", "mass"),
    "unverified": (),
}
# Platform §3.3: so long, and so many messages, after a follower wrote, or tapped a menu button, scanned, followed.
MESSAGE_WINDOW, MESSAGES_PER_WINDOW = timedelta(hours=48), 5
CLICK_WINDOW, CLICKS_PER_WINDOW = timedelta(minutes=1), 3

OWN_AFFAIRS: tuple[Channel, ...] = ("subscribe", "template", "custom")
"""What is said of a follower's own registrations: the ways in the order in which they are tried."""
BROADCAST: tuple[Channel, ...] = ("custom", "subscribe")
"""What is said to many, one by one. Never a template, which WeChat forbids for it."""


@dataclass(frozen=True)
class Reach:
    """``now``: how many hear it at once; ``later``: how many with their next message; ``by_channel``: those of now."""

    now: int
    later: int
    by_channel: dict[str, int] = field(default_factory=dict)


def counted(
    db: Session,
    select_openids: Select[str],
    now: datetime,
    account: str,
    template: PushTemplate,
    ways: Sequence[Channel] = OWN_AFFAIRS,
) -> Reach:
    """In one statement, however many ``select_openids`` selects. Reads only.

    ``ways``: what is tried, in this order; as bot/push/channels.py chooses, but for what WeChat has shut meanwhile and
    what a template's fields cannot hold. With ``mass`` among them whoever follows is counted as reached: the quotas of
    the month are bot/services/mass_quotas.py's.
    """
    audience = select_openids.subquery()
    openid = audience.c[0]
    open_ways = {
        "subscribe": NoticeConsent.remaining > 0 if template.subscribe else literal(False),
        "template": or_(Follower.openid.is_(None), Follower.followed) if template.template else literal(False),
        "custom": has_window(now),
        "mass": Follower.followed,
    }
    first = [(open_ways[way], way) for way in ways if way in RIGHTS[account]]
    chosen = case(*first, else_="") if first else literal("")
    consent = and_(NoticeConsent.openid == openid, NoticeConsent.template_id == template.subscribe)
    told = (
        select(chosen.label("way"), func.count().label("many"))
        .select_from(audience)
        .outerjoin(Follower, Follower.openid == openid)
        .outerjoin(NoticeConsent, consent)
        .group_by("way")
    )
    many = {way: count for way, count in db.execute(told)}  # noqa: C416
    later = many.pop("", 0)
    return Reach(sum(many.values()), later, {way: many[way] for way in ways if way in many})


def reaches(db: Session, openid: str, now: datetime, account: str) -> bool:
    """Whether all that is owed to this follower by now finds room in their windows; else some waits for their next
    message. What is on its way is counted: the window's own count follows a moment later."""
    follower = db.get(Follower, openid, populate_existing=True)
    if follower is None or not follower.followed or "custom" not in RIGHTS[account]:
        return False
    clicked, spoke = follower.last_click_at, follower.last_message_at
    room = CLICKS_PER_WINDOW - follower.click_used if clicked and now - clicked < CLICK_WINDOW else 0
    room += MESSAGES_PER_WINDOW - follower.message_used if spoke and now - spoke < MESSAGE_WINDOW else 0
    owed = select(func.count()).where(Push.openid == openid, Push.state.in_(("due", "sending")), Push.due_at <= now)
    return db.scalars(owed).one() <= room


def has_window(now: datetime) -> ColumnElement[bool]:
    """Whether a follower's customer-service window is open and not used up."""
    clicked = and_(Follower.last_click_at > now - CLICK_WINDOW, Follower.click_used < CLICKS_PER_WINDOW)
    spoke = and_(Follower.last_message_at > now - MESSAGE_WINDOW, Follower.message_used < MESSAGES_PER_WINDOW)
    return and_(Follower.followed, or_(clicked, spoke))
