"""Which activity a text names, among those that are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from handlers.reference import among, is_a_name, titled


@dataclass(frozen=True)
class One:
    shift_id: int
    code: str
    title: str
    place: str
    starts_at: datetime = datetime(2026, 3, 7, 5, tzinfo=UTC)


KNOWN = [
    One(1, "A12", "江滨公园清洁志愿服务", "江滨公园南门"),
    One(2, "A15", "微笑驿站值班", "人民广场"),
    One(3, "A18", "图书馆整理", "县图书馆"),
    One(4, "A19", "敬老院慰问", "幸福敬老院"),
    One(5, "B01", "幸福社区义卖", "幸福社区"),
]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("A12", [1]),
        ("帮我报a15谢谢", [2]),
        ("报名 图书馆整理", [3]),
        ("我想去那个微笑驿站", [2]),
        ("江滨公园的", [1]),
        ("敬老院的活动", [4]),
        ("人民广场那场", [2]),
        ("報名圖書館整理", [3]),
        ("报名Ａ１２", [1]),
        ("那个捡垃圾的", [1]),
        ("陪老人那个", [4]),
        ("Z99", []),
        ("A1234", []),
        ("有什么志愿服务活动", []),
        ("随便", []),
    ],
)
def test_among(text: str, meant: list[int]) -> None:
    assert among(text, KNOWN) == meant


def test_two_that_fit_alike_are_both_named() -> None:
    twins = [One(1, "A12", "河道清洁", "城东"), One(2, "A13", "河道清洁", "城西")]
    assert among("河道清洁", twins) == [1, 2]


@pytest.mark.parametrize(
    ("headline", "meant"),
    [
        ("周末一起来：江滨公园清洁志愿者招募", [1]),
        ("A18 志愿者集合啦", [3]),
        ("江滨美食地图", []),  # two characters in common are no title
        ("今日油价", []),
    ],
)
def test_a_forwarded_article(headline: str, meant: list[int]) -> None:
    assert titled(headline, KNOWN) == meant


@pytest.mark.parametrize(
    ("text", "shift_id", "name"),
    [
        ("图书馆那个", 3, True),
        ("那个捡垃圾的", 1, True),
        ("微笑驿站值班", 2, True),
        ("上次那个", 1, True),
        ("图书馆几点关门", 3, False),
        ("敬老院要怎么去看老人家", 4, False),
    ],
)
def test_a_name_says_nothing_more(text: str, shift_id: int, name: bool) -> None:
    assert is_a_name(text, next(one for one in KNOWN if one.shift_id == shift_id)) is name
