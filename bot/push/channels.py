"""Which ways lead to a follower now, best first: subscribe notice, template, customer-service window."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Literal
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from bot.push import broadcasts_content, fields, pictures, wording
from bot.push.closures import Closures
from bot.push.effects import (
    Effect,
    NoConsent,
    NoticeUsed,
    Unfollowed,
    WindowsShut,
    WindowUsed,
)
from bot.push.facts import Facts
from bot.push.outbox import Claimed
from bot.services import announcements
from bot.services.reach import (
    BROADCAST,
    CLICK_WINDOW,
    CLICKS_PER_WINDOW,
    MESSAGE_WINDOW,
    MESSAGES_PER_WINDOW,
    RIGHTS,
)
from bot.settings import PushTemplate, Settings
from bot.storage.models import Broadcast, Follower, NoticeConsent
from bot.wechat.client import Client
from bot.wechat.errors import Reach
from bot.wechat.replies import Image, Music, News, Reply, Text, Video, Voice

log = structlog.get_logger()

# So long WeChat delivers the same client_msg_id only once; a little less, for clocks differ.
DEDUPED_FOR = timedelta(minutes=9, seconds=30)
NO_TEMPLATE = PushTemplate()
SENDABLE = (Text, Image, Voice, Video, Music, News)


@dataclass(frozen=True)
class Way:
    """One call that can say it. ``used``: what to note when it went through."""

    channel: Literal["subscribe", "template", "custom", "preview"]
    used: tuple[Effect, ...] = ()
    template_id: str = ""
    data: Mapping[str, str] | None = None
    reply: Reply | None = None
    repeatable: bool = False
    page: str = ""
    """What a tap on a subscribe notice or a template opens."""
    picture: Callable[[Client], Reply] | None = None
    """Makes ``reply`` anew at the moment of sending."""
    call: Callable[[Client], object] | None = None
    """Says it by a call of its own."""


@dataclass(frozen=True)
class Ways:
    """``open`` in the order to try them. ``wait_until``: a better way than all of these opens then by itself."""

    open: tuple[Way, ...]
    follower: Follower | None
    wait_until: datetime | None = None


def ways(db: Session, claimed: Claimed, facts: Facts, closures: Closures, now: datetime, settings: Settings) -> Ways:
    """What is allowed now, counted as WeChat counts. Reads only."""
    follower = db.get(Follower, claimed.openid)
    allowed = _allowed(db, claimed, facts, follower, now, settings)
    closed = [closures.of(way.channel, now) or closures.of(way.template_id, now) for way in allowed]
    if closed and closed[0] and closed[0].opens == "soon":
        return Ways((), follower, closed[0].until)  # within a minute: better than spending a scarcer way
    found = tuple(way for way, shut in zip(allowed, closed, strict=True) if shut is None)
    until = None if found else closures.day_is_over_at((way.channel for way in allowed), now)
    return Ways(found, follower, until)


def _allowed(
    db: Session, claimed: Claimed, facts: Facts, follower: Follower | None, now: datetime, settings: Settings
) -> list[Way]:
    rights = RIGHTS[settings.wechat.account]
    follows = follower is None or follower.followed
    kind = claimed.kind if claimed.kind in settings.push.templates else announcements.TEMPLATE_OF.get(claimed.kind, "")
    templates = settings.push.templates.get(kind, NO_TEMPLATE)
    zone = ZoneInfo(settings.organisation.timezone)
    allowed: list[Way] = []
    if "subscribe" in rights and templates.subscribe and facts.reply is None:
        consent = db.get(NoticeConsent, (claimed.openid, templates.subscribe))
        data = _data(kind, templates.subscribe_fields, facts, now, zone)
        if consent is not None and consent.remaining > 0 and data:
            lasting = templates.subscribe_lasts
            used = NoticeUsed(claimed.openid, templates.subscribe, try_of(claimed), lasting)
            allowed.append(Way("subscribe", (used,), templates.subscribe, data, page=facts.link))
    if "template" in rights and templates.template and follows and facts.reply is None:
        data = _data(kind, templates.template_fields, facts, now, zone)
        if data:
            fresh = now - claimed.tried_at < DEDUPED_FOR
            allowed.append(Way("template", (), templates.template, data, repeatable=fresh, page=facts.link))
    window = _window(follower, now) if "custom" in rights and follower and follows else None
    reply = facts.reply
    if window and isinstance(reply, Text | None):
        reply = Text(wording.text(facts, now, zone))
    if window and isinstance(reply, SENDABLE):
        made = facts.certificate
        picture = (lambda client: pictures.message(client, made, settings)) if made is not None else None
        allowed.append(Way("custom", (window,), reply=reply, picture=picture))
    if facts.broadcast is not None:
        return _of_broadcast(db, claimed, facts, facts.broadcast, allowed, now, settings)
    # An alert in full words helps sooner; the template wakes when the window is shut.
    return allowed[::-1] if claimed.kind == "alert" else allowed


def _of_broadcast(
    db: Session, claimed: Claimed, facts: Facts, broadcast: Broadcast, allowed: list[Way], now: datetime,
    settings: Settings,
) -> list[Way]:  # fmt: skip
    """Never a template, which WeChat forbids for what is not about the follower's own affairs (platform §3.4). A free
    window before a consent, which is used up."""
    if claimed.kind == "broadcast_preview":
        ways = [way for way in allowed if way.channel == "custom"]
        if settings.wechat.account == "unverified":
            return ways
        said = broadcasts_content.read(db, broadcast, now, settings, facts.link)
        author = settings.organisation.short_name
        show = partial(broadcasts_content.preview, said=said, openid=claimed.openid, author=author)
        return [Way("preview", call=show), *ways]
    order = {"custom": ("custom",), "notice": ("subscribe",)}.get(broadcast.channel, BROADCAST)
    return [way for channel in order for way in allowed if way.channel == channel]


def _data(
    kind: str, configured: Mapping[str, str], facts: Facts, now: datetime, zone: ZoneInfo
) -> dict[str, str] | None:
    usual = fields.USUAL_FIELDS.get(announcements.TEMPLATE_OF.get(kind, kind), {})
    names = tuple((configured or usual).items())
    if facts.alarm or facts.certificate or facts.broadcast:
        return _filled(kind, names, facts, now, zone)
    return _filled_once(kind, names, facts, now, zone)


def _filled(
    kind: str, names: tuple[tuple[str, str], ...], facts: Facts, now: datetime, zone: ZoneInfo
) -> dict[str, str] | None:
    try:
        return fields.filled(dict(names), wording.values(facts, now, zone), zone)
    except fields.Misfit as misfit:
        log.error("push.template_misfit", kind=kind, what=f"模板字段填不进去，请核对 push.templates.{kind}：{misfit}")
        return None


# A page of reminders says the same to everybody who goes to the same shift.
_filled_once = lru_cache(maxsize=64)(_filled)


def _window(follower: Follower, now: datetime) -> WindowUsed | None:
    """The window to spend from: the short one first, because it is gone in a minute anyway."""
    clicked, spoke = follower.last_click_at, follower.last_message_at
    if clicked and now - clicked < CLICK_WINDOW and follower.click_used < CLICKS_PER_WINDOW:
        return WindowUsed(follower.openid, False, clicked)
    if spoke and now - spoke < MESSAGE_WINDOW and follower.message_used < MESSAGES_PER_WINDOW:
        return WindowUsed(follower.openid, True, spoke)
    return None


def send(client: Client, claimed: Claimed, way: Way) -> str:
    """One call; WeChat's id of the message where it gives one."""
    if way.call is not None:
        way.call(client)
        return ""
    if way.channel == "custom":
        assert way.reply is not None
        client.custom(claimed.openid, way.picture(client) if way.picture else way.reply)
        return ""
    assert way.data is not None
    if way.channel == "subscribe":
        client.subscribe_send(claimed.openid, way.template_id, way.data, page=way.page)
        return ""
    id = client_msg_id(claimed)
    return client.template_send(claimed.openid, way.template_id, way.data, client_msg_id=id, url=way.page)


def client_msg_id(claimed: Claimed) -> str:
    """The same for every try of this row, different for every other row that ever was."""
    seed = f"{claimed.key}|{claimed.created_at.isoformat()}"
    return hashlib.blake2b(seed.encode(), digest_size=12).hexdigest()


def try_of(claimed: Claimed) -> str:
    """Names this try of this row: a row claimed anew has another fence."""
    return f"{claimed.id}:{claimed.fence}"


def lesson(reach: Reach, way: Way, follower: Follower | None, claimed: Claimed) -> tuple[Effect, ...]:
    """What a refusal of this reach tells about the follower."""
    openid = claimed.openid
    match reach:
        case Reach.CONSENT:
            return (NoConsent(openid, way.template_id, try_of(claimed)),)
        case Reach.WINDOW if follower is not None:
            return (WindowsShut(openid, follower.last_message_at, follower.last_click_at),)
        case Reach.FOLLOWER if follower is not None:
            return (Unfollowed(openid, follower.followed_at),)
    return ()
