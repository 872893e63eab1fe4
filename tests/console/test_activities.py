"""Activities at the console: list and month, the whole way from draft to published, changes, what is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import activity_states
from bot.storage.models import Activity, Push, Registration, Roster, Shift
from tests.console.conftest import Office
from tests.fixtures.world import NOW, hours

FORM = {
    "title": "河道清洁", "kind": "volunteer", "day": "2026-03-14", "begins": "09:00", "ends": "11:30",
    "place": "清溪桥头", "area": "石桥镇", "capacity": "12", "content": "清理两岸", "risk": "河边湿滑", "bring": "雨鞋",
    "insurance": "", "organiser": "青山团县委", "leader": "何队长", "contact": "0571-00000000", "min_age": "",
}  # fmt: skip
EVIL = "<script>alert(1)</script>"


def of(office: Office, code: str) -> dict[str, Any]:
    def look(db: Any) -> dict[str, Any]:
        it = activity_states.named(db, code)
        shift = it.shifts[0]
        return {**vars(it), "starts_at": shift.starts_at, "ends_at": shift.ends_at, "capacity": shift.capacity}

    found: dict[str, Any] = office.read(look)
    return found


def code_of(answer: Any) -> str:
    found = re.search(r"/activities/([A-Z]\d+)", answer.headers.get("Location", "") or answer.request.path)
    assert found, answer.text
    return found[1]


def test_from_the_form_to_the_followers(office: Office) -> None:
    editor, reviewer, admin = office.as_("editor"), office.as_("reviewer"), office.as_("admin")
    answer = editor.post("/activities/new", {**FORM, "then": "submit"})
    code = code_of(answer)
    assert answer.status_code == 200 and "等另一位审核员通过" in answer.text
    made = of(office, code)
    assert made["state"] == "submitted" and made["area"] == "石桥镇"
    assert made["starts_at"].isoformat() == "2026-03-14T01:00:00+00:00" and made["capacity"] == 12
    assert "待审核" in editor.get("/activities?part=review").text
    assert editor.post(f"/activities/{code}/approve").status_code == 403
    returned = reviewer.post(f"/activities/{code}/return", {"reason": "风险写得太笼统"})
    assert "已退回" in returned.text and "风险写得太笼统" in editor.get(f"/activities/{code}").text
    assert "退回给您的活动" in editor.get("/").text
    editor.post(f"/activities/{code}/edit", {**FORM, "risk": "河边湿滑，两人一组", "then": "submit"})
    assert "等审核的活动" in reviewer.get("/").text
    published = reviewer.post(f"/activities/{code}/approve")
    assert "已发布" in published.text and of(office, code)["state"] == "open"
    assert "河边湿滑，两人一组" in admin.get(f"/activities/{code}").text
    assert admin.post(f"/activities/{code}/cancel", {"reason": " "}).text.count("请写明原因") == 1
    assert "正在通知 0 个人" in admin.post(f"/activities/{code}/cancel", {"reason": "大雨"}).text
    assert "大雨" in admin.get(f"/activities/{code}").text


def test_nobody_approves_their_own(office: Office) -> None:
    admin = office.as_("admin")
    code = code_of(admin.post("/activities/new", {**FORM, "then": "submit"}))
    page = admin.get(f"/activities/{code}").text
    assert "要由另一位审核员通过" in page and "通过并发布" not in page
    assert "请同事来审" in admin.post(f"/activities/{code}/approve").text
    assert of(office, code)["state"] == "submitted"


def test_a_wrong_form_keeps_what_was_typed(office: Office) -> None:
    editor = office.as_("editor")
    for change, said in (
        ({"day": ""}, "请填写日期和起止时间"), ({"title": ""}, "最多64个字"), ({"capacity": "0"}, "至少为1"),
        ({"min_age": "x"}, "应是数字"), ({"coordinates": "over there"}, "120.153576"),
        ({"day": "2020-01-01"}, "已经过去了"),
        ({"dangerous": "1", "min_age": "14"}, "18"), ({"content": "", "then": "submit"}, "要填写"),
        ({"signup_closes_at": "2026-04-01T10:00"}, "不能晚于活动开始"), ({"signup_opens_at": "soon"}, "2026-03-07"),
    ):  # fmt: skip
        answer = editor.post("/activities/new", {**FORM, **change}, follow=False)
        assert answer.status_code == 422 and said in answer.text, (change, answer.text)
        assert "清溪桥头" in answer.text
    assert office.read(lambda db: list(db.scalars(select(Activity.id)))) == []


def test_the_preview_shows_the_card_and_what_is_missing(office: Office) -> None:
    editor = office.as_("editor")
    whole = editor.post("/activities/preview", FORM).text
    assert "河道清洁" in whole and "3月14日（周六）09:00–11:30" in whole and "齐了" in whole
    lacking = editor.post("/activities/preview", {**FORM, "risk": "", "dangerous": "1"}).text
    assert "风险提示" in lacking and "保单" in lacking and "有危险" in lacking
    assert "请填写日期和起止时间" in editor.post("/activities/preview", {**FORM, "begins": ""}).text
    evil = editor.post("/activities/preview", {**FORM, "title": EVIL, "content": EVIL}).text
    assert EVIL not in evil and "&lt;script&gt;" in evil
    assert office.read(lambda db: list(db.scalars(select(Activity.id)))) == []


def test_the_list_by_its_filters(office: Office) -> None:
    def fill(db: Any, world: Any) -> None:
        full = world.shift(title="满了的", capacity=1, starts_in=hours(30), code="A11")
        world.fill(full, waiting=1)
        world.shift(title="城东巡河", area="城东街道", starts_in=hours(20), code="A12")
        world.shift(title="夜校", kind="training", starts_in=hours(10), code="A13")
        world.shift(title=EVIL, state="draft", code="A14")
        world.shift(title="去年的", starts_at=NOW - timedelta(days=300), code="A15")

    office.change(fill)
    admin = office.as_("admin")
    titles = ("满了的", "城东巡河", "夜校", "去年的")

    def shown(query: str) -> list[str]:
        page = admin.get(f"/activities{query}").text
        return sorted((title for title in titles if title in page), key=page.index)

    assert shown("") == ["夜校", "城东巡河", "满了的"]
    assert shown("?q=巡河") == ["城东巡河"] and shown("?q=A13") == ["夜校"]
    assert shown("?kind=training") == ["夜校"] and shown("?place=城东街道") == ["城东巡河"]
    assert shown("?free=1") == ["夜校", "城东巡河"]
    assert shown("?part=past") == ["去年的"] and shown("?day=2026-03-03") == ["夜校"]
    assert len(shown("?part=all")) == 4
    assert "没有符合的活动" in admin.get("/activities?q=%25").text
    assert "没有等审核的活动" in admin.get("/activities?part=review").text
    for odd in ("?part=x&team=x&day=x&kind=x&page=x", "?team=99999999999", "?q==cmd|calc"):
        assert admin.get(f"/activities{odd}").status_code == 200
    drafts = admin.get("/activities?part=draft").text
    assert EVIL not in drafts and "&lt;script&gt;" in drafts
    assert "候补1" in admin.get("/activities").text


def test_the_month(office: Office) -> None:
    office.change(lambda db, world: [world.shift(title="月中", starts_in=hours(240)) for _ in range(6)])
    admin = office.as_("admin")
    page = admin.get("/activities/calendar").text
    assert "2026年3月" in page and page.count("月中") > 4 and "还有2场" in page
    assert "月中" not in admin.get("/activities/calendar?month=2026-05").text
    assert "2026年3月" in admin.get("/activities/calendar?month=never").text
    assert admin.get("/activities/calendar?month=2026-12").status_code == 200


def test_what_is_published_is_changed_and_people_hear_of_it(office: Office) -> None:
    shift_id = office.change(lambda db, world: _published(world))
    editor, reviewer = office.as_("editor"), office.as_("reviewer")
    time = {"day": "2026-03-08", "begins": "14:00", "ends": "16:00", "place": "城南", "capacity": "3"}
    assert editor.post(f"/shifts/{shift_id}/change", time).status_code == 403, "published: not by who only writes"
    assert editor.get("/activities/A12/edit").status_code == 403
    answer = reviewer.post(f"/shifts/{shift_id}/change", time)
    assert "正在通知 1 个人" in answer.text
    changed = of(office, "A12")
    assert changed["place"] == "城南" and changed["starts_at"].isoformat() == "2026-03-08T06:00:00+00:00"
    assert changed["capacity"] == 3
    assert "change" in office.read(lambda db: list(db.scalars(select(Push.kind))))
    assert "已改好" in reviewer.post(f"/shifts/{shift_id}/change", {**time, "capacity": "5"}).text
    assert "请填写日期" in reviewer.post(f"/shifts/{shift_id}/change", {**time, "begins": ""}).text
    assert "要补上或改对：名额" in reviewer.post(f"/shifts/{shift_id}/change", {**time, "capacity": "0"}).text
    words = {"title": "江滨大清洁", "content": "带上朋友", "risk": "临水", "organiser": "团县委", "leader": "王老师"}
    told = reviewer.post("/activities/A12/edit", {**words, "tell": "集合点改在南门里侧"})
    assert "正在通知 1 个人" in told.text and of(office, "A12")["title"] == "江滨大清洁"
    wrong = reviewer.post("/activities/A12/edit", {**words, "risk": ""}, follow=False)
    assert wrong.status_code == 422 and of(office, "A12")["risk"] == "临水"
    added = reviewer.post("/activities/A12/shifts", {**time, "day": "2026-03-15", "role": "签到台"})
    assert "已加一场" in added.text and "签到台" in added.text
    assert "名额" in reviewer.post("/activities/A12/shifts", {**time, "capacity": "many"}).text


def _published(world: Any) -> int:
    shift = world.shift(code="A12", capacity=2)
    world.sign_up(shift, world.person())
    return int(shift.id)


def test_withdrawn_only_while_nobody_registered(office: Office) -> None:
    office.change(lambda db, world: _published(world))
    office.change(lambda db, world: world.shift(code="A13"))
    reviewer = office.as_("reviewer")
    assert "不能撤回" in reviewer.post("/activities/A12/withdraw").text
    assert "已撤回" in reviewer.post("/activities/A13/withdraw").text
    assert of(office, "A12")["state"] == "open" and of(office, "A13")["state"] == "withdrawn"


def test_a_copy_lies_ahead_with_the_same_words(office: Office) -> None:
    office.change(lambda db, world: world.shift(code="A12", starts_at=NOW - timedelta(days=20), capacity=7))
    editor = office.as_("editor")
    answer = editor.post("/activities/A12/duplicate")
    code = code_of(answer)
    copy = of(office, code)
    assert copy["state"] == "draft" and copy["capacity"] == 7 and copy["title"] == "江滨公园清洁"
    assert (
        copy["starts_at"] > NOW and (copy["starts_at"] - (NOW - timedelta(days=20))) % timedelta(days=7) == timedelta()
    )


def test_rosters_from_a_template(office: Office) -> None:
    office.change(lambda db, world: world.shift(code="A12"))
    admin, editor = office.as_("admin"), office.as_("editor")
    form = {
        "weekdays": ["0", "2"], "starts": ["09:00", ""], "ends": ["11:30", ""], "seats": ["2", "1"],
        "role": ["驿站", ""],
        "first_on": "2026-03-04", "last_on": "2026-03-31", "except_on": "2026-03-09",
    }  # fmt: skip
    assert editor.post("/activities/A12/rosters", form).status_code == 403
    assert "已排班" in admin.post("/activities/A12/rosters", form).text
    made = office.read(lambda db: [(one.starts_at.date().isoformat(), one.capacity) for one in db.scalars(
        select(Shift).where(Shift.roster_id.is_not(None)).order_by(Shift.starts_at))])  # fmt: skip
    assert made == [("2026-03-04", 2), ("2026-03-11", 2), ("2026-03-16", 2)]
    roster = office.read(lambda db: db.scalars(select(Roster.id)).one())
    edited = admin.post("/activities/A12/rosters", {**form, "roster": str(roster), "seats": ["3", "1"]})
    assert "改3场" in edited.text
    assert "至少一个时段" in admin.post("/activities/A12/rosters", {**form, "starts": ["", ""]}).text
    assert "排班模板不完整" in admin.post("/activities/A12/rosters", {**form, "last_on": "2026-03-01"}).text
    assert admin.post("/activities/A12/rosters", {**form, "roster": "999"}).status_code == 404


@pytest.mark.parametrize("path", ["/activities/Z99", "/activities/Z99/edit", "/shifts/999", "/today/hours/never"])
def test_what_is_not_there(office: Office, path: str) -> None:
    assert office.as_("admin").get(path).status_code == 404


def test_the_first_page_of_each_role(office: Office) -> None:
    def fill(db: Any, world: Any) -> None:
        asked = world.shift(code="A12", approval=True, starts_in=hours(30))
        world.sign_up(asked, world.person("王晓雨"))
        world.shift(code="A13", starts_in=hours(3), title="今天下午", capacity=10)

    office.change(fill)
    for role in ("admin", "editor", "reviewer", "auditor", "expert", "merchant", "leader"):
        page = office.as_(role).get("/")
        assert page.status_code == 200
        assert ("今天下午" in page.text) == (role in ("admin", "editor", "reviewer", "auditor")), role
    admin = office.as_("admin").get("/").text
    assert "王*雨" in admin and "王晓雨" not in admin and "等审核的报名" in admin and "人手不够" in admin
    assert "都办好了" in office.as_("merchant").get("/").text
    figures = office.as_("auditor").get("/today/figures").text
    assert "注册人数" in figures and "data-chart" in figures and "/today/sign_ups/2026-03-03" in figures
    rows = office.as_("auditor").get("/today/sign_ups/2026-03-03").text
    assert "王*雨" in rows and "A12" in rows
    for kind in ("hours", "questions", "follows"):
        assert office.as_("auditor").get(f"/today/{kind}/2026-03-03").status_code == 200
    assert office.as_("auditor").get("/today/hours/2026-03-03").text.count("这一天没有") == 1
    assert office.read(lambda db: len(list(db.scalars(select(Registration.id))))) == 1
