"""What may not become public is found however it is typed, nothing of it survives masking, and the rest stays."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.screening import Finding, masked, named, plain, screen

FOUND = {
    "电话13812345678": "phone",
    "１３８１２３４５６７８": "phone",
    "138 1234 5678": "phone",
    "138-1234-5678": "phone",
    "一三八零零一三八零零零": "phone",
    "壹叁捌 零零壹叁 捌零零零": "phone",
    "138①234⑤678": "phone",
    "(138)1234-5678": "phone",
    "+86 13812345678": "phone",
    "幺三八幺二三四五六七八": "phone",
    "1\u200b38\u200b12345678": "phone",
    "第3条 13812345678": "phone",
    "身份证11010519491231002X，": "id_number",
    "1101051949123100２x": "id_number",
    "110105 19491231 002X": "id_number",
    "卡6222021234567890128": "bank_card",
    "卡 6222 0212 3456 7890 128": "bank_card",
    "4111 1111 1111 1111": "bank_card",
    "加我微信abc_12345": "wechat",
    "VX：abcdef123": "wechat",
    "ｗｘ：ａｂｃｄｅｆ１": "wechat",
    "wxid_abc123": "wechat",
    "weixin://wxpay/bizpayurl?pr=abc": "payment",
    "ｗｘｐ：／／f2f0abc": "payment",
    "qr.alipay.com/fkx123": "payment",
    "这个傻 逼老板": "abuse",
    "ＮＭＳＬ": "abuse",
}
ABUSE = {plain("傻逼"), plain("nmsl")}
CLEAN = [
    "2026-03-01 09:00-11:30",
    "2026年11月25日13点",
    "二〇二六年三月一日",
    "周一至周五8:00-17:30",
    "12355",
    "请打 12345、12348 或 12315",
    "欠我8000元",
    "一共12345.67元",
    "订单号20260303123456789012",
    "订单 2026030312345678",
    "Q20260303001",
    "0571-12345678",
    "身份证110105194912310021",
    "6222021234567890127",
    "微信公众号里看",
    "加微信群",
    "微信群在哪",
    "操场在哪",
    "我妈的工资",
    "https://example.com/a",
    "支付宝怎么退款",
    "三个月零五天",
    "房号1203，3幢2单元",
    "编号 10000000000",
    "28.9,120.4",
]


@pytest.mark.parametrize("text", FOUND)
def test_it_is_found_however_it_is_typed(text: str) -> None:
    assert [one.kind for one in screen(text, ABUSE)] == [FOUND[text]]
    assert screen(masked(text, screen(text, ABUSE)), ABUSE) == []


@pytest.mark.parametrize("text", CLEAN)
def test_what_tells_nothing_stays(text: str) -> None:
    assert screen(text, ABUSE) == []
    assert masked(text, []) == text


def test_each_has_its_place_and_is_named_once() -> None:
    text = "我是小王13812345678，也可以１３９１２３４５６７８，微信abc_12345"
    found = screen(text)
    assert found == [Finding(4, 15, "phone"), Finding(19, 30, "phone"), Finding(33, 42, "wechat")]
    assert masked(text, found) == "我是小王〔手机号〕，也可以〔手机号〕，微信〔微信号〕"
    assert named(found) == "手机号、微信号"


def test_a_card_is_one_also_where_a_phone_number_could_begin_in_it() -> None:
    assert screen("卡 6200 0000 1300 0000 003") == [Finding(2, 25, "bank_card")]


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")


def luhn(number: str) -> str:
    """The number with the digit that makes its check hold."""
    for last in "0123456789":
        doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(number + last)))
        if sum(v - 9 if v > 9 else v for v in doubled) % 10 == 0:
            return number + last
    raise AssertionError


def identity(first: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


phones = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
cards = st.from_regex(r"62[0-9]{13,16}", fullmatch=True).map(luhn)
identities = st.from_regex(r"33[0-9]{4}(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-2][0-9]{4}", fullmatch=True).map(identity)
around = st.sampled_from(["", "电话", "我的是", "，", "请联系 ", "卡号：", "第3次问，", "x"])
betweens = st.sampled_from(["", " ", "-", "　", "·", "."])
alphabets = st.sampled_from([str.maketrans("", ""), WIDE, SPOKEN])


@given(st.one_of(phones, cards, identities), around, around, betweens, st.integers(3, 6), alphabets)
@settings(max_examples=200)
def test_no_digit_of_a_finding_survives(
    number: str, before: str, after: str, between: str, group: int, digits: dict[int, int]
) -> None:
    parts = [number[start : start + group] for start in range(0, len(number), group)]
    if len(parts) > 1 and len(parts[-1]) == 1 and parts[-1] == "X":
        parts[-2:] = ["".join(parts[-2:])]
    typed = between.join(parts).translate(digits)
    text = f"{before}{typed}{after if not after.startswith('x') else ''}"
    found = screen(text)
    assert found, text
    shown = masked(text, found)
    assert typed not in shown and shown.count("〔") == len(found)
    for part in (part.translate(digits) for part in parts if len(part) > 2):
        assert part not in shown, (text, shown)


@given(st.text(alphabet="0123456789 -一三八x微信:abcwp/傻逼〔〕，１", max_size=60))
@settings(max_examples=200)
def test_findings_lie_apart_and_nothing_is_found_in_what_was_masked(text: str) -> None:
    found = screen(text, ABUSE)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(first.end <= second.start for first, second in pairwise(found))
    again = text
    for _ in range(3):
        again = masked(again, screen(again, ABUSE))
    assert screen(again, ABUSE) == []
