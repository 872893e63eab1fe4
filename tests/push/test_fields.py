"""What fits a template's field is sent as it is, what can be cut is cut with …, the rest is not sent at all."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.push.fields import TYPES, Misfit, cut, filled, fit
from bot.simulator.templates import _RULES

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime.fromisoformat("2026-03-07T05:00:00+00:00")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("thing1", "江滨公园清洁", "江滨公园清洁"),
        ("thing1", "很" * 20, "很" * 20),
        ("thing1", "很" * 21, "很" * 19 + "…"),
        ("thing12", "𠮷" * 21, "𠮷" * 19 + "…"),
        ("thing1", "第一行\n第二行\t三", "第一行 第二行 三"),
        ("thing1", "公园🏞️集合 \u200b ①", "公园集合 ①"),
        ("short_thing3", "志愿服务项目活动提醒", "志愿服务项目活动提醒"),
        ("short_thing3", "志愿服务项目活动提醒啦", "志愿服务项目活动提…"),
        ("time2", AT, "2026年3月7日 13:00"),
        ("date2", AT, "2026年3月7日"),
        ("thing2", AT, "3月7日（周六）13:00"),
        ("number1", "12.5", "12.5"),
        ("letter1", "abcXYZ", "abcXYZ"),
        ("character_string9", "ZM-2026-000123", "ZM-2026-000123"),
        ("phrase1", "已通过", "已通过"),
        ("name1", "阿依古丽·买买提", "阿依古丽·买买提"),
        ("phone_number1", "0571-12345678", "0571-12345678"),
        ("car_number1", "浙A12345", "浙A12345"),
        ("amount1", "¥12.50元", "¥12.50元"),
        ("keyword1", "老模板" * 7, "老模板" * 6 + "老…"),
        ("first", "您好", "您好"),
    ],
)
def test_fit(name: str, value: str | datetime, expected: str) -> None:
    assert fit(name, value, ZONE) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("thing1", ""),
        ("thing1", " \n🏞️"),
        ("number1", "十二"),
        ("number1", "1" * 33),
        ("letter1", "abc1"),
        ("character_string1", "编号1"),
        ("phrase1", "已经通过审核"),
        ("phrase1", "OK"),
        ("name1", "这个名字实在是太长了吧"),
        ("phone_number1", "12345678901234567890"),
        ("time1", "下午一点"),
        ("date1", "周六"),
        ("symbol1", "abc"),
    ],
)
def test_what_cannot_be_cut_without_a_lie_is_a_misfit(name: str, value: str) -> None:
    with pytest.raises(Misfit, match=name):
        fit(name, value, ZONE)


def test_a_field_that_wants_something_unknown_is_named() -> None:
    with pytest.raises(Misfit, match="thing1 wants 'colour'"):
        filled({"thing1": "colour"}, {"title": "植树"}, ZONE)
    assert filled({"thing1": "title"}, {"title": "植树"}, ZONE) == {"thing1": "植树"}


EDGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "thing": (("字", "字" * 20, "a1，" * 6 + "ab"), ("", "\n")),
    "short_thing": (("字" * 10,), ("",)),
    "character_string": (("A" * 32, "No.12-3/4"), ("A" * 33, "编号1", "a b", "")),
    "number": (("0", "9" * 32, "12.5", "1." + "2" * 30), ("9" * 33, "1." + "2" * 31, "-1", "12个", "")),
    "letter": (("a", "Z" * 32), ("Z" * 33, "a1", "字")),
    "symbol": (("#", "#" * 5), ("#" * 6, "a", "字")),
    "amount": (("1", "¥1234567890", "￥12.50元", "$3.1"), ("¥12345678901", "¥", "十元", "¥¥1")),
    "phone_number": (("12355", "+86-0571-12345678"), ("1" * 18, "电话")),
    "car_number": (("浙A12345", "浙AD12345"[:8], "A1234学"), ("浙A1234567", "浙浙12345", "")),
    "name": (("王" * 10, "A" * 20, "阿依古丽·买买提"), ("王" * 11, "A" * 21, "王" + "a" * 10, "王1")),
    "phrase": (("好", "已经通过了"), ("已经通过审核", "OK", "好1", "")),
    "enum": (("值" * 20,), ("值" * 21, "")),
    "const": (("值" * 20,), ("值" * 21, "")),
    "time": ((), ("13:00", "")),
    "date": ((), ("2026年3月7日", "")),
}  # fmt: skip
"""Of each type what just fits, and what just does not. Moments are given as moments, never as words."""


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_at_its_edges_as_wechat_has_it(kind: str) -> None:
    fits, misfits = EDGES[kind]
    for value in fits:
        assert fit(f"{kind}1", value, ZONE) == value
        assert re.fullmatch(_RULES[kind], value), value
    for value in misfits:
        with pytest.raises(Misfit):
            fit(f"{kind}1", value, ZONE)
        assert kind in ("time", "date", "thing") or not re.fullmatch(_RULES[kind], value), value
    if TYPES[kind].cut:
        assert len(fit(f"{kind}1", "字" * 99, ZONE)) == TYPES[kind].cut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("江滨公园南门集合，请带水杯、帽子、手套和雨衣", "江滨公园南门集合，请带水杯、帽子、手套…"),
        ("去不了请尽早回复取消报名或打电话12355请勿直接不来", "去不了请尽早回复取消报名或打电话…"),
        ("青山县第一实验小学报告厅二楼（东门进右转上楼梯）", "青山县第一实验小学报告厅二楼…"),
        ("周六上午九点在江滨公园南门见面啊，不见不散哦", "周六上午九点在江滨公园南门见面啊，不见…"),
        ("周六上午九点半在江滨公园南门见面集合，不见不散", "周六上午九点半在江滨公园南门见面集合…"),
        ("Supercalifragilisticexpialidocious", "Supercalifragilisti…"),
    ],
)
def test_a_text_is_cut_where_a_person_would_cut_it(text: str, expected: str) -> None:
    assert cut(text, 20) == expected


@given(st.text(max_size=60), st.integers(2, 30))
def test_a_cut_is_never_longer_than_allowed_and_always_begins_like_the_text(text: str, longest: int) -> None:
    shown = cut(text, longest)
    assert len(shown) <= longest
    assert shown == text or (shown[-1] == "…" and text.startswith(shown[:-1]) and len(shown) > 1)


@given(st.text(max_size=60), st.sampled_from(sorted(_RULES)))
def test_whatever_fits_here_is_accepted_by_the_simulated_wechat(text: str, kind: str) -> None:
    """The simulator has its own copy of the rules, written from the same document by somebody else."""
    try:
        value = fit(f"{kind}1", text, ZONE)
    except Misfit:
        return
    assert re.fullmatch(_RULES[kind], value), (kind, value)


def test_cut_keeps_what_fits_and_marks_what_it_cuts() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("ab cd", 4) == "ab…"
