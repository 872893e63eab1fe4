"""Teams in chat: found, joined with a short form, left only when it is plain which; other words stay other words."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import teams
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Consent, Membership
from tests.fixtures.world import NOW, World
from tests.handlers.town import Town


def build(world: World) -> None:
    for name, area, able in (
        ("城东小蜜蜂队", "城东街道", ["应急救护", "交通引导"]),
        ("蓝天救援队", "城西街道", ["水上救援"]),
        *((f"第{number}中队", "下沙镇", []) for number in "一二三四五"),
    ):
        teams.create(world.db, name, NOW, area=area, specialties=able)
    boss = world.person("钱队长", "o-boss")
    teams.lead(world.db, 1, boss, "system", NOW)
    world.person("王晓雨", "o-known")


@pytest.fixture
def town(sqlite_database: Database, cipher: Cipher) -> Town:
    town = Town(sqlite_database, cipher)
    town.made(build)
    return town


def live(town: Town) -> list[tuple[str, str]]:
    rows = select(Membership).where(Membership.state.in_(teams.LIVE)).order_by(Membership.id)
    return town.read(lambda db: [(row.team.code, row.state) for row in db.scalars(rows)][1:])


@pytest.mark.parametrize("said", ["城东的队伍", "会急救的队伍", "找城东的队伍", "小蜜蜂队", "城东有志愿队吗"])
def test_finding_by_words(town: Town, said: str) -> None:
    assert "T01 城东小蜜蜂队" in town.say("o-new", said)


def test_all_teams_come_in_pages(town: Town) -> None:
    assert "队伍有7支" in town.say("o-new", "找队伍")
    assert "T07" in town.say("o-new", "更多")
    assert "没找到正合适的" in town.say("o-new", "找会开飞机的队伍")


@pytest.mark.parametrize(
    "said", ["排队", "我要排队", "怎么加入志愿队伍", "退出志愿队怎么弄", "少先队", "我们队十五个人报A20"]
)
def test_other_words_about_queues_and_teams_are_not_taken(town: Town, said: str) -> None:
    reply = town.say("o-new", said)
    assert "队伍有" not in reply and "T0" not in reply


def test_a_code_shows_the_team_with_its_leader_masked(town: Town) -> None:
    for said in ("T01", "t01", "队伍详情 T01", "详情T01", "看看 T01"):
        reply = town.say("o-new", said)
        assert "城东小蜜蜂队" in reply and "队长：钱*长" in reply and "钱队长" not in reply, said
    assert "没有找到 T88 这个活动" in town.say("o-new", "T88")
    assert "没有找到 T88 这支队伍" in town.say("o-new", "加入 T88")


def test_joining_asks_name_and_phone_once_and_waits(town: Town) -> None:
    assert "姓名" in town.say("o-new", "加入 T01")
    assert "手机号" in town.say("o-new", "李小禾")
    summary = town.say("o-new", "13900001234")
    assert "李*禾 139****1234" in summary and "个人信息说明" in summary
    assert live(town) == []
    assert "已提交" in town.say("o-new", "确认")
    assert live(town) == [("T01", "applied")]
    assert town.read(lambda db: db.scalars(select(Consent.purpose)).all()) == ["team"]
    assert "等队长同意" in town.say("o-new", "我的队伍")
    assert "申请在等队长同意" in town.say("o-new", "加入 T01")
    assert "用 李*禾" in town.say("o-new", "报名 T02")


@pytest.mark.parametrize("said", ["加入 1", "加入小蜜蜂队", "我想加入T01", "参加T01", "加入"])
def test_ways_to_join(town: Town, said: str) -> None:
    town.say("o-known", "会急救的队伍" if said != "加入" else "T01")
    assert "申请加入 T01" in town.say("o-known", said)
    town.say("o-known", "确认")
    assert live(town) == [("T01", "applied")]


def member(town: Town, *team_ids: int) -> None:
    def join(world: World) -> None:
        for team_id in team_ids:
            teams.decide(world.db, teams.join(world.db, team_id, 2, NOW).id, True, "person:1", NOW)

    town.made(lambda world: teams.lead(world.db, 2, 1, "system", NOW))
    town.made(join)


def test_leaving_is_never_guessed(town: Town) -> None:
    member(town, 1, 2)
    before = len(live(town))
    assert "您要退出哪一支" in town.say("o-known", "退队")
    assert len(live(town)) == before
    assert "已退出 T02" in town.say("o-known", "2")
    assert "确定退出 T01" in town.say("o-known", "我要退队")
    assert "您的队伍" in town.say("o-known", "不退")
    assert "没有加入" in town.say("o-known", "退队 T02")
    assert "已退出 T01" in town.say("o-known", "退队 T01")
    assert "没有加入队伍" in town.say("o-known", "退队")


def test_an_application_is_taken_back(town: Town) -> None:
    town.say("o-known", "加入 T01")
    town.say("o-known", "确认")
    assert "已撤回" in town.say("o-known", "退出 T01")
    assert live(town) == []


def test_the_only_leader_is_told_what_to_do_first(town: Town) -> None:
    assert "只有这一位队长" in town.say("o-boss", "退队 T01")


def test_leaving_what_offers_real_teams(town: Town) -> None:
    member(town, 1)
    reply = town.say("o-known", "退出")
    assert "1. " in reply and "退出队伍 T01 城东小蜜蜂队" in reply
    assert "已退出 T01" in town.say("o-known", "1")


def test_a_team_that_takes_nobody_says_so(town: Town) -> None:
    town.made(lambda world: teams.close(world.db, 1, NOW))
    assert "已经停止活动" in town.say("o-known", "加入 T01")


def test_who_leads_a_team_sees_its_members_and_nobody_else_does(town: Town) -> None:
    member(town, 1)
    town.staff("admin", "o-admin")
    town.staff("editor", "o-editor")
    for said in ("队员 T01", "T01的队员", "成员名单 T01"):
        ordinary = town.say("o-somebody", said)
        for openid in ("o-known", "o-editor", "o-new"):
            assert town.say(openid, said) == ordinary, openid
        assert "王晓雨" not in ordinary
    assert "王晓雨 队员" in town.say("o-admin", "队员 T01")
    assert "1. 钱队长 队长\n2. 王晓雨 队员" in town.say("o-boss", "队员 T01")
    assert "移出 2 原因" in town.say("o-boss", "2")
    assert "写一句原因" in town.say("o-boss", "移出 2")
    assert ("T01", "active") in live(town), "nothing was done so far"


def test_a_successor_is_made_leader_and_then_one_may_leave(town: Town) -> None:
    member(town, 1)
    town.say("o-boss", "队员 T01")
    assert "只有这一位队长" in town.say("o-boss", "设为队员 1")
    assert "王晓雨 现在是 T01 城东小蜜蜂队 的骨干" in town.say("o-boss", "设为骨干 2")
    assert "的队长，会告诉本人" in town.say("o-boss", "设为队长 2")
    assert "已退出 T01" in town.say("o-boss", "退队 T01")
    assert town.say("o-boss", "移出 2 不来") == town.say("o-somebody", "移出 2 不来"), "an old list gives no authority"


def test_a_member_is_put_out_with_a_reason(town: Town) -> None:
    member(town, 1)
    town.say("o-boss", "队员 T01")
    assert "已把 王晓雨 移出 T01（原因：长期不参加，联系不上）" in town.say("o-boss", "移出 2 长期不参加，联系不上")
    assert "没有加入队伍" in town.say("o-known", "退队")
