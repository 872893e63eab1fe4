"""Names and numbers as people type them."""

from __future__ import annotations

import pytest

from bot.services.profiles import masked_name, masked_phone, normal_name, normal_phone
from bot.services.refusals import NameInvalid, PhoneInvalid


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "8613800138000",
        "0086-13800138000",
        "１３８００１３８０００",
        "＋８６ １３８－００１３－８０００",
        "(+86)138.0013.8000",
    ],
)
def test_one_form_for_every_way_of_typing_a_number(typed: str) -> None:
    assert normal_phone(typed) == "13800138000"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("  - ", "empty"),
        ("我的手机", "digits"),
        ("1380013800a", "digits"),
        ("138001380001", "length"),
        ("1380013800", "length"),
        ("12800138000", "prefix"),
        ("23800138000", "prefix"),
        ("05711234567", "prefix"),
        ("²³800138000", "prefix"),
        ("٣٨٠٠١٣٨٠٠٠١", "digits"),
    ],
)
def test_a_number_that_is_none(typed: str, why: str) -> None:
    with pytest.raises(PhoneInvalid) as refused:
        normal_phone(typed)
    assert refused.value.why == why


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张三", "张三"),
        (" 欧阳　娜娜 ", "欧阳 娜娜"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("𠮷田", "𠮷田"),
        ("O'Neil Ann-Marie", "O'Neil Ann-Marie"),
        ("Ｌｉ Ｌｅｉ", "Li Lei"),
        ("ཚེ་རིང", "ཚེ་རིང"),
    ],
)
def test_names_of_any_script(typed: str, name: str) -> None:
    assert normal_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        (" · ", "empty"),
        ("张", "short"),
        ("张3", "characters"),
        ("王小雨😀", "characters"),
        ("<script>", "characters"),
        ("张三\n李四{{7*7}}", "characters"),
        ("=cmd", "characters"),
        ("张" * 31, "long"),
    ],
)
def test_what_is_no_name(typed: str, why: str) -> None:
    with pytest.raises(NameInvalid) as refused:
        normal_name(typed)
    assert refused.value.why == why


def test_masked() -> None:
    assert masked_phone("13800138000") == "138****8000"


@pytest.mark.parametrize(("name", "shown"), [("王雨", "王*"), ("王晓雨", "王*雨"), ("欧阳小雨", "欧**雨")])
def test_a_name_is_shown_by_its_ends(name: str, shown: str) -> None:
    assert masked_name(name) == shown
