"""People and teams at the console: found, told whole, decided about, merged; what is looked at leaves a trace."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from bot.services import hours, people, teams, volunteers
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Membership, Person, Team, Volunteer
from tests.console.conftest import Office
from tests.fixtures.ledger import entry
from tests.fixtures.world import World

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def town(office: Office) -> Office:
    """1 王晓雨 (adult, applied, with hours), 2 王晓雨 again under another phone, 3 李小明 (a minor)."""

    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        world.person("王晓雨")
        world.person("王晓雨")
        world.person("李小明")
        writing(db)
        db.get_one(Person, 1).birth_date = date(1999, 5, 1)
        db.get_one(Person, 3).birth_date = date(2011, 5, 1)
        db.flush()
        volunteers.apply(db, 1, world.now)
        shift = world.shift()
        entry(db, 1, 150, date(2026, 2, 1), shift=shift)
        entry(db, 2, 60, date(2026, 2, 2), shift=shift)

    office.change(fill)
    return office


def noted(office: Office, id: int) -> list[tuple[str, str]]:
    found = select(AuditEntry.actor, AuditEntry.reason).where(AuditEntry.subject == f"people:{id}")
    return office.read(lambda db: [tuple(row) for row in db.execute(found)])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=晓雨", "共 2 条", "李小明"),
        ("q=13800000003", "李小明", "王晓雨"),
        ("q=0003", "李小明", "王晓雨"),
        ("q=138 0000 0003", "李小明", "王晓雨"),
        ("kind=minor", "李小明", "王晓雨"),
        ("kind=applied", "共 1 条", "李小明"),
        ("kind=none", "共 2 条", "待审核</span>"),
        ("q=没有这个人", "没有找到", "王晓雨"),
    ],
)
def test_finding(town: Office, query: str, shown: str, hidden: str) -> None:
    page = town.as_("admin").get(f"/people?{query}").text
    table = page[page.index('id="main"') :]
    assert shown in table and hidden not in table
    assert "13800000003" not in table.replace('value="13800000003"', "")


def test_the_story_and_the_whole_number(town: Office) -> None:
    page = town.as_("admin").get("/people/1").text
    assert "2.5" in page and "江滨公园清洁" in page and "138****0001" in page and "13800000001" not in page
    assert noted(town, 1) == []
    fragment = town.as_("admin").post("/people/1/phone").text
    assert "13800000001" in fragment
    assert [reason for _, reason in noted(town, 1)] == ["phone revealed"]
    assert town.as_("reviewer").post("/people/1/phone").status_code == 403


def test_a_look_at_a_minor_is_noted(town: Office) -> None:
    assert "未成年，14岁" in town.as_("reviewer").get("/people/3").text
    assert [reason for _, reason in noted(town, 3)] == ["viewed"]


def test_deciding_about_a_volunteer(town: Office) -> None:
    reviewer = town.as_("reviewer")
    assert "原因" in reviewer.post("/people/1/decide", {"approve": "no", "reason": ""}).text
    assert town.read(lambda db: db.get_one(Volunteer, 1).state) == "applied"
    assert "志愿者号 QS2026000001" in reviewer.post("/people/1/decide", {"approve": "yes"}).text
    assert reviewer.post("/people/1/decide", {"approve": "yes"}).status_code == 200
    assert town.read(lambda db: db.get_one(Volunteer, 1).state) == "registered"


def test_merging_asks_why_and_keeps_the_hours(town: Office) -> None:
    admin = town.as_("admin")
    assert "138****0002" in admin.get("/people/1/merge?q=王晓雨").text
    assert "请选要并进来的记录" in admin.post("/people/1/merge", {"other": "2", "reason": ""}).text
    assert "请选要并进来的记录" in admin.post("/people/1/merge", {"other": "1", "reason": "同一人"}).text
    assert "已合并" in admin.post("/people/1/merge", {"other": "2", "reason": "电话核实"}).text
    assert town.read(lambda db: hours.total(db, 1).total) == 210
    assert admin.get("/people/2").status_code == 404
    assert ("merged 2: 电话核实") in [reason for _, reason in noted(town, 1)]
    assert "已经合并过了" in admin.post("/people/1/merge", {"other": "2", "reason": "电话核实"}).text


def test_a_team_from_founding_to_closing(town: Office) -> None:
    admin = town.as_("admin")
    assert "还没有队伍" in admin.get("/teams").text
    assert admin.post("/teams/new", {"name": "河"}).status_code == 422
    founded = admin.post("/teams/new", {"name": f"河小二{EVIL}", "area": "石桥镇", "specialties": "巡河、清洁"})
    assert "队伍建好了" in founded.text and EVIL not in founded.text
    code = town.read(lambda db: db.scalars(select(Team.code)).one())
    assert f"负责 {code}" in admin.post(f"/teams/{code}/appoint").text
    town.change(lambda db, world: teams.join(db, 1, 1, world.now))
    waiting = town.read(lambda db: db.scalars(select(Membership.id)).one())
    assert "等着入队的 1 人" in admin.get("/teams").text
    assert "已同意" in admin.post(f"/teams/members/{waiting}/decide", {"approve": "yes"}).text
    assert "现在是队长" in admin.post(f"/teams/members/{waiting}/role", {"role": "leader"}).text
    assert "只有这一位队长" in admin.post(f"/teams/members/{waiting}/role", {"role": "member"}).text
    assert admin.post(f"/teams/members/{waiting}/role", {"role": "king"}).status_code == 400
    auditor = town.as_("auditor").get(f"/teams/{code}").text
    assert "王晓雨" not in auditor and "王**" in auditor, "an auditor sees no names of members"
    assert "已停止活动" in admin.post(f"/teams/{code}/close").text


def test_names_are_words(office: Office) -> None:
    office.change(lambda db, world: people.follow(db, "o-1", "", world.now))
    office.change(lambda db, world: world.write(Person(name=EVIL, created_at=world.now)))
    for path in ("/people", "/people/1", f"/people?q={EVIL}"):
        page = office.as_("admin").get(path).text
        assert EVIL not in page and "&lt;script&gt;" in page
