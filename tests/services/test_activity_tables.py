"""The columns about ages, danger, places and several shifts: in, out, and in again; mistakes all at once."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from bot.services import activities, exchange, policies
from bot.services.activity_tables import amend, import_activities
from bot.services.refusals.activities import WrongState
from bot.services.tables import ImportRefused
from bot.storage.models import Activity, Shift
from tests.fixtures.world import NOW, World, hours

COLUMNS = (
    "编号,标题,地点,开始,结束,名额,内容,风险提示,主办,负责人,类型,片区,经纬度,休息分钟,年龄下限,年龄上限,危险,需审核",
    "大型,保单,岗位",
)
HEAD = ",".join(COLUMNS) + "\r\n"


def line(**cells: str) -> str:
    usual = {
        "编号": "", "标题": "抗洪值守", "地点": "清溪桥头", "开始": "2026-03-07 09:00", "结束": "2026-03-07 16:00",
        "名额": "12", "内容": "巡堤", "风险提示": "水急", "主办": "团县委", "负责人": "何队长",
    }  # fmt: skip
    return ",".join({**usual, **cells}.get(name, "") for name in HEAD.strip().split(",")) + "\r\n"


def read(world: World, text: str, **more: object) -> list[str]:
    return import_activities(world.db, (HEAD + text).encode(), NOW, **more)  # type: ignore[arg-type]


def refused(world: World, text: str) -> list[str]:
    with pytest.raises(ImportRefused) as error:
        read(world, text)
    world.db.rollback()
    assert world.db.scalars(select(Activity)).all() == []
    return list(map(str, error.value.mistakes))


def insure(world: World) -> None:
    new = policies.NewPolicy(insurer="人保", number="PICC-1", valid_from=NOW, valid_until=NOW + hours(24 * 30))
    policies.add(world.db, new)
    world.db.commit()


def test_everything_that_can_be_said(world: World) -> None:
    insure(world)
    cells = {
        "类型": "选拔", "片区": "城东", "经纬度": '"120.4, 28.9"', "休息分钟": "60", "年龄上限": "60", "危险": "是",
        "需审核": "是", "大型": "否", "保单": "PICC-1", "岗位": "巡堤员",
    }  # fmt: skip
    assert read(world, line(**cells), author="staff:1") == ["A01"]
    shift = world.db.scalars(select(Shift)).one()
    of = shift.activity
    assert (of.kind, of.area, of.latitude, of.longitude, of.state) == ("selection", "城东", 28.9, 120.4, "open")
    assert (of.dangerous, of.approval, of.large, of.author) == (True, True, False, "staff:1")
    assert (shift.break_minutes, shift.min_age, shift.max_age, shift.role) == (60, 18, 60, "巡堤员")


def test_all_mistakes_at_once(world: World) -> None:
    insure(world)
    rows = [
        line(经纬度="城东", 休息分钟="很久", 危险="也许", 保单="X"),
        line(危险="是", 年龄下限="16"),
        line(标题="早", 年龄下限="40", 年龄上限="20", 休息分钟="420"),
        line(标题="远", 经纬度="28.9 200.1"),
    ]
    assert refused(world, "".join(rows)) == [
        "第2行「经纬度」：应像 120.153576,30.287459，不是“城东”",
        "第2行「休息分钟」：应是数字，不是“很久”",
        "第2行「危险」：应是 是 或 否，不是“也许”",
        "第2行「保单」：没有登记过保单 X",
        "第3行「年龄下限」：有危险的活动只招18岁以上",
        "第3行「保单」：有危险的活动要填保单号，保单要覆盖活动时间（先用 policy add 登记）",
        "第4行「年龄上限」：不能小于年龄下限",
        "第4行「休息分钟」：要比整场活动短",
        "第5行「经纬度」：应像 120.153576,30.287459",
    ]


def test_lines_with_one_code_are_shifts_of_one_activity(world: World) -> None:
    rows = line(编号="M01", 岗位="引导") + line(编号="M01", 岗位="补给", 年龄下限="16")
    assert read(world, rows) == ["M01"]
    activity = activities.named(world.db, "m01")
    assert [(shift.role, shift.min_age) for shift in activity.shifts] == [("引导", None), ("补给", 16)]
    with pytest.raises(ImportRefused, match="第2行「编号」：M01 已经用过了"):
        read(world, line(编号="M01", 标题="别的", 开始="2026-03-08 08:00", 结束="2026-03-08 09:00"))


def test_two_titles_with_one_code_are_a_mistake(world: World) -> None:
    assert refused(world, line(编号="M01") + line(编号="M01", 标题="别的")) == [
        "第3行「编号」：M01 已经用过了，留空会自动编号"
    ]


def test_drafts_are_nobodys_to_see_and_may_wait_for_their_policy(world: World) -> None:
    assert read(world, line(危险="是"), author="staff:1", draft=True) == ["A01"]
    activity = activities.named(world.db, "A01")
    assert (activity.state, activity.shifts[0].min_age) == ("draft", 18)
    assert activities.listed(world.db, NOW) == []


def test_out_and_in_again(world: World) -> None:
    insure(world)
    cells = {"经纬度": "28.9 120.4", "危险": "是", "保单": "PICC-1", "休息分钟": "30", "年龄上限": "60", "片区": "城东"}
    read(world, line(编号="M01", **cells) + line(编号="M01", 岗位="补给", 保单="PICC-1", 危险="是"))
    out = io.StringIO()
    assert exchange.export_activities(world.db, out) == 2
    first = next(csv.DictReader(io.StringIO(out.getvalue())))
    assert {name: first[name] for name in ("经纬度", "危险", "保单", "年龄下限", "休息分钟")} == {
        "经纬度": "120.4,28.9", "危险": "是", "保单": "PICC-1", "年龄下限": "18", "休息分钟": "30",
    }  # fmt: skip
    moved = out.getvalue().replace("M01", "M02").replace("2026-03-07", "2026-03-08")
    assert import_activities(world.db, moved.encode(), NOW) == ["M02"]
    again = activities.named(world.db, "M02")
    assert (len(again.shifts), again.latitude, again.shifts[0].break_minutes) == (2, 28.9, 30)


def test_a_draft_is_mended_by_the_same_headings(world: World) -> None:
    read(world, line(危险="是"), author="staff:1", draft=True)
    activity = activities.named(world.db, "A01")
    cells = {
        "风险提示": "水急，系安全绳",
        "名额": "9",
        "经纬度": "28.9,120.4",
        "危险": "否",
        "开始": "2026-03-07 10:00",
    }
    amend(world.db, activity.id, cells, NOW)
    shift = activity.shifts[0]
    assert (activity.risk, activity.latitude, activity.dangerous) == ("水急，系安全绳", 28.9, False)
    assert (shift.capacity, shift.starts_at.isoformat()) == (9, "2026-03-07T02:00:00+00:00")
    for wrong, said in (
        ({"编号": "B01"}, "「编号」：编号不能改"),
        ({"天气": "晴"}, "「天气」：没有这一列"),
        ({"名额": "很多"}, "「名额」：应是数字，不是“很多”"),
        ({"结束": "2026-03-07 08:00"}, "「结束」：要晚于开始时间"),
    ):
        with pytest.raises(ImportRefused) as refused:
            amend(world.db, activity.id, wrong, NOW)
        assert list(map(str, refused.value.mistakes)) == [said]
    world.db.rollback()


def test_what_is_published_is_not_mended_silently(world: World) -> None:
    shift = world.shift()
    with pytest.raises(WrongState):
        amend(world.db, shift.activity_id, {"地点": "别处"}, NOW)
