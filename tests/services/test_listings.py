"""What followers find: lists by time and text, codes, titles and parts of them, one in detail."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from bot.services import activities
from bot.services.refusals import ShiftUnknown
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
