"""The words of a broadcast to one follower or to many: title, body, the activity in three lines, where it leads."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language import dates
from bot.services import broadcast_links
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, Batch, Broadcast
from bot.wechat.limits import MAX_TEXT_BYTES, size


def link(db: Session, broadcast: Broadcast, settings: Settings, cipher: Cipher, openid: str = "") -> str:
    """Where it leads: the published article, else our own link, which counts who opened it; one for all or for one."""
    article = select(Batch.url).where(Batch.broadcast_id == broadcast.id, Batch.call == "article", Batch.url != "")
    return db.scalars(article.limit(1)).first() or broadcast_links.url(settings, cipher, broadcast, openid)


def card(db: Session, broadcast: Broadcast, now: datetime, zone: ZoneInfo) -> list[str]:
    """The activity in three lines: what, when and where, how to take part."""
    activity = db.get(Activity, broadcast.activity_id) if broadcast.activity_id else None
    if activity is None:
        return []
    shift = next((one for one in sorted(activity.shifts, key=lambda one: one.starts_at) if one.starts_at > now), None)
    when = f"{dates.span(shift.starts_at, shift.ends_at, zone)}｜" if shift else ""
    return [f"【{activity.code}】{activity.title}", f"{when}{activity.place}", f"报名请回复 报名 {activity.code}"]


def words(db: Session, broadcast: Broadcast, now: datetime, zone: ZoneInfo, leads_to: str) -> str:
    """The whole text, within what WeChat takes; of a long body its end is cut, never what to do next."""
    head = f"【{broadcast.title}】"
    tail = [*card(db, broadcast, now, zone), *([f"详情：{leads_to}"] if leads_to else [])]
    tail.append("不想再收到，回复 退订。")
    body = broadcast.body.strip()
    whole = "\n".join(part for part in (head, body, *tail) if part)
    if size(whole) <= MAX_TEXT_BYTES:
        return whole
    room = MAX_TEXT_BYTES - size("\n".join((head, *tail))) - size("\n…")
    cut = body.encode()[: max(0, room)].decode("utf-8", "ignore").rstrip()
    return "\n".join((head, f"{cut}…", *tail))
