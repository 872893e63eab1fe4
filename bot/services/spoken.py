"""How the facts of an activity are said, alike in chat and on its page. Reads only what it is given."""

from __future__ import annotations

from urllib.parse import quote

from bot.services import hours
from bot.services.details import Detail
from bot.services.listings import Listing

REASONS = {"danger": "有危险", "large": "大型活动", "long": "服务期超过一个月", "asked": "主办方要求"}
GENDERS = {"male": "男", "female": "女"}
KINDS = {
    "volunteer": "志愿服务", "training": "培训", "league": "团务", "meeting": "会议", "entertainment": "文体",
    "selection": "选拔", "campaign": "系列活动",
}  # fmt: skip
SIGNUPS = {"closed": "报名已截止", "started": "活动已经开始，不能再报名", "cancelled": "活动已取消"}
"""Why nobody can sign up any more."""


def facts(it: Detail) -> list[tuple[str, str]]:
    """Label and value of everything that is known beyond when, where and how many."""
    known = (
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
    return [(label, value) for label, value in known if value]


def seats(it: Listing) -> str:
    return f"余{it.free}/{it.capacity}" if it.free else f"已满（{it.capacity}人），候补{it.waiting}人"


def titled(it: Listing) -> str:
    return f"{it.title}（{it.role}）" if it.role else it.title


def gives(it: Detail) -> str:
    """Only volunteering is recorded in hours (志愿服务记录与证明出具办法 第19条)."""
    if it.kind == "volunteer":
        return f"记{hours.shown(it.minutes)}小时"
    return f"不记志愿时长（{KINDS.get(it.kind, '其他')}）"


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


def map_url(it: Detail) -> str:
    """Tencent's map needs no key for showing a place; without coordinates there is no link."""
    if it.latitude is None or it.longitude is None:
        return ""
    marker = f"coord:{it.latitude:.6f},{it.longitude:.6f};title:{quote(it.place[:12], safe='')}"
    return f"https://apis.map.qq.com/uri/v1/marker?marker={marker}&referer=qingsheng"


def search_url(it: Detail, area: str) -> str:
    """The same map, asked for the place by its name where nobody wrote down where it lies."""
    return (
        f"https://apis.map.qq.com/uri/v1/search?keyword={quote(it.place[:40], safe='')}"
        f"&region={quote(area, safe='')}&referer=qingsheng"
    )
