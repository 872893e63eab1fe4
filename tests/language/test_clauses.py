"""Which clauses of a message are wishes of their own, and which messages stay whole."""

import pytest

from bot.language.clauses import LONGEST, apart, wishes


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("周六有活动吗 顺便问下保险怎么买", ("周六有活动吗", "保险怎么买")),
        ("周六有活动吗顺便问下保险怎么买", ("周六有活动吗", "保险怎么买")),
        ("周六有活动吗还有保险怎么买", ("周六有活动吗", "保险怎么买")),
        ("周六有活動嗎，還有保險怎麼買", ("周六有活动吗", "保险怎么买")),
        ("我要报名A12，另外帮我查一下志愿证明怎么开", ("我要报名A12", "帮我查一下志愿证明怎么开")),
        ("取消A12，再帮我报A15", ("取消A12", "帮我报A15")),
        ("几点集合？\n要带什么？", ("几点集合", "要带什么")),
        ("周六有活动吗 顺便问下管饭不", ("周六有活动吗", "管饭不")),
        ("老师您好，我想问一下周六有没有活动，另外志愿服务证明怎么开，谢谢", ("周六有没有活动", "志愿服务证明怎么开")),
    ],
)
def test_two_wishes(text, parts):
    assert apart(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "周六还有活动吗",
        "还有哪些能报名的",
        "什么时候有活动",
        "对了 团关系怎么转",
        "你好，我想问一下周六有没有活动，我和室友都想去",
        "可以吗，我想报名周六的",
        "我想问一下如果我报名了但是临时有事去不了会不会被拉黑",
        "老师您好，我是城西中学的学生，冒昧打扰，想请问一下志愿服务证明要怎么开，谢谢老师",
        "几点集合，要带什么，在哪里碰头，是谁带队呢",
        "周六有活动吗，保险怎么买，" + "说来话长" * (LONGEST // 4),
        "",
    ],
)
def test_one_wish(text):
    assert apart(text) == ()


def test_a_letter_has_one_heart():
    letter = "老师您好！我是高二的学生，学校要求做志愿服务，想请问一下志愿服务证明要怎么开呢？给您添麻烦了，非常感谢！"
    assert wishes(letter) == ("志愿服务证明要怎么开呢",)
