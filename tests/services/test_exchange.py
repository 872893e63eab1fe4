"""CSV in: all or nothing, every mistake by line; CSV out: readable by Excel, run by nobody."""

from __future__ import annotations

import csv
import io

import pytest

from bot.services import activities, exchange, registrations
from bot.services.exchange import ImportRefused, export_activities, export_registrations, import_activities
from tests.fixtures.world import NOW, World

HEAD = "标题,地点,开始,结束,名额,内容,风险提示,主办,负责人,类型,候补上限,报名截止,编号\r\n"
GOOD = "河道清洁,清溪桥头,2026-03-07 09:00,2026-03-07 11:30,12,捡拾垃圾,河边湿滑,团县委,何队长,志愿服务,5,,\r\n"


def mistakes(world: World, text: str) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        import_activities(world.db, text.encode(), NOW)
    world.db.rollback()
    assert activities.listed(world.db, NOW) == []
    return list(map(str, refused.value.mistakes))


def test_a_right_file(world: World) -> None:
    more = "敬老院陪伴,城东,2026/3/8 13:00,2026年3月8日 15:30,6,聊天,无,团县委,李老师,,,2026-03-07 18:00,m26\r\n"
    codes = import_activities(world.db, (HEAD + GOOD + "\r\n" + more).encode("utf-8-sig"), NOW)
    assert codes == ["A01", "M26"]
    first, second = activities.listed(world.db, NOW)
    assert (first.title, first.capacity, first.starts_at.isoformat()) == ("河道清洁", 12, "2026-03-07T01:00:00+00:00")
    assert activities.detail(world.db, first.shift_id, NOW).waitlist_limit == 5
    assert second.signup_closes_at is not None and second.signup_closes_at.isoformat() == "2026-03-07T10:00:00+00:00"


def test_excel_in_china_saves_gb18030(world: World) -> None:
    import_activities(world.db, (HEAD + GOOD).encode("gb18030"), NOW)
    assert activities.listed(world.db, NOW)[0].title == "河道清洁"


def test_all_mistakes_at_once_by_line(world: World) -> None:
    rows = [
        "无地点,,2026-03-07 09:00,2026-03-07 08:00,12,x,,团县委,何队长,,,,",
        '"两行\n的标题",桥头,明天,2026-02-30 11:30,很多,x,y,团县委,何队长,跑步,,,',
        "已过,桥头,2026-03-01 09:00,2026-03-01 11:30,0,x,y,团县委,何队长,,,,",
    ]
    assert mistakes(world, HEAD + "\r\n".join(rows) + "\r\n" + GOOD) == [
        "第2行「地点」：要填写，最多128个字",
        "第2行「风险提示」：要填写：招募志愿者须说明可能的风险",
        "第2行「结束」：要晚于开始时间",
        "第3行「类型」：应是 志愿服务、培训、团务、会议、文体、选拔 之一，不是“跑步”",
        "第3行「开始」：应像 2026-03-07 13:00，不是“明天”",
        "第3行「结束」：没有这个时间：2026-02-30 11:30",
        "第3行「名额」：应是数字，不是“很多”",
        "第5行「开始」：已经过去了",
        "第5行「名额」：至少为1",
    ]


def test_the_same_twice(world: World) -> None:
    assert mistakes(world, HEAD + GOOD + GOOD) == ["第3行「标题」：已有同名同时间的活动，是不是导入过了？"]
    import_activities(world.db, (HEAD + GOOD).encode(), NOW)
    with pytest.raises(ImportRefused, match="导入过了"):
        import_activities(world.db, (HEAD + GOOD).encode(), NOW)
    with pytest.raises(ImportRefused, match="第2行「编号」：A01 已经用过了"):
        import_activities(world.db, (HEAD + GOOD.replace("河道", "山道").replace(",,\r", ",,A01\r")).encode(), NOW)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "第1行：文件是空的，第一行应是列名"),
        ("标题,地点\r\na,b\r\n", "第1行：缺少列：开始、结束、名额、内容、风险提示、主办、负责人"),
        (HEAD.replace("编号", "学号") + GOOD, "第1行：不认识的列：学号"),
        (HEAD + GOOD + '河道,"没有结束的引号,2026', "第3行：这一行不是正确的CSV：unexpected end of data"),
    ],
)
def test_a_file_that_is_none(world: World, text: str, mistake: str) -> None:
    assert mistakes(world, text) == [mistake]


def test_out_and_in_again(world: World) -> None:
    world.shift(capacity=2, title="=1+1", content="第一行\n第二行，“引号”")
    world.shift(title="微笑驿站", role="引导", waitlist_limit=0)
    out = io.StringIO()
    assert export_activities(world.db, out) == 2
    before = activities.listed(world.db, NOW)
    text = out.getvalue().replace("A01", "B01").replace("A02", "B02")
    for one in before:
        activities.cancel(world.db, one.activity_id, "x", NOW)
    with pytest.raises(ImportRefused, match="同名同时间"):
        import_activities(world.db, text.encode(), NOW)
    text = text.replace("2026-03-07", "2026-03-09")
    assert import_activities(world.db, text.encode(), NOW) == ["B01", "B02"]
    again = activities.listed(world.db, NOW)
    assert [(one.title, one.place, one.role, one.capacity) for one in again] == [
        (one.title, one.place, one.role, one.capacity) for one in before
    ]
    assert activities.detail(world.db, again[0].shift_id, NOW).content == "第一行\n第二行，“引号”"


def cells(out: io.StringIO) -> list[list[str]]:
    return list(csv.reader(io.StringIO(out.getvalue())))


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_is_a_formula(world: World, text: str) -> None:
    shift = world.shift(title=text)
    registrations.cancel(world.db, world.sign_up(shift, world.person()).registration_id, NOW, text)
    one, two = io.StringIO(), io.StringIO()
    export_activities(world.db, one)
    export_registrations(world.db, two, world.cipher)
    found = [cell for out in (one, two) for row in cells(out)[1:] for cell in row]
    assert found.count("'" + text) == 3
    assert not any(cell[:1] in "=+-@＝＋－＠" for cell in found if cell)


def test_numbers_are_masked_unless_asked_for(world: World) -> None:
    shift = world.shift(capacity=1)
    world.fill(shift, waiting=2)
    masked, plain = io.StringIO(), io.StringIO()
    assert export_registrations(world.db, masked, world.cipher) == 3
    assert export_registrations(world.db, plain, world.cipher, phones=True, code="A01") == 3
    assert export_registrations(world.db, io.StringIO(), world.cipher, code="B01") == 0
    assert [row[4] for row in cells(masked)[1:]] == ["138****0001", "138****0002", "138****0003"]
    assert [row[4] for row in cells(plain)[1:]] == ["13800000001", "13800000002", "13800000003"]
    assert [row[5:7] for row in cells(masked)[1:]] == [["已报名", ""], ["候补", "1"], ["候补", "2"]]


def test_every_state_has_a_word(world: World) -> None:
    from bot.services.verification import REGISTRATION_STATES

    assert set(exchange.STATES) == REGISTRATION_STATES
