"""The card of one activity: everything a follower may want to know before deciding, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.conversation.context import Context
from bot.language.dates import distance, span
from bot.services import hours
from bot.services.activities import Detail, Listing
from bot.wechat.replies import choice_link
from handlers.wanted import KIND_WORDS

REASONS = {"danger": "有危险", "large": "大型活动", "long": "服务期超过一个月", "asked": "主办方要求"}
GENDERS = {"male": "男", "female": "女"}


def card(ctx: Context, it: Detail) -> list[str]:
    """When, where, how many, and every fact that is known; without what this follower can do about it."""
    seats = f"余{it.free}/{it.capacity}" if it.free else f"已满（{it.capacity}人），候补{it.waiting}人"
    facts = (
        ("时长", gives(it)),
        ("年龄", ages(it)),
        ("要求", needs(it)),
        ("内容", it.content),
        ("请带", it.bring),
        ("风险提示", it.risk),
        ("协议", agreement(it)),
        ("保险", insurance(it)),
        ("主办", it.organiser),
        ("队伍", it.team if it.team != it.organiser else ""),
        ("属于", it.campaign),
        ("联系人", " ".join(part for part in (it.leader, it.contact) if part)),
        ("报名方式", "、".join(filter(None, ["仅限本队队员" * it.members_only, "报名后由负责人审核" * it.approval]))),
    )
    return [
        f"{it.code} {titled(it)}",
        f"时间：{span(it.starts_at, it.ends_at, ctx.zone)} {distance(it.starts_at, ctx.now, ctx.zone)}".rstrip(),
        f"地点：{it.place}{map_link(it)}",
        f"名额：{seats}",
        *(f"{label}：{value}" for label, value in facts if value),
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


def titled(it: Listing) -> str:
    return f"{it.title}（{it.role}）" if it.role else it.title


def gives(it: Detail) -> str:
    """Only volunteering is recorded in hours (志愿服务记录与证明出具办法 第19条)."""
    return (
        f"记{hours.shown(it.minutes)}小时"
        if it.kind == "volunteer"
        else f"不记志愿时长（{KIND_WORDS.get(it.kind, '其他')}）"
    )


def ages(it: Listing) -> str:
    if it.min_age is not None and it.max_age is not None:
        return f"{it.min_age}–{it.max_age}岁"
    if it.min_age is not None:
        return f"满{it.min_age}岁"
    return f"{it.max_age}岁及以下" if it.max_age is not None else ""


def needs(it: Detail) -> str:
    courses, skills = (it.needs.get(name) or [] for name in ("courses", "skills"))
    said = [f"先完成《{'》《'.join(map(str, courses))}》"] if isinstance(courses, list) and courses else []
    said += [f"会{'、'.join(map(str, skills))}"] if isinstance(skills, list) and skills else []
    gender = it.needs.get("gender")
    return "；".join([*said, *([f"适合{GENDERS.get(str(gender), gender)}性"] if gender else [])])


def agreement(it: Detail) -> str:
    return f"要签书面协议（{'、'.join(REASONS[reason] for reason in it.agreement)}）" if it.agreement else ""


def insurance(it: Detail) -> str:
    """What the organiser wrote, and the policy itself with whom to call after an accident."""
    if it.policy is None:
        return it.insurance
    insurer, number, claims_phone = it.policy
    told = f"{insurer} 保单{number}" + (f"，理赔电话 {claims_phone}" if claims_phone else "")
    return f"{it.insurance.rstrip('。')}。{told}" if it.insurance else told


def map_link(it: Detail) -> str:
    """Tencent's map needs no key for showing a place; without coordinates there is no link."""
    if it.latitude is None or it.longitude is None:
        return ""
    marker = f"coord:{it.latitude:.6f},{it.longitude:.6f};title:{quote(it.place[:12], safe='')}"
    return f' <a href="https://apis.map.qq.com/uri/v1/marker?marker={marker}&referer=qingsheng">地图</a>'


def _number(it: Detail) -> str:
    return f"{len(it.other_shifts)}" if len(it.other_shifts) < MANY else f"{MANY}多"


MANY = 60
