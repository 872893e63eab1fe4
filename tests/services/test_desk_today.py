"""What needs a colleague now, by role; shifts too thin; the county's numbers by its own days."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from bot.services import activity_states, actors, desk_figures, desk_today
from bot.services.roles import ROLES
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.models import LedgerEntry, Push, Staff
from tests.fixtures.world import NOW, World, hours


def keys(db: Session, staff: Staff) -> dict[str, int]:
    found = desk_today.needs(db, staff.id, staff.role, NOW, USUAL)
    return {need.key: need.number for need in found}


def test_each_role_is_told_what_it_may_decide(db: Session, world: World) -> None:
    staff = {role: Staff(username=role, name=role, role=role, password_hash="", created_at=NOW) for role in ROLES}
    for row in staff.values():
        world.write(row)
    asked = world.shift(approval=True, starts_in=hours(200))
    world.sign_up(asked, world.person("王晓雨"))
    draft = world.shift(state="draft", author=actors.staff(staff["admin"].id))
    activity_states.submit(db, draft.activity_id, actors.staff(staff["admin"].id), NOW)
    assert keys(db, staff["admin"]) == {"registration": 1}, "one's own is not offered to decide about"
    assert keys(db, staff["reviewer"]) == {"activity": 1}
    assert keys(db, staff["merchant"]) == {} == keys(db, staff["auditor"])
    activity_states.reject(db, draft.activity_id, actors.staff(staff["reviewer"].id), NOW, "风险写得太笼统")
    assert keys(db, staff["admin"]) == {"registration": 1, "returned": 1}
    (need,) = [one for one in desk_today.needs(db, staff["admin"].id, "admin", NOW, USUAL) if one.key == "registration"]
    assert need.items[0].where == ("shift", asked.id)
    assert "王*雨" in need.items[0].text and "晓" not in need.items[0].text


def test_thin_shifts_and_pushes_that_stopped(db: Session, world: World) -> None:
    thin = world.shift(capacity=4, starts_in=hours(30))
    world.sign_up(thin, world.person())
    half = world.shift(capacity=2, starts_in=hours(40))
    world.sign_up(half, world.person())
    world.shift(capacity=4, starts_in=hours(24 * 8))
    assert desk_today.thin(db, NOW) == [(thin, 3)]
    admin = Staff(username="admin", name="李", role="admin", password_hash="", created_at=NOW)
    world.write(admin)
    for number, (state, due) in enumerate(
        (("due", -hours(1)), ("due", hours(1)), ("failed", -hours(2)), ("sent", -hours(1)))
    ):
        world.write(Push(key=f"k{number}", openid="o", kind="notice", due_at=NOW + due, state=state, created_at=NOW))
    world.write(Push(key="r", openid="o", kind="reminder", due_at=NOW - hours(5), state="unreached", created_at=NOW))
    found = desk_today.needs(db, admin.id, "admin", NOW, USUAL)
    assert [(need.key, need.number, need.tone) for need in found] == [
        ("push", 2, "bad"), ("thin", 1, "calm"), ("unreached", 1, "calm"),
    ]  # fmt: skip


def test_the_numbers_of_the_county(db: Session, world: World, cipher: Cipher) -> None:
    person = world.person()
    world.sign_up(world.shift(), person, now=NOW.replace(hour=17))  # tomorrow at 1:00 in the county
    for day, minutes in ((date(2026, 3, 2), 150), (date(2026, 3, 2), -30), (date(2025, 1, 1), 60)):
        world.write(LedgerEntry(
            person_id=person, kind="import", minutes=minutes, effective_on=day, rule_since=date(2020, 1, 1),
            entered_by="system", created_at=NOW, detail={}, title="导入",
        ))  # fmt: skip
    assert desk_figures.bulletin(db) == desk_figures.Bulletin(people=0, teams=0, minutes=180)
    trends = {trend.kind: trend for trend in desk_figures.trends(db, NOW + timedelta(days=1), USUAL)}
    assert set(trends) == set(desk_figures.KINDS) and all(len(trend.numbers) == 30 for trend in trends.values())
    assert trends["hours"].total == 120 and trends["hours"].numbers[-3] == 120
    assert trends["sign_ups"].numbers[-1] == 1 and trends["follows"].numbers[-2] == 1
    assert len(db.scalars(desk_figures.rows("sign_ups", date(2026, 3, 4), USUAL)).all()) == 1
    assert db.scalars(desk_figures.rows("sign_ups", date(2026, 3, 3), USUAL)).all() == []
    assert [row.minutes for row in db.scalars(desk_figures.rows("hours", date(2026, 3, 2), USUAL))] == [-30, 150]
