"""Teams: applying, being let in or not, leaving at any time, the last leader, finding one; one live membership each."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.services import teams
from bot.services.refusals import ProfileMissing, Refused
from bot.services.refusals.teams import (
    AlreadyInTeam,
    LastLeader,
    NothingToDecide,
    NotInTeam,
    NotYoursToDecide,
    ReasonMissing,
    TeamIncomplete,
    TeamNotOpen,
    TeamUnknown,
)
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import AuditEntry, Membership, Person, Push, Staff, Team
from tests.fixtures.world import NOW, World, hours


def led(world: World, name: str = "城东小蜜蜂队", **more: object) -> tuple[Team, int]:
    """A team, and the person who leads it."""
    team = teams.create(world.db, name, NOW, **more)  # type: ignore[arg-type]
    leader = world.person()
    teams.lead(world.db, team.id, leader, "system", NOW)
    return team, leader


def inside(world: World, team: Team, leader: int, number: int = 1) -> list[Membership]:
    rows = [teams.join(world.db, team.id, world.person(), NOW) for _ in range(number)]
    return [teams.decide(world.db, row.id, True, f"person:{leader}", NOW) for row in rows]


def staff(db: Session, role: str, openid: str | None = None) -> str:
    writing(db)
    row = Staff(username=f"{role}-{openid}", role=role, password_hash="x", openid=openid, created_at=NOW)
    db.add(row)
    db.flush()
    return f"staff:{row.id}"


def told(db: Session, notice: str) -> list[str]:
    rows = db.scalars(select(Push).where(Push.key.startswith(f"{notice}:"), Push.state == "due").order_by(Push.id))
    return [row.openid for row in rows]


def test_codes_follow_one_another_and_a_wish_is_kept(db: Session, world: World) -> None:
    made = [teams.create(db, f"第{number}队", NOW).code for number in "一二"]
    assert made == ["T01", "T02"]
    assert teams.create(db, "第三队", NOW, code="t99").code == "T99"
    assert teams.create(db, "第四队", NOW).code == "T100"
    with pytest.raises(TeamIncomplete) as twice:
        teams.create(db, "第五队", NOW, code="T01")
    assert twice.value.fields == ("code",)
    with pytest.raises(TeamIncomplete):
        teams.create(db, "第五队", NOW, code="A12")
    with pytest.raises(TeamIncomplete) as named:
        teams.create(db, "第一队", NOW)
    assert named.value.fields == ("name",)


def test_an_applicant_waits_until_a_leader_lets_them_in(db: Session, world: World) -> None:
    team, leader = led(world)
    someone = world.person(openid="o-someone")
    row = teams.join(db, team.id, someone, NOW)
    assert (row.state, row.role) == ("applied", "member")
    assert [each.id for each in teams.pending(db)] == [row.id]
    assert [each.person_id for each in teams.members(db, team.id)] == [leader]
    assert told(db, "teams.applied") == ["o-1"]
    teams.decide(db, row.id, True, f"person:{leader}", NOW + hours(1))
    assert (row.state, row.decided_by, row.state_since) == ("active", f"person:{leader}", NOW + hours(1))
    assert teams.pending(db) == []
    assert told(db, "teams.decided") == ["o-someone"]
    assert [each.team.code for each in teams.of_person(db, someone)] == [team.code]


def test_who_is_refused_is_told_why_and_may_apply_again(db: Session, world: World) -> None:
    team, leader = led(world)
    someone = world.person()
    row = teams.join(db, team.id, someone, NOW)
    with pytest.raises(ReasonMissing):
        teams.decide(db, row.id, False, f"person:{leader}", NOW, "  ")
    teams.decide(db, row.id, False, f"person:{leader}", NOW, "暂时满员")
    assert (row.state, row.reason) == ("refused", "暂时满员")
    with pytest.raises(NothingToDecide):
        teams.decide(db, row.id, True, f"person:{leader}", NOW)
    assert teams.join(db, team.id, someone, NOW).id != row.id


def test_only_a_leader_of_this_team_or_staff_decide(db: Session, world: World) -> None:
    team, leader = led(world)
    other, stranger = led(world, "城西队")
    member = inside(world, team, leader)[0]
    row = teams.join(db, team.id, world.person(), NOW)
    refused = [
        f"person:{stranger}", f"person:{member.person_id}", f"person:{row.person_id}", "follower:o-1", "system",
        staff(db, "editor"), staff(db, "expert"), staff(db, "leader"), staff(db, "auditor"),
    ]  # fmt: skip
    for actor in refused:
        with pytest.raises(NotYoursToDecide):
            teams.decide(db, row.id, True, actor, NOW)
        with pytest.raises(NotYoursToDecide):
            teams.remove(db, member.id, actor, NOW, "不来")
        with pytest.raises(NotYoursToDecide):
            teams.set_role(db, member.id, "core", actor, NOW)
    for actor in (f"person:{leader}", staff(db, "admin"), staff(db, "reviewer")):
        assert teams.may_decide(db, actor, team.id)
    assert not teams.may_decide(db, f"person:{leader}", other.id)


def test_without_a_leader_administrators_are_told(db: Session, world: World) -> None:
    staff(db, "admin", "o-admin")
    staff(db, "editor", "o-editor")
    team = teams.create(db, "新队", NOW)
    teams.join(db, team.id, world.person(), NOW)
    assert told(db, "teams.applied") == ["o-admin"]


def test_one_leaves_at_any_time_and_takes_back_an_application(db: Session, world: World) -> None:
    team, leader = led(world)
    row = inside(world, team, leader)[0]
    assert teams.leave(db, team.id, row.person_id, NOW).state == "left"
    with pytest.raises(NotInTeam):
        teams.leave(db, team.id, row.person_id, NOW)
    waits = teams.join(db, team.id, row.person_id, NOW)
    assert len(told(db, "teams.applied")) == 1
    teams.leave(db, team.id, row.person_id, NOW)
    assert (waits.state, told(db, "teams.applied")) == ("left", [])


def test_the_last_leader_stays_until_somebody_else_leads(db: Session, world: World) -> None:
    team, leader = led(world)
    member = inside(world, team, leader)[0]
    own = teams.leaders(db, team.id)[0]
    admin = staff(db, "admin")
    for deed in (
        lambda: teams.leave(db, team.id, leader, NOW),
        lambda: teams.remove(db, own.id, admin, NOW, "换届"),
        lambda: teams.set_role(db, own.id, "member", admin, NOW),
    ):
        with pytest.raises(LastLeader):
            deed()
    teams.set_role(db, member.id, "leader", f"person:{leader}", NOW)
    assert teams.leave(db, team.id, leader, NOW).state == "left"
    with pytest.raises(LastLeader):
        teams.leave(db, team.id, member.person_id, NOW)
    teams.close(db, team.id, NOW)
    assert teams.leave(db, team.id, member.person_id, NOW).state == "left"


def test_who_is_put_out_is_told_why(db: Session, world: World) -> None:
    team, leader = led(world)
    row = inside(world, team, leader)[0]
    with pytest.raises(ReasonMissing):
        teams.remove(db, row.id, f"person:{leader}", NOW, "")
    assert teams.remove(db, row.id, f"person:{leader}", NOW, "长期联系不上").state == "removed"
    assert len(told(db, "teams.removed")) == 1
    noted = db.scalars(select(AuditEntry).where(AuditEntry.subject == f"memberships:{row.id}")).all()
    assert [(entry.after.get("state"), entry.reason) for entry in noted][-1] == ("removed", "长期联系不上")


def test_a_closed_team_takes_nobody(db: Session, world: World) -> None:
    team, _ = led(world)
    waits = teams.join(db, team.id, world.person(), NOW)
    assert teams.close(db, team.id, NOW) == 1
    assert (waits.state, waits.reason) == ("refused", "队伍已停止活动")
    with pytest.raises(TeamNotOpen):
        teams.join(db, team.id, world.person(), NOW)
    with pytest.raises(TeamUnknown):
        teams.lead(db, team.id, world.person(), "system", NOW)
    assert teams.find(db).total == 0
    assert teams.create(db, "城东小蜜蜂队", NOW).code == "T02"


def test_a_name_and_a_phone_are_needed(db: Session, world: World) -> None:
    team, _ = led(world)
    writing(db)
    nobody = Person(name="无名氏", created_at=NOW)
    db.add(nobody)
    db.flush()
    with pytest.raises(ProfileMissing):
        teams.join(db, team.id, nobody.id, NOW)


def test_one_live_membership_each(db: Session, world: World) -> None:
    team, leader = led(world)
    row = inside(world, team, leader)[0]
    with pytest.raises(AlreadyInTeam) as twice:
        teams.join(db, team.id, row.person_id, NOW)
    assert twice.value.state == "active"
    db.add(Membership(team_id=team.id, person_id=row.person_id, state="applied", state_since=NOW, applied_at=NOW))
    with pytest.raises(IntegrityError):
        db.flush()


def test_joining_at_once_makes_one_membership(database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        world = World(db, cipher)
        team_id, someone = led(world)[0].id, world.person()
        db.commit()
    outcomes: list[str] = []

    def join() -> None:
        with database.session() as db:
            try:
                teams.join(db, team_id, someone, NOW)
                db.commit()
                outcomes.append("applied")
            except Refused as refused:
                outcomes.append(refused.code)

    threads = [threading.Thread(target=join) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == Counter(applied=1, ALREADY_IN_TEAM=5)
    with database.session() as db:
        assert db.scalar(select(func.count()).where(Membership.person_id == someone)) == 1


def test_two_leaders_who_leave_at_once_leave_one_behind(database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        world = World(db, cipher)
        team, first = led(world)
        second = inside(world, team, first)[0]
        teams.set_role(db, second.id, "leader", f"person:{first}", NOW)
        team_id, both = team.id, (first, second.person_id)
        db.commit()
    outcomes: list[str] = []

    def leave(person_id: int) -> None:
        with database.session() as db:
            try:
                teams.leave(db, team_id, person_id, NOW)
                db.commit()
                outcomes.append("left")
            except Refused as refused:
                outcomes.append(refused.code)

    threads = [threading.Thread(target=leave, args=(person,)) for person in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["LAST_LEADER", "left"]


@pytest.fixture
def county(db: Session) -> Session:
    for name, area, able in (
        ("城东小蜜蜂队", "城东街道", ["应急救护", "交通引导"]),
        ("蓝天救援队", "城西街道", ["水上救援", "急救"]),
        ("河小二护水队", "城东街道", ["护河"]),
        ("爱心助学队", "下沙镇", ["课业辅导"]),
    ):
        teams.create(db, name, NOW, area=area, specialties=able)
    return db


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("城东的队伍", ["T01", "T03"]),
        ("会急救的队伍", ["T01", "T02"]),
        ("城东会急救的队伍", ["T01"]),
        ("下沙有志愿队吗", ["T04"]),
        ("蓝天救援队", ["T02"]),
        ("河小二", ["T03"]),
        ("T04", ["T04"]),
        ("会开飞机的队伍", []),
        ("找队伍", ["T01", "T02", "T03", "T04"]),
    ],
)
def test_teams_are_found_by_where_they_are_and_what_they_can(county: Session, words: str, found: list[str]) -> None:
    assert [team.code for team in teams.find(county, words).teams] == found


def test_area_and_specialty_must_fit_and_pages_follow(county: Session) -> None:
    assert [team.code for team in teams.find(county, area="城东", specialty="护河").teams] == ["T03"]
    first, second = (teams.find(county, limit=3, offset=offset) for offset in (0, 3))
    assert [team.code for team in (*first.teams, *second.teams)] == ["T01", "T02", "T03", "T04"]
    assert (first.total, first.by_words) == (4, False)
