"""What fits a template's field is sent as it is, what can be cut is cut with …, the rest is not sent at all."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.push.fields import Misfit, cut, filled, fit
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


@given(st.text(max_size=60), st.sampled_from(sorted(_RULES)))
def test_whatever_fits_here_is_accepted_by_the_simulated_wechat(text: str, kind: str) -> None:
    """The simulator has its own copy of the rules, written from the same document by somebody else."""
    import re

    try:
        value = fit(f"{kind}1", text, ZONE)
    except Misfit:
        return
    assert re.fullmatch(_RULES[kind], value), (kind, value)


def test_cut_keeps_what_fits_and_marks_what_it_cuts() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("ab cd", 4) == "ab…"
