"""Broadcasts: drafted, seen on one's own phone, submitted, decided by somebody else; then sent (broadcast_runs)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot.services import actors, audiences, listeners
from bot.services.announcements import announce, notify
from bot.services.broadcast_runs import begin, due, fail, finish, made, pause, resume, stop
from bot.services.broadcast_states import about_to, enter, get
from bot.services.quiet_hours import awake_from
from bot.services.refusals.broadcasts import (
    AudienceEmpty,
    BroadcastIncomplete,
    DueInPast,
    NotTheirDraft,
    OwnBroadcast,
    PreviewMissing,
    PreviewNobody,
    WhyMissing,
)
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Broadcast

__all__ = [
    "CHANNELS", "FIELDS", "NewBroadcast", "activity_of", "approve", "begin", "create", "due", "edit", "fail", "finish",
    "found", "get", "listed", "made", "pause", "pending", "preview_done", "preview_due", "reject", "resume", "stop",
    "submit",
]  # fmt: skip

CHANNELS = ("auto", "mass", "article", "notice", "custom")
FIELDS = ("title", "body", "picture", "link", "activity", "audience", "channel")
"""What an author writes."""
TITLE, BODY, ARTICLE_BODY, LINK = 32, 600, 20_000, 1024
"""Characters. A title and an article's body are bounded by WeChat's drafts, a text by its 2048 bytes."""
WEB = re.compile(r"https?://[^\s/?#@:]+(?::\d+)?(?:[/?#]\S*)?")
PREVIEW_LIVES = timedelta(hours=1)
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class NewBroadcast:
    """``activity``: its code, or nothing; ``picture``: a file below the data folder; ``audience``: see audiences."""

    title: str
    body: str = ""
    picture: str = ""
    link: str = ""
    activity: str = ""
    audience: Mapping[str, Any] = field(default_factory=lambda: {"all": True})
    channel: str = "auto"


# -- drafting ----------------------------------------------------------------------------------------


def create(db: Session, new: NewBroadcast, author: str, now: datetime) -> Broadcast:
    """A draft. Raises BroadcastIncomplete for what is there and impossible, AudienceWrong; the rest submit asks for."""
    writing(db)
    broadcast = Broadcast(code=_free_code(db), author=author, created_at=now, updated_at=now, state="draft")
    _write(db, broadcast, {name: getattr(new, name) for name in FIELDS})
    db.add(broadcast)
    db.flush()
    return broadcast


def edit(db: Session, broadcast_id: int, changes: Mapping[str, Any], actor: str, now: datetime) -> Broadcast:
    """``changes``: any of FIELDS. What was previewed before is another text now.

    Raises as ``create`` does, and NotTheirDraft for anybody but its author.
    """
    broadcast, state = about_to(db, broadcast_id, "edit")
    if not actors.is_same_human(db, actor, broadcast.author):
        raise NotTheirDraft(broadcast_id)
    _write(db, broadcast, changes)
    broadcast.previewed_at = None
    return enter(db, broadcast, state, now)


def preview_due(db: Session, broadcast_id: int, openid: str, now: datetime) -> Broadcast:
    """Owe ``openid`` the broadcast as followers will see it. Raises PreviewNobody without an openid."""
    broadcast, state = about_to(db, broadcast_id, "preview")
    if not openid:
        raise PreviewNobody
    announce(
        db,
        key=f"broadcast_preview:{broadcast_id}:{openid}:{now.timestamp():.3f}",
        openid=openid,
        kind="broadcast_preview",
        payload={"broadcast_id": broadcast_id},
        due_at=now,
        expires_at=now + PREVIEW_LIVES,
        now=now,
    )
    return enter(db, broadcast, state, now)


def preview_done(db: Session, broadcast_id: int, now: datetime) -> None:
    """A phone shows it as it stands: a draft may be submitted now."""
    writing(db)
    broadcast = locked(db, Broadcast, broadcast_id)
    if broadcast is not None and broadcast.state == "draft":
        broadcast.previewed_at = now
        db.flush()


def submit(db: Session, broadcast_id: int, now: datetime, rules: Rules = USUAL) -> Broadcast:
    """For review. Raises BroadcastIncomplete, AudienceEmpty, PreviewMissing; the reviewers are told."""
    broadcast, state = about_to(db, broadcast_id, "submit")
    if wrong := _missing(db, broadcast, now):
        raise BroadcastIncomplete(wrong)
    if broadcast.previewed_at is None:
        raise PreviewMissing(broadcast_id)
    broadcast.size_submitted, broadcast.submitted_at = _size(db, broadcast, now, rules), now
    broadcast.reviewer = broadcast.review_note = ""
    broadcast.reviewed_at = None
    enter(db, broadcast, state, now)
    for openid in listeners.reviewers(db, but=broadcast.author):
        key = f"{broadcast.id}:{now.timestamp():.3f}:{openid}"
        notify(db, openid, "broadcast_reviews.submitted", key, now, zone=rules.timezone, broadcast_id=broadcast.id)
    return broadcast


# -- deciding ----------------------------------------------------------------------------------------


def approve(
    db: Session, broadcast_id: int, reviewer: str, now: datetime, due_at: datetime | None = None, rules: Rules = USUAL
) -> Broadcast:
    """It begins at ``due_at``, or now; in quiet hours in the morning. All that submitting asked for is asked again.

    Raises OwnBroadcast, BroadcastIncomplete, AudienceEmpty, DueInPast.
    """
    broadcast, state = about_to(db, broadcast_id, "approve")
    if actors.is_same_human(db, reviewer, broadcast.author):
        raise OwnBroadcast
    if wrong := _missing(db, broadcast, now):
        raise BroadcastIncomplete(wrong)
    if due_at is not None and due_at <= now:
        raise DueInPast(due_at)
    broadcast.size_submitted = _size(db, broadcast, now, rules)
    broadcast.due_at = awake_from(due_at or now, rules.timezone)
    return _decided(db, broadcast, state, reviewer, "", now, rules)


def reject(
    db: Session, broadcast_id: int, reviewer: str, reason: str, now: datetime, rules: Rules = USUAL
) -> Broadcast:
    """A draft again, with the reason for its author. Raises WhyMissing."""
    broadcast, state = about_to(db, broadcast_id, "reject")
    if not reason.strip():
        raise WhyMissing(broadcast_id)
    return _decided(db, broadcast, state, reviewer, reason.strip()[:255], now, rules)


def _decided(
    db: Session, broadcast: Broadcast, state: str, reviewer: str, note: str, now: datetime, rules: Rules
) -> Broadcast:
    broadcast.reviewer, broadcast.review_note, broadcast.reviewed_at = reviewer, note, now
    enter(db, broadcast, state, now)
    for openid in listeners.of_actor(db, broadcast.author):
        key = f"{broadcast.id}:{now.timestamp():.3f}:{openid}"
        notify(db, openid, "broadcast_reviews.reviewed", key, now, zone=rules.timezone, broadcast_id=broadcast.id)
    return broadcast


# -- lists -------------------------------------------------------------------------------------------


def pending(db: Session) -> Sequence[Broadcast]:
    """What waits for a second person, the longest first."""
    waiting = select(Broadcast).where(Broadcast.state == "submitted")
    return db.scalars(waiting.order_by(Broadcast.submitted_at, Broadcast.id)).all()


def listed(db: Session, limit: int = 10, *, state: str = "") -> Sequence[Broadcast]:
    """The newest first, of one state if given."""
    known = select(Broadcast).where(Broadcast.state == state) if state else select(Broadcast)
    return db.scalars(known.order_by(Broadcast.id.desc()).limit(limit)).all()


def found(state: str = "", text: str = "") -> Select[Broadcast]:
    """The newest first; ``text`` stands in the title or the body."""
    query = select(Broadcast).order_by(Broadcast.id.desc())
    if state:
        query = query.where(Broadcast.state == state)
    if text:
        said = (Broadcast.title, Broadcast.body)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in said)))
    return query


def activity_of(db: Session, broadcast: Broadcast) -> Activity | None:
    return db.get(Activity, broadcast.activity_id) if broadcast.activity_id is not None else None


# -- what is asked of the words ----------------------------------------------------------------------


def _write(db: Session, broadcast: Broadcast, values: Mapping[str, Any]) -> None:
    """Puts ``values`` (names of FIELDS) into the row, all or none. Raises BroadcastIncomplete, AudienceWrong."""
    texts = {name: str(values[name]).strip() for name in values if name not in ("activity", "audience")}
    said = {name: texts.get(name, getattr(broadcast, name, "") or "") for name in ("title", "body", "link", "channel")}
    activity_id = broadcast.activity_id
    wrong = _impossible(**said)
    if "activity" in values:
        code = str(values["activity"]).strip().upper()
        activity_id = db.scalars(select(Activity.id).where(Activity.code == code)).one_or_none() if code else None
        wrong += ("activity",) if code and activity_id is None else ()
    if wrong:
        raise BroadcastIncomplete(wrong)
    if "audience" in values:
        broadcast.audience = audiences.check(db, values["audience"])
    for name, text in texts.items():
        setattr(broadcast, name, text)
    broadcast.activity_id = activity_id


def _impossible(title: str, body: str, link: str, channel: str) -> tuple[str, ...]:
    """What no draft may hold."""
    longest = ARTICLE_BODY if channel == "article" else BODY
    wrong = {
        "title": not 1 <= len(title) <= TITLE or "\n" in title,
        "body": len(body) > longest,
        "link": bool(link) and (len(link) > LINK or WEB.fullmatch(link) is None),
        "channel": channel not in CHANNELS,
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


def _missing(db: Session, broadcast: Broadcast, now: datetime) -> tuple[str, ...]:
    """What must be there before anybody decides: words, a picture for an article, an activity one can still join."""
    activity = activity_of(db, broadcast)
    over = activity is not None and (
        activity.state != "open" or not any(shift.starts_at > now for shift in activity.shifts)
    )
    wrong = {
        "body": not broadcast.body,
        "picture": broadcast.channel == "article" and not broadcast.picture,
        "activity": over,
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


def _size(db: Session, broadcast: Broadcast, now: datetime, rules: Rules) -> int:
    """How many are meant at this moment. Raises AudienceEmpty."""
    size = audiences.size(db, broadcast.audience, now, rules=rules)
    if not size:
        raise AudienceEmpty(audiences.describe(broadcast.audience))
    return size


def _free_code(db: Session) -> str:
    """Names the link: short, and not to be guessed before the broadcast is out."""
    while True:
        code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        if db.scalars(select(Broadcast.id).where(Broadcast.code == code)).first() is None:
            return code
