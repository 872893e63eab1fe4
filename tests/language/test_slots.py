"""Codes, ordinals, phones, names, party sizes and durations in a message; choices out of a list."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.language.numerals import choice, parse
from bot.language.slots import extract, minutes, phone

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def named(text):
    return {
        key: value for key, value in vars(extract(text, NOW)).items() if value not in (None, False) and key != "when"
    }


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("报A12", {"activity_code": "A12"}),
        ("报Ｂ０７", {"activity_code": "B07"}),
        ("报第二个", {"ordinal": 2}),
        ("取消最后一个", {"ordinal": -1}),
        ("刚才那个在哪", {"recent": True}),
        ("我叫王小雨 13900000000", {"name": "王小雨", "phone": "13900000000"}),
        ("王小雨，139 0000 0000", {"name": "王小雨", "phone": "13900000000"}),
        ("姓名：李雷 电话+86-139-0000-0000", {"name": "李雷", "phone": "13900000000"}),
        ("我们队十五个人报A20", {"activity_code": "A20", "party_size": 15}),
        ("一家三口", {"party_size": 3}),
        ("我和两个同学周六去", {"party_size": 3}),
        ("我俩都去", {"party_size": 2}),
        ("我和朋友一起报A12", {"activity_code": "A12", "party_size": 2}),
        ("有没有3.5小时以内的", {"minutes": 210}),
        ("三点建议", {}),
        ("482913", {"number": 482913, "code": "482913"}),
        ("在吗", {}),
    ],
)
def test_slots(text, slots):
    assert named(text) == slots


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("两个半小时", 150),
        ("2.5小时", 150),
        ("一个钟头", 60),
        ("一刻钟", 15),
        ("1小时20分钟", 80),
        ("半小时", 30),
        ("半天", None),
    ],
)
def test_durations(text, length):
    assert minutes(text) == length


def test_a_phone_number_is_eleven_digits_and_nothing_longer():
    assert phone("+86 139-0000-0000") == "13900000000"
    assert phone("１３９００００００００") == "13900000000"
    assert phone("139000000001") is None
    assert phone("12000000000") is None


@pytest.mark.parametrize("text", ["1", "１", "一", "①", "第一个", "1️⃣", "选1", "1.", "（1）", "第1个吧", "报一"])
def test_ways_to_choose_the_first(text):
    assert choice(text, 5) == 1


def test_a_choice_is_within_the_list_and_nothing_more():
    assert choice("最后一个", 5) == 5
    assert choice("6", 5) is None
    assert choice("好", 5) is None
    assert choice("第二个几点集合", 5) is None
    assert choice("", 5) is None


def test_numerals():
    assert [parse(t) for t in ("二十五", "十", "两百", "俩", "廿一", "一二三", "12", "好")] == [
        25,
        10,
        200,
        2,
        21,
        123,
        12,
        None,
    ]
