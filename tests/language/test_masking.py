"""What is private is masked before a message is kept; what merely looks like it stays."""

import pytest

from bot.language.masking import mask


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("打 13812345678 找我", "打 〔手机号〕 找我"),
        ("138-1234-5678", "〔手机号〕"),
        ("+86 138 1234 5678", "〔手机号〕"),
        ("１３８１２３４５６７８", "〔手机号〕"),
        ("138\u200b1234\u200b5678", "〔手机号〕"),
        ("幺三八零零零零一二三四", "〔号码〕"),
        ("0571-88886666", "〔电话〕"),
        ("身份证330102199001011234", "身份证〔证件号〕"),
        ("330102 19900101 123x 报名", "〔证件号〕 报名"),
        ("老证号330102900101123", "老证号〔证件号〕"),
        ("护照E12345678", "护照〔证件号〕"),
        ("卡号6222 0212 3456 7890 123", "卡号〔银行卡号〕"),
        ("发到zhang.san@example.com谢谢", "发到〔邮箱〕谢谢"),
        ("浙A12345能停吗", "〔车牌〕能停吗"),
        ("浙A·D12345", "〔车牌〕"),
        ("微信号：zhangsan_88", "微信号：〔微信号〕"),
        ("vx hello123", "vx 〔微信号〕"),
        ("QQ 12345678", "QQ 〔QQ号〕"),
        ("我叫张三想报名", "我叫〔姓名〕想报名"),
        ("我的名字叫欧阳小明，18岁", "我的名字叫〔姓名〕，18岁"),
        ("我是王芳，怎么改名字", "我是〔姓名〕，怎么改名字"),
        ("李四 13800001111", "〔姓名〕 〔手机号〕"),
    ],
)
def test_private_things_are_masked(said: str, kept: str) -> None:
    assert mask(said) == kept
    assert mask(kept) == kept


@pytest.mark.parametrize(
    "said",
    [
        "我叫不到车",
        "我叫同学一起去行吗",
        "我是高中生可以吗",
        "我是江西人",
        "我是团员怎么转",
        "报名A12",
        "2026-03-07 13:00 还有吗",
        "微信公众号怎么关注",
        "3月7日14点到16点",
        "12355是什么",
        "本人想问团费",
        "我是新来的",
        "一二三四五六",
    ],
)
def test_what_only_looks_like_it_stays(said: str) -> None:
    assert mask(said) == said


def test_control_characters_are_not_kept() -> None:
    assert mask("a\x00b\x1b[31m\u202ec\nd") == "ab[31mc\nd"
