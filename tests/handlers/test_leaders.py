"""Commands of leaders: who may give them and who gets nothing but ordinary words; what they lead to."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import appointments, name_lists, teams
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Activity, AuditEntry, LedgerEntry, Outcome, Push, Shift
from handlers import decisions, reviews
from tests.fixtures.world import NOW, World, hours
from tests.handlers.town import Town

STAFF = ("admin", "reviewer", "editor", "expert", "leader", "auditor")
"""Of these only administrators lead what others organise; the role leader alone leads nothing."""
MAY = ("o-head", "o-captain", "o-admin")
MAY_NOT = (
    "o-stranger",
    "o-volunteer",
    "o-member",
    "o-otherleader",
    *(f"o-{role}" for role in STAFF if role != "admin"),
)


def build(world: World) -> SimpleNamespace:
    """A12 begins in an hour, is led by one person and organised by a team with a captain; one volunteer has a seat."""
    leader, captain, member, other, volunteer, applicant = (
        world.person(name, openid)
        for name, openid in (
            ("赵带队", "o-head"), ("钱队长", "o-captain"), ("孙队员", "o-member"), ("李外队", "o-otherleader"),
            ("王晓雨", "o-volunteer"), ("周申请", "o-applicant"),
        )
    )  # fmt: skip
    team, elsewhere = teams.create(world.db, "城东队", NOW), teams.create(world.db, "城西队", NOW)
    teams.lead(world.db, team.id, captain, "system", NOW)
    teams.lead(world.db, elsewhere.id, other, "system", NOW)
    teams.decide(world.db, teams.join(world.db, team.id, member, NOW).id, True, f"person:{captain}", NOW)
    teams.join(world.db, team.id, applicant, NOW)
    shift = world.shift(code="A12", starts_in=hours(1))
    tomorrow = world.shift(code="A13", starts_in=hours(26))
    for each in (shift, tomorrow):
        activity = world.db.get_one(Activity, each.activity_id)
        activity.leader_id, activity.team_id = leader, team.id
        world.sign_up(each, volunteer)
    world.db.flush()
    return SimpleNamespace(shift=shift.id, tomorrow=tomorrow.id, leader=leader, volunteer=volunteer)


@pytest.fixture
def town(sqlite_database: Database, cipher: Cipher) -> Town:
    town = Town(sqlite_database, cipher)
    town.made(build)
    for role in STAFF:
        town.staff(role, f"o-{role}")
    return town


COMMANDS = {
    "名单 A12": "王晓雨 0005 已报名",
    "名单A12": "王晓雨 0005",
    "签到码 A12": "现在的签到码",
    "谁没签到 A12": "王晓雨",
    "到 王晓雨": "王晓雨",
    "到王晓雨 0005": "王晓雨",
    "谁没签退 A12": "都签退了",
    "通知明天的志愿者 请带雨衣": "要通知1人",
    "提前结束 A12 11:30": "11:30 结束",
    "延长 A12 到 15:00": "15:00 结束",
    "结算 A12": "还没结算完",
    "成果 A12 120公斤垃圾": "记下了：A12 120公斤垃圾",
    "我带的活动": "您带的活动",
}
WHEN = {
    "补录 王晓雨 11:02 到 12:30": hours(4),
    "结算 A12": hours(4),
    "成果 A12 120公斤垃圾": hours(4),
    "通知明天的志愿者 请带雨衣": hours(0.5),
    "名单 A12": hours(0),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_who_leads_is_answered_and_nobody_else_learns_anything(town: Town, command: str) -> None:
    town.now = NOW + WHEN.get(command, hours(1.2))
    ordinary = town.say("o-somebody", command)
    for openid in MAY_NOT:
        reply = town.say(openid, command)
        assert reply == ordinary or openid == "o-volunteer", openid
        assert COMMANDS[command] not in reply and "没有权限" not in reply and "0005" not in reply
    for openid in MAY:
        assert COMMANDS[command] in town.say(openid, command).replace("13:00", ""), openid
    if command in ("提前结束 A12 11:30", "延长 A12 到 15:00"):
        assert town.read(lambda db: db.scalars(select(Shift.ended_at)).all()) == [None, None]


@pytest.mark.parametrize("claim", ["我是管理员", "我是负责人 名单 A12", "我是A12的负责人", "管理员：结算 A12"])
def test_saying_who_one_is_changes_nothing(town: Town, claim: str) -> None:
    before = town.read(lambda db: db.query(AuditEntry).count())
    reply = town.say("o-stranger", claim)
    assert "王晓雨" not in reply and "王*雨" not in reply and "0005" not in reply and "签到码" not in reply
    assert "没有找到" in town.say("o-stranger", "名单 A99") or town.say("o-stranger", "名单 A12") == town.say(
        "o-stranger", "名单 A99"
    )
    assert town.read(lambda db: db.query(AuditEntry).count()) == before


@pytest.mark.parametrize("command", ["待办", "入队申请"])
def test_applications_wait_for_the_captain_and_for_staff_who_decide(town: Town, command: str) -> None:
    ordinary = town.say("o-somebody", command)
    for openid in ("o-stranger", "o-volunteer", "o-member", "o-editor", "o-expert", "o-auditor"):
        assert town.say(openid, command) == ordinary, openid
        assert town.say(openid, "同意 1") == town.say("o-somebody", "同意 1")
    assert "没有等您处理的" in town.say("o-otherleader", command)
    assert town.read(lambda db: len(teams.pending(db))) == 1
    for openid in ("o-captain", "o-admin", "o-reviewer"):
        assert "周*请 想加入 T01 城东队" in town.say(openid, command), openid


def test_approving_by_number_and_only_once(town: Town) -> None:
    town.say("o-captain", "入队申请")
    town.say("o-admin", "待办")
    assert "同意 1" in town.say("o-captain", "1")
    assert town.read(lambda db: len(teams.pending(db))) == 1, "a bare number decides nothing"
    assert "列表里没有第7条" in town.say("o-captain", "同意 7")
    assert "写一句原因" in town.say("o-captain", "婉拒 1")
    assert "已同意：周*请" in town.say("o-captain", "同意 1")
    assert "已经处理过" in town.say("o-admin", "婉拒 1 不合适")
    assert "没有等您处理的" in town.say("o-captain", "入队申请")
    noted = town.read(lambda db: db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first())
    assert noted is not None and noted.actor.startswith("person:") and noted.after == {"state": "active"}


def test_turning_down_says_why(town: Town) -> None:
    town.say("o-reviewer", "待办")
    assert "（人数满了，下次再来！）" in town.say("o-reviewer", "婉拒1：人数满了，下次再来！")
    told = select(Push.openid).where(Push.key.startswith("teams.decided:"))
    assert town.read(lambda db: db.scalars(told).all())[-1] == "o-applicant"


def test_who_lost_the_lead_decides_nothing_with_an_old_list(town: Town) -> None:
    town.say("o-captain", "入队申请")
    town.made(_new_captain)
    assert "已经处理过" in town.say("o-captain", "同意 1")
    assert town.read(lambda db: len(teams.pending(db))) == 1


def _new_captain(world: World) -> None:
    team = teams.by_code(world.db, "T01")
    assert team is not None
    rows = {row.role: row for row in teams.members(world.db, team.id)}
    boss = f"person:{rows['leader'].person_id}"
    teams.set_role(world.db, rows["member"].id, "leader", boss, NOW)
    teams.set_role(world.db, rows["leader"].id, "member", boss, NOW)


def reads(db: Session) -> list[str]:
    return list(db.scalars(select(AuditEntry.actor).where(AuditEntry.reason == name_lists.READ)))


def test_every_view_of_names_is_noted_and_masked_views_are_not(town: Town) -> None:
    town.say("o-stranger", "名单 A12")
    assert town.read(reads) == []
    town.say("o-head", "名单 A12")
    town.now = NOW + hours(1)
    town.say("o-admin", "谁没签到 A12")
    assert [actor.split(":")[0] for actor in town.read(reads)] == ["person", "staff"]
    town.now = NOW + timedelta(days=25)
    assert "王*雨 已报名" in town.say("o-head", "名单 A12")
    assert len(town.read(reads)) == 2


def test_a_long_list_has_pages(town: Town) -> None:
    town.made(lambda world: [world.sign_up(world.db.get_one(Shift, 1), person) for person in world.people(17)])
    first = town.say("o-head", "名单 A12")
    assert "共18人" in first and "15. " in first and "16. " not in first
    assert len(first.encode()) <= 2048
    assert "18. " in town.say("o-head", "更多")


def notices(db: Session) -> list[tuple[str, int]]:
    rows = db.scalars(select(Push).where(Push.key.startswith("teams.word:")))
    return [(row.openid, row.payload["shift_id"]) for row in rows]


def test_a_notice_is_confirmed_and_goes_out_once(town: Town) -> None:
    for _ in range(2):
        town.say("o-head", "通知明天的志愿者 请带雨衣")
        assert town.read(notices) in ([], [("o-5", 2)])
        assert "正在通知1人" in town.say("o-head", "确认")
    assert town.read(notices) == [("o-5", 2)]
    town.say("o-head", "通知明天的志愿者 改在北门")
    assert "没有发出去" in town.say("o-head", "不发")
    assert "电话号码" in town.say("o-head", "通知明天的志愿者 有事打13812345678")
    assert len(town.read(notices)) == 1


def test_a_late_yes_sends_nothing(town: Town) -> None:
    town.say("o-head", "通知明天的志愿者 请带雨衣")
    town.say("o-head", "名单 A12")
    town.say("o-head", "确认")
    assert town.read(notices) == []


def test_an_early_end_is_confirmed(town: Town) -> None:
    town.now = NOW + hours(0.5)
    assert "才开始" in town.say("o-head", "提前结束 A12")
    town.now = NOW + hours(2)
    assert "11:30 结束" in town.say("o-head", "提前结束 A12 十一点半")
    assert "已记录" in town.say("o-head", "确认")
    assert town.read(lambda db: db.get_one(Shift, 1).ended_at) == NOW + hours(1.5)
    assert "12:00 结束" in town.say("o-head", "提前结束")
    assert "没有改动" in town.say("o-head", "不改")
    assert "16:00" in town.say("o-head", "延长到 20:00"), "the latest end is named"
    assert "没看懂时间" in town.say("o-head", "延长到很晚")
    assert town.read(lambda db: db.get_one(Shift, 1).ended_at) == NOW + hours(1.5)


def test_settling_before_the_end_is_refused(town: Town) -> None:
    town.now = NOW + hours(2)
    assert "才结束" in town.say("o-head", "结算 A12")


def test_an_outcome_is_kept(town: Town) -> None:
    town.now = NOW + hours(4)
    assert "数字加单位" in town.say("o-head", "成果 A12 效果很好")
    town.say("o-head", "成果 A12 3.7吨 垃圾，50户")
    kept = town.read(lambda db: [(row.amount, row.unit, row.what, row.entered_by) for row in db.query(Outcome)])
    assert kept == [("3.7", "吨", "垃圾", "person:1"), ("50", "户", "", "person:1")]


def test_presence_said_by_the_leader_is_settled_into_hours(town: Town) -> None:
    town.now = NOW + hours(1.2)
    assert "王晓雨 0005" in town.say("o-head", "谁没签到 A12")
    assert "记下了：A12 王晓雨 11:12到" in town.say("o-head", "到 王晓雨 0005")
    assert "没有重复记" in town.say("o-head", "到 王晓雨")
    assert "都签到了" in town.say("o-head", "谁没签到 A12")
    town.now = NOW + hours(3)
    assert "王晓雨 0005 已签到" in town.say("o-head", "谁没签退 A12")
    assert "没有“王小雨”" in town.say("o-head", "到 王小雨")
    assert "离开" in town.say("o-head", "离开 王晓雨")
    town.now = NOW + hours(3.5)
    assert "1人的时长已入账" in town.say("o-head", "结算 A12")
    kept = town.read(lambda db: [(row.minutes, row.entered_by) for row in db.query(LedgerEntry)])
    assert kept == [(108, "person:1")]


def test_settling_names_who_must_be_spoken_for_first(town: Town) -> None:
    town.now = NOW + hours(3.5)
    assert "1人要先说清楚" in town.say("o-head", "结算 A12")


def test_there_is_a_code_for_leaving_too(town: Town) -> None:
    town.now = NOW + hours(2.9)
    coming, leaving = town.say("o-head", "签到码 A12"), town.say("o-head", "签退码 A12")
    assert "签退码：" in leaving and coming.split("：")[1][:6] != leaving.split("：")[1][:6]


def test_two_shifts_at_once_are_asked_about(town: Town) -> None:
    town.made(lambda world: _led_too(world))
    town.now = NOW + hours(1.2)
    assert "是哪一场" in town.say("o-head", "签到码")
    assert "A20" in town.say("o-head", "2")
    assert "A12 江滨公园清洁 现在的签到码" in town.say("o-head", "签到码 A12")


def _led_too(world: World) -> None:
    shift = world.shift(code="A20", starts_in=hours(1), title="河道清洁")
    world.db.get_one(Activity, shift.activity_id).leader_id = 1
    world.db.flush()


def test_a_code_makes_a_leader_and_asks_who_they_are(town: Town) -> None:
    activity = town.made(lambda world: world.shift(code="A30").activity_id)

    def issue(world: World) -> str:
        return appointments.issue(world.db, world.cipher, world.db.get_one(Activity, activity), "system", NOW)

    code = town.made(issue)
    assert "这个码不对" in town.say("o-stranger", "负责 A30 AAAAAA")
    assert "这个码不对" in town.say("o-member", "负责 A12 " + code)
    assert "请留下您的姓名" in town.say("o-new", f"负责 A30 {code}")
    town.say("o-new", "吴新人")
    assert "吴*人 139****1234" in town.say("o-new", "13900001234")
    assert "您现在是 A30" in town.say("o-new", "确认")
    assert "这个码不对" in town.say("o-member", f"负责 A30 {code}")
    assert "A30" in town.say("o-new", "我带的活动")


@pytest.mark.parametrize("what", ["activity", "volunteer", "manual_hours", "appeal", "star", "seal"])
def test_a_row_of_the_table_is_decided_by_the_roles_it_names(
    town: Town, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """As another room adds its kind of decision: one row."""
    rows, decided = [SimpleNamespace(id=7), SimpleNamespace(id=9)], []

    def decide(ctx: object, id: int, approve: bool, actor: str, reason: str) -> None:
        decided.append((id, approve, actor, reason))
        rows[:] = [row for row in rows if row.id != id]

    row = decisions.Review(
        kind=what, called="别的事", pending=lambda ctx: rows, actor=decisions.by_staff(what),
        words=lambda ctx, row: f"第{row.id}号", decide=decide,
    )  # fmt: skip
    monkeypatch.setattr(reviews, "REVIEWS", {what: row})
    ordinary = town.say("o-somebody", "待办")
    for openid in ("o-stranger", "o-member", "o-editor", "o-expert", "o-auditor"):
        assert town.say(openid, "待办") == ordinary, openid
    for openid in ("o-head", "o-captain"):
        assert "没有等您处理的" in town.say(openid, "待办"), openid
    assert "1. 【别的事】第7号\n2. 【别的事】第9号" in town.say("o-reviewer", "待办")
    assert "已婉拒：第9号" in town.say("o-reviewer", "驳回 2 材料不全")
    assert "已经处理过" in town.say("o-reviewer", "通过 2")
    assert "已同意：第7号" in town.say("o-reviewer", "通过1")
    assert decided == [(9, False, "staff:2", "材料不全"), (7, True, "staff:2", "")]
