"""The card of an activity: every fact in words, the map, and that it fits one reply of WeChat."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.services.activities import Detail
from bot.wechat.limits import MAX_TEXT_BYTES, size
from handlers import cards
from tests.fixtures.world import NOW, hours

CTX: Any = SimpleNamespace(now=NOW, zone=ZoneInfo("Asia/Shanghai"))


def detail(**more: Any) -> Detail:
    usual = {
        "shift_id": 1, "activity_id": 1, "code": "A12", "title": "江滨公园清洁", "place": "江滨公园南门", "role": "",
        "starts_at": NOW + hours(99), "ends_at": NOW + hours(101.5), "capacity": 20, "taken": 3, "free": 17,
        "waiting": 0, "signup": "open", "signup_opens_at": None, "signup_closes_at": None, "kind": "volunteer",
        "area": "", "min_age": None, "max_age": None, "approval": False, "members_only": False, "roster_id": None,
        "content": "沿江捡拾垃圾", "risk": "临水", "bring": "", "insurance": "",
        "organiser": "团县委", "leader": "王老师",
        "contact": "", "cancel_reason": "", "waitlist_limit": None, "other_shifts": (), "phase": "signup",
        "minutes": 150, "needs": {}, "dangerous": False, "agreement": (), "policy": None, "team": "", "campaign": "",
        "latitude": None, "longitude": None,
    }  # fmt: skip
    return Detail(**{**usual, **more})


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "时长：记2.5小时"),
        ({"kind": "training", "minutes": 0}, "时长：不记志愿时长（培训）"),
        ({"min_age": 18}, "年龄：满18岁"),
        ({"min_age": 14, "max_age": 35}, "年龄：14–35岁"),
        ({"max_age": 35}, "年龄：35岁及以下"),
        ({"needs": {"courses": ["急救", "礼仪"], "skills": ["手语"]}}, "要求：先完成《急救》《礼仪》；会手语"),
        ({"needs": {"gender": "female"}}, "要求：适合女性"),
        ({"agreement": ("danger", "long")}, "协议：要签书面协议（有危险、服务期超过一个月）"),
        ({"insurance": "意外险。", "policy": ("人保", "P1", "95518")}, "保险：意外险。人保 保单P1，理赔电话 95518"),
        ({"policy": ("人保", "P1", "")}, "保险：人保 保单P1"),
        ({"team": "河小二队"}, "队伍：河小二队"),
        ({"campaign": "微笑点亮江城"}, "属于：微笑点亮江城"),
        ({"approval": True, "members_only": True}, "报名方式：仅限本队队员、报名后由负责人审核"),
        ({"role": "引导"}, "A12 江滨公园清洁（引导）"),
    ],
)
def test_a_fact_in_words(more: dict[str, Any], line: str) -> None:
    assert line in cards.card(CTX, detail(**more))


def test_a_map_only_where_the_place_is_known() -> None:
    link = cards.map_link(detail(latitude=28.9, longitude=120.4))
    assert 'href="https://apis.map.qq.com/uri/v1/marker?marker=coord:28.900000,120.400000;title:%E6' in link
    assert cards.map_link(detail()) == cards.map_link(detail(latitude=28.9)) == ""


def test_what_is_not_known_is_not_said() -> None:
    told = "\n".join(cards.card(CTX, detail()))
    assert not any(
        label in told for label in ("年龄", "要求", "保险", "协议", "队伍", "属于", "报名方式", "地图", "时段")
    )


def test_a_full_card_fits_one_reply() -> None:
    full = detail(
        title="青山半程马拉松赛道补给和起终点引导志愿者招募", place="县体育中心东门外广场集合后统一乘车前往",
        role="补给站",
        content="赛" * 200, risk="站" * 60, bring="帽" * 30, insurance="主办方为每位志愿者投保意外险。",
        contact="0570-1234567", min_age=18, max_age=60, latitude=28.9, longitude=120.4, agreement=("danger", "large"),
        policy=("中国人民财产保险股份有限公司", "PICC-2026-0001", "95518"),
        team="小蜜蜂第一志愿服务队", campaign="微笑点亮江城",
        other_shifts=tuple(range(2, 40)), approval=True, needs={"courses": ["赛会服务"]},
        ends_at=NOW + timedelta(hours=104),
    )  # fmt: skip
    assert size("\n".join([*cards.card(CTX, full), "您已报名，去不了请回复 取消 A12"])) <= MAX_TEXT_BYTES
