"""The state behind a push, read again at the moment of saying it: the facts, or why it is not said any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, load_only

from bot.push import alarms, broadcasts_words, pictures
from bot.push.notices import NOTICES
from bot.services import offer_lengths, page_links, recipients
from bot.services.certificates import Issued
from bot.services.quiet_hours import awake_from, is_quiet
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Broadcast, Follower, NoticeConsent, Offer, Registration, Shift
from bot.wechat.replies import Reply, from_json

# A reminder that comes later than this helps nobody.
LATE = timedelta(hours=2)
BEIJING = ZoneInfo("Asia/Shanghai")
LATE_REPLY_LIVES = timedelta(hours=48)
# A paused broadcast is looked at again so often.
PAUSED_FOR = timedelta(minutes=5)
LIVE = ("confirmed", "waiting", "offered", "pending")


# Made once: a page of reminders is read several times a second. Of a seat only what is looked at.
_SEATS = select(Registration).where(Registration.id.in_(bindparam("ids", expanding=True)))
_SEATS = _SEATS.options(load_only(Registration.openid, Registration.state, Registration.shift_id))
_SHIFTS = select(Shift, Activity).join(Shift.activity).where(Shift.id.in_(bindparam("ids", expanding=True)))
_FOLLOWERS = select(Follower).where(Follower.openid.in_(bindparam("openids", expanding=True)))
_CONSENTS = select(NoticeConsent).where(
    NoticeConsent.openid.in_(bindparam("openids", expanding=True)), NoticeConsent.remaining > 0
)


class Row(Protocol):
    """A row of the outbox, or a copy of one."""

    @property
    def openid(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def not_before(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Facts:
    """What the words are made of. ``answer_by``: until when an offer stands. ``reply``: an answer that came late.

    ``alarm``: what is known of an alert; ``notice``: the whole text of a notice; ``certificate``: whose picture is
    sent, ``notice`` then being the words for where none can be; ``broadcast``: the one whose words ``notice`` is; in
    all of these there is no activity. ``link``: of the broadcast, or the activity's page.
    """

    kind: str
    code: str = ""
    title: str = ""
    place: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    bring: str = ""
    contact: str = ""
    waiting: bool = False
    answer_by: datetime | None = None
    reason: str = ""
    reply: Reply | None = None
    alarm: alarms.Alarm | None = None
    notice: str = ""
    certificate: Issued | None = None
    broadcast: Broadcast | None = None
    link: str = ""


@dataclass(frozen=True)
class Gone:
    """Not to be said: ``superseded`` (not true any more) or ``expired`` (too late)."""

    state: Literal["superseded", "expired"]
    reason: str


@dataclass(frozen=True)
class Held:
    """Not to be said now: somebody has paused it, or it is night."""

    until: datetime
    reason: str


def read(
    db: Session,
    cipher: Cipher,
    push: Row,
    now: datetime,
    *,
    zone: ZoneInfo = BEIJING,
    pushing: bool = True,
    settings: Settings = Settings(),
) -> Facts | Gone | Held:
    """``pushing=False`` for the follower's own next message: then a reminder is welcome until the start.

    ``settings`` say where our own links lead.
    """
    if push.expires_at is not None and push.expires_at <= now:
        return Gone("expired", f"expired at {push.expires_at.isoformat(timespec='minutes')}")
    if push.kind == "late_reply":
        return _late_reply(push, now)
    if push.kind in alarms.KINDS:
        alarm = alarms.read(db, cipher, push.openid, push.kind, push.payload)
        return Gone("superseded", alarm) if isinstance(alarm, str) else Facts(push.kind, alarm=alarm)
    if push.kind == "picture":
        issued = pictures.read(db, cipher, push.payload)
        if isinstance(issued, str):
            return Gone("superseded", issued)
        return Facts("picture", notice=pictures.words(issued), certificate=issued)
    if push.kind == "notice":
        words = NOTICES[push.payload["notice"]](db, cipher, push.payload, now, zone)
        return Facts("notice", notice=words) if words else Gone("superseded", "there is nothing to say any more")
    if push.kind in ("broadcast", "broadcast_preview"):
        held = pushing and push.kind == "broadcast" and is_quiet(now, zone)
        return Held(awake_from(now, zone), "quiet hours") if held else _broadcast(db, cipher, push, now, zone, settings)
    registration = db.get(Registration, push.payload["registration_id"])
    if registration is None:
        return Gone("superseded", "the registration is gone")
    shift, activity = registration.shift, registration.shift.activity
    untrue = _untrue(push, registration, shift, activity)
    if untrue:
        return Gone("superseded", untrue)
    if (shift.ends_at if push.kind == "cancelled" else shift.starts_at) <= now:
        return Gone("expired", "it has begun")
    if push.kind == "reminder":
        if pushing and now > max(push.due_at, push.not_before or push.due_at) + LATE:
            return Gone("expired", "more than two hours late")
        follower = db.get(Follower, push.openid)
        if follower is not None and not follower.reminders:
            return Gone("superseded", "the follower wants no reminders")
    offer = _offer(db, push) if push.kind == "offer" else None
    if isinstance(offer, Offer) and offer.expires_at <= now:
        return Gone("expired", "the offer has lapsed")
    if push.kind == "offer" and (offer is None or offer.answer is not None):
        return Gone("superseded", f"the offer is {offer.answer if offer else 'gone'}")
    return Facts(
        push.kind, activity.code, activity.title, activity.place, shift.starts_at, shift.ends_at, activity.bring,
        activity.contact, registration.state == "waiting",
        offer_lengths.answer_by(offer, shift, now, zone) if offer else None, activity.cancel_reason,
        link=page_links.public(settings, f"/a/{activity.code}") if page_links.reachable(settings) else "",
    )  # fmt: skip


def preload(db: Session, pushes: Sequence[Row]) -> list[object]:
    """What `read` will look up for these, in a few statements; it stays loaded while the list is kept.

    Of a session that has read nothing yet: what is loaded already is not read again.
    """
    openids = {push.openid for push in pushes}
    loaded: list[object] = [
        *db.scalars(_FOLLOWERS, {"openids": openids}),
        *db.scalars(_CONSENTS, {"openids": openids}),
    ]
    ids = {push.payload.get("registration_id") for push in pushes} - {None}
    if ids:
        seats = list(db.scalars(_SEATS, {"ids": ids}))
        shifts = db.execute(_SHIFTS, {"ids": {seat.shift_id for seat in seats}})
        loaded += [*seats, *(row for found in shifts for row in found)]
    return loaded


def _broadcast(
    db: Session, cipher: Cipher, push: Row, now: datetime, zone: ZoneInfo, settings: Settings
) -> Facts | Gone | Held:
    broadcast = db.get(Broadcast, push.payload["broadcast_id"])
    if broadcast is None:
        return Gone("superseded", "the broadcast is gone")
    link = broadcasts_words.link(db, broadcast, settings, cipher, push.openid)
    words = broadcasts_words.words(db, broadcast, now, zone, link)
    activity = db.get(Activity, broadcast.activity_id) if broadcast.activity_id else None
    code = activity.code if activity is not None else ""
    said = Facts(push.kind, code, notice=words, broadcast=broadcast, link=link)
    if push.kind == "broadcast_preview":
        return said
    follower = db.get(Follower, push.openid)
    if broadcast.state == "stopped":
        return Gone("superseded", recipients.STOPPED)
    if broadcast.state == "paused":
        return Held(now + PAUSED_FOR, "the broadcast is paused")
    if follower is not None and not follower.broadcasts:
        return Gone("superseded", recipients.REFUSED)
    if activity is not None and activity.state != "open":
        return Gone("superseded", f"the activity is {activity.state}")
    return said


def _untrue(push: Row, registration: Registration, shift: Shift, activity: Activity) -> str:
    """Why the registration is not what the push says, or nothing."""
    true_in = {
        "reminder": ("confirmed",),
        "offer": ("offered",),
        "offer_lapsed": ("offer_expired",),
        "change": LIVE,
        "cancelled": ("activity_cancelled",),
    }[push.kind]
    if registration.state not in true_in:
        return f"the registration is {registration.state}"
    if push.kind != "cancelled" and activity.state != "open":
        return f"the activity is {activity.state}"
    said = push.payload.get("starts_at")
    if said and datetime.fromisoformat(said) != shift.starts_at:
        return "the shift was moved"
    return ""


def _offer(db: Session, push: Row) -> Offer | None:
    return db.get(Offer, push.payload["offer_id"], populate_existing=True)


def _late_reply(push: Row, now: datetime) -> Facts | Gone:
    if now > push.due_at + LATE_REPLY_LIVES:
        return Gone("expired", "two days late")
    return Facts("late_reply", reply=from_json(push.payload["reply"]))
