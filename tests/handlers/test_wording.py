"""How texts are told apart before anything is looked up: for whom, asking or deciding, about this or another thing."""

from __future__ import annotations

import pytest

from handlers.about import ELSEWHERE, QUESTIONS
from handlers.asking import asks
from handlers.proxy import PROXY
from handlers.sign_up_form import parse_name


@pytest.mark.parametrize("text", ["给我儿子报A12", "替我妈报名", "帮我老公登记一下", "我儿子想报名", "我家娃能参加吗"])
def test_for_somebody_else(text: str) -> None:
    assert PROXY.search(text)


@pytest.mark.parametrize(
    "text", ["帮我报名A12", "给我报上", "我儿子发烧了去不了", "我妈想让我报名", "我和我妈一起报", "孩子的时长怎么查"]
)
def test_for_oneself(text: str) -> None:
    assert not PROXY.search(text)


@pytest.mark.parametrize(
    ("text", "only_asks"),
    [
        ("A12可以吗", False),
        ("A12", False),
        ("周六的行不", False),
        ("A12要带什么", True),
        ("A12会扣分吗", True),
        ("活动什么时候截止", True),
    ],
)
def test_a_question_decides_nothing(text: str, only_asks: bool) -> None:
    assert asks(text) is only_asks


@pytest.mark.parametrize(
    ("text", "about_it"),
    [
        ("几点集合", True),
        ("到哪儿碰头", True),
        ("几点散", True),
        ("自己带手套不", True),
        ("管饭不", True),
        ("还有位子伐", True),
        ("时长什么时候到账", False),
        ("在哪里报名", False),
        ("你们几点上班", False),
        ("要带孩子去可以吗", False),
        ("团费怎么交", False),
    ],
)
def test_questions_about_the_activity_just_shown(text: str, about_it: bool) -> None:
    assert (any(pattern.search(text) for pattern, _ in QUESTIONS) and not ELSEWHERE.search(text)) is about_it


@pytest.mark.parametrize("name", ["王晓雨", "李想", "欧阳娜娜", "阿不都热合曼", "买买提·吐尔逊", "Anna Müller"])
def test_names_of_all_kinds(name: str) -> None:
    assert parse_name(f"我叫{name}") == name


@pytest.mark.parametrize(
    "text",
    ["我儿子发烧了去不了了", "有没有保险", "周六有活动吗", "不报了", "捡垃圾那个还有位子伐", "咱们班三十名同学一起"],
)
def test_a_sentence_is_no_name(text: str) -> None:
    with pytest.raises(Exception, match="真实姓名"):
        parse_name(text)
