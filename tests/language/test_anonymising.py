"""What is published tells nobody who asked; ordinary questions stay as they are."""

from __future__ import annotations

import pytest

from bot.language.anonymising import anonymise, tells

TELLING = {
    "我在青山一中高二3班，班主任王老师总骂人": ("青山一中", "3班", "王老师"),
    "我叫李小红，电话138 0000 1234，住人民路12号3幢402室": ("李小红", "1234", "人民路", "402"),
    "老板张某拖欠工资，好味道餐馆，在江滨路8号": ("张某", "好味道", "江滨路8"),
    "浙江理工大学 计算机 20级3班": ("理工", "3班"),
    "找陈经理要钱他不给": ("陈经理",),
    "在宏达电子有限公司上班两个月": ("宏达",),
    "身份证330102200501011234丢了": ("330102200501011234",),
    "住在阳光花园3幢2单元501室": ("阳光花园", "501"),
    "跟刘主任说了没用": ("刘主任",),
}
ORDINARY = [
    "团费怎么交", "公司不签合同怎么办", "健身房跑路了钱能要回来吗", "学校强制报名志愿活动合法吗", "班主任让我们必须去",
    "我是高中生，想当志愿者", "老师让写心得", "请打 12333 或 12355", "怎么开志愿服务证明", "大学生创业有什么补贴",
]  # fmt: skip


@pytest.mark.parametrize("text", TELLING)
def test_what_tells_who_it_is_goes(text: str) -> None:
    public = anonymise(text)
    for secret in TELLING[text]:
        assert secret not in public, public
    assert tells(text) and not tells(public)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_question_stays(text: str) -> None:
    assert anonymise(text) == text
