"""What followers find: lists by time and text, codes, titles and parts of them, one in detail."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.services import activities
from bot.services.activities import Wanted
from bot.services.refusals import ShiftUnknown
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Activity, Membership, Shift, Team
from tests.fixtures.world import NOW, World, hours


@pytest.fixture
def county(world: World) -> World:
    world.shift(starts_in=hours(30), title="江滨公园清洁", place="江滨公园南门", capacity=3)
    world.shift(starts_in=hours(50), title="微笑驿站值班", place="人民广场", content="茶水、雨具、包裹寄存")
    world.shift(starts_in=hours(50), title="微笑驿站值班", place="汽车站", content="旅游咨询")
    world.shift(starts_in=hours(70), title="青年夜校：短视频剪辑", place="活动中心", signup_opens_at=NOW + hours(1))
    world.shift(starts_in=hours(90), title="敬老院陪伴日", place="城东敬老院", signup_closes_at=NOW - hours(1))
    return world


def titles(found: list[activities.Listing]) -> list[str]:
    return [one.title for one in found]


def test_soonest_first_five_at_a_time(county: World) -> None:
    first = activities.listed(county.db, NOW, limit=2)
    rest = activities.listed(county.db, NOW, limit=9, offset=2)
    assert titles(first) == ["江滨公园清洁", "微笑驿站值班"]
    assert titles(rest) == ["微笑驿站值班", "青年夜校：短视频剪辑", "敬老院陪伴日"]
    assert len(activities.listed(county.db, NOW)) == 5


def test_within_a_time(county: World) -> None:
    found = activities.listed(county.db, NOW, start=NOW + hours(50), end=NOW + hours(70))
    assert titles(found) == ["微笑驿站值班", "微笑驿站值班"]
    assert activities.listed(county.db, NOW, start=NOW + hours(91)) == []


def test_what_has_begun_is_no_longer_listed(county: World) -> None:
    assert len(activities.listed(county.db, NOW + hours(30))) == 4


def test_with_a_text_in_it(county: World) -> None:
    assert titles(activities.listed(county.db, NOW, text="雨具")) == ["微笑驿站值班"]
    assert activities.listed(county.db, NOW, text="100%") == []
    assert activities.listed(county.db, NOW, text="_") == []


def test_the_numbers_of_a_line(county: World) -> None:
    shift = county.shift(starts_in=hours(20), capacity=2, title="献血")
    county.fill(shift, waiting=1)
    one = activities.listed(county.db, NOW, limit=1)[0]
    assert (one.title, one.capacity, one.taken, one.free, one.waiting, one.signup) == ("献血", 2, 2, 0, 1, "open")


def test_what_sign_up_is_like(county: World) -> None:
    signup = {one.title: one.signup for one in activities.listed(county.db, NOW, limit=9)}
    assert signup["青年夜校：短视频剪辑"] == "not_open_yet"
    assert signup["敬老院陪伴日"] == "closed"
    assert signup["江滨公园清洁"] == "open"
    code = activities.listed(county.db, NOW, limit=1)[0].code
    assert activities.find(county.db, NOW + hours(31), code)[0].signup == "started"
    activities.cancel(county.db, activities.find(county.db, NOW, code)[0].activity_id, "雨", NOW)
    assert activities.find(county.db, NOW, code)[0].signup == "cancelled"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("江滨公园清洁", ["江滨公园清洁"]),
        ("江滨", ["江滨公园清洁"]),
        ("微笑驿站", ["微笑驿站值班"] * 2),
        ("我想报敬老院陪伴日", ["敬老院陪伴日"]),
        ("汽车站", ["微笑驿站值班"]),
        ("旅游咨询", ["微笑驿站值班"]),
        ("江滨公园捡垃圾", ["江滨公园清洁"]),
        ("青年夜校 短视频剪辑", ["青年夜校：短视频剪辑"]),
        ("滑雪", []),
        ("", []),
        ("！？", []),
    ],
)
def test_by_words(county: World, words: str, found: list[str]) -> None:
    assert titles(activities.find(county.db, NOW, words)) == found


@pytest.mark.parametrize("typed", ["A01", "a01", "Ａ０１", " a01 。"])
def test_by_code(county: World, typed: str) -> None:
    assert titles(activities.find(county.db, NOW, typed)) == ["江滨公园清洁"]


def test_an_unknown_code_is_not_guessed(county: World) -> None:
    assert activities.find(county.db, NOW, "A99") == []


def test_in_detail(county: World) -> None:
    listing = activities.find(county.db, NOW, "A01")[0]
    one = activities.detail(county.db, listing.shift_id, NOW)
    assert vars(one).items() >= vars(listing).items()
    assert (one.risk, one.leader, one.kind) == ("临水，请穿防滑鞋", "王老师", "volunteer")
    with pytest.raises(ShiftUnknown):
        activities.detail(county.db, 4711, NOW)


def test_a_list_costs_the_same_number_of_queries_however_long(county: World) -> None:
    def queries(limit: int) -> int:
        seen: list[str] = []
        county.db.expire_all()
        engine = county.db.get_bind()

        def listen(*arguments: object) -> None:
            seen.append(str(arguments[2]))

        event.listen(engine, "before_cursor_execute", listen)
        activities.listed(county.db, NOW, limit=limit)
        event.remove(engine, "before_cursor_execute", listen)
        return len(seen)

    assert queries(5) == queries(1)


def narrowed(world: World, viewer: int | None = None, **wanted: Any) -> list[str]:
    return titles(activities.listed(world.db, NOW, wanted=Wanted(**wanted), viewer=viewer, limit=9))


@pytest.fixture
def mixed(world: World) -> World:
    world.shift(title="一", area="石桥镇", place="东山", min_age=16, capacity=1)
    world.shift(title="二", area="城东", place="城东敬老院", min_age=8, max_age=60, lasts=1)
    world.shift(title="三", kind="training", place="石桥镇青年之家", lasts=4)
    world.shift(title="四", area="城东", min_age=18, signup_opens_at=NOW + hours(1))
    return world


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "一二三四"),
        ({"area": "石桥"}, "一三"),
        ({"area": "城东"}, "二四"),
        ({"area": "100%"}, ""),
        ({"kind": "training"}, "三"),
        ({"age": 15}, "二三"),
        ({"age": 16}, "一二三"),
        ({"age": 61}, "一三四"),
        ({"age": 7}, "三"),
        ({"seats": 1}, "一二三"),
        ({"seats": 2}, "二三"),
        ({"minutes": 120}, "一二四"),
        ({"minutes": 60}, "二"),
        ({"titles": ("一", "四")}, "一四"),
        ({"area": "城东", "age": 15, "seats": 1}, "二"),
    ],
)
def test_narrowed(mixed: World, wanted: dict[str, Any], found: str) -> None:
    assert narrowed(mixed, **wanted) == list(found)


def test_a_full_one_has_no_seat_and_pages_go_on_after_it(mixed: World) -> None:
    first = activities.listed(mixed.db, NOW, limit=1)[0]
    mixed.sign_up(mixed.db.get_one(Shift, first.shift_id), mixed.known_person())
    assert narrowed(mixed, seats=1) == ["二", "三"]
    page = activities.listed(mixed.db, NOW, wanted=Wanted(seats=1), limit=1, offset=1)
    assert titles(page) == ["三"]


def test_what_is_for_members_is_listed_to_members(world: World) -> None:
    member, left, stranger = world.people(3)
    team, other = (Team(code=f"T0{n}", name=f"{n}队", created_at=NOW) for n in (1, 2))
    world.db.add_all([team, other])
    world.db.flush()
    shift = world.shift(title="队内训练", visibility="team", team_id=team.id)
    for person, of, state in ((member, team, "active"), (left, team, "left"), (stranger, other, "active")):
        world.db.add(Membership(team_id=of.id, person_id=person, state=state, state_since=NOW, applied_at=NOW))
    world.db.flush()
    assert narrowed(world, member) == ["队内训练"]
    for viewer in (None, left, stranger):
        assert narrowed(world, viewer) == activities.coming(world.db, NOW, viewer=viewer) == []
        assert activities.find(world.db, NOW, "A01", viewer=viewer) == []
    assert [one.code for one in activities.coming(world.db, NOW, viewer=member)] == ["A01"]
    assert activities.find(world.db, NOW, "A01", viewer=member)[0].members_only
    assert activities.detail(world.db, shift.id, NOW).team == "1队"


def test_areas_the_longest_first(mixed: World) -> None:
    assert activities.areas(mixed.db, NOW) == ["石桥镇", "城东"]
    assert activities.areas(mixed.db, NOW + hours(100)) == []


def test_a_page_reads_by_an_index_and_never_what_is_past(database: Database, cipher: Cipher) -> None:
    """On SQLite: in the order of the starts from now on, no table from end to end, nothing sorted."""
    if not database.is_sqlite:
        pytest.skip("the plan is SQLite's")
    seen: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: seen.append((given[2], given[3])))
    with database.session() as db:
        World(db, cipher).shift()
        db.commit()
        seen.clear()
        for viewer, wanted in ((None, Wanted()), (1, Wanted()), (1, Wanted(area="城东", age=15, seats=1))):
            activities.listed(db, NOW, viewer=viewer, wanted=wanted, limit=6)
        activities.coming(db, NOW, viewer=1)
        statements = [given for given in seen if given[0].startswith("SELECT")]
        plans = [
            [str(row[3]) for row in db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            for sql, values in statements
        ]
    of_shifts = [plan for plan in plans if any("shifts" in step for step in plan)]
    assert len(of_shifts) >= 4
    for plan in of_shifts:
        assert "SEARCH shifts USING INDEX ix_shifts_starts_at (starts_at>?)" in plan
    for step in (step for plan in plans for step in plan):
        assert not step.startswith("SCAN"), plans
        assert "TEMP B-TREE" not in step, plans


def test_a_page_of_five_thousand_shifts_is_quick_and_the_past_costs_nothing(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("measured on SQLite")

    def fill(db: Session, first: int, last: int) -> None:
        for number in range(first, last):
            start = NOW + hours(number + 0.5)
            activity = Activity(code=f"X{number}", title=f"{number}", place="p", created_at=NOW, updated_at=NOW)
            activity.shifts.append(Shift(starts_at=start, ends_at=start + hours(1), capacity=9))
            db.add(activity)
        db.commit()

    def quickest(db: Session) -> float:
        taken = []
        for _ in range(7):
            db.rollback()
            db.expunge_all()
            began = time.perf_counter()
            assert len(activities.listed(db, NOW, viewer=1, limit=6)) == 6
            taken.append(time.perf_counter() - began)
        return min(taken)

    with database.session() as db:
        writing(db)
        fill(db, 0, 500)
        few = quickest(db)
        writing(db)
        fill(db, -4500, 0)
        many = quickest(db)
    assert many < 0.020
    assert many < few * 3 + 0.002
