"""The card of one activity: everything a follower may want to know before deciding, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.context import Context
from bot.language.dates import distance, span
from bot.services import spoken
from bot.services.activities import Detail
from bot.wechat.replies import choice_link

MANY = 60


def card(ctx: Context, it: Detail) -> list[str]:
    """When, where, how many, and every fact that is known; without what this follower can do about it."""
    return [
        f"{it.code} {spoken.titled(it)}",
        f"时间：{span(it.starts_at, it.ends_at, ctx.zone)} {distance(it.starts_at, ctx.now, ctx.zone)}".rstrip(),
        f"地点：{it.place}{map_link(it)}",
        f"名额：{spoken.seats(it)}",
        *(f"{label}：{value}" for label, value in spoken.facts(it)),
        *([f"还有{_number(it)}个时段：回复 {choice_link(f'时段 {it.code}')}"] if it.other_shifts else []),
    ]


@dataclass(frozen=True)
class Reader:
    """Who sees a card without a conversation: a colleague who writes it."""

    zone: ZoneInfo
    now: datetime


def previewed(it: Detail, reader: Reader) -> str:
    """The card as a follower gets it, links read as their label."""
    text = "\n".join(card(reader, it))  # type: ignore[arg-type]
    return re.sub(r"<a [^>]*>(.*?)</a>", r"\1", text)


def map_link(it: Detail) -> str:
    url = spoken.map_url(it)
    return f' <a href="{url}">地图</a>' if url else ""


def _number(it: Detail) -> str:
    return f"{len(it.other_shifts)}" if len(it.other_shifts) < MANY else f"{MANY}多"
