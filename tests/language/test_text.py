"""One form for every way of typing, and sounds for homophones."""

from bot.language.phrases import Rewriter
from bot.language.pinyin import blurred, heard
from bot.language.text import clean, normalise
from bot.language.tokens import Tokenizer


def test_full_width_traditional_emoji_and_invisible_characters():
    assert normalise("我想報名參加活動！！！😄") == "我想报名参加活动"
    assert normalise("Ａ１２　活\u200b动") == "a12 活动"
    assert normalise("哈哈哈哈哈哈") == "哈哈"
    assert normalise("111111") == "111111"
    assert normalise("？？？") == ""
    assert clean("３．５小时") == "3.5小时"


def test_very_long_and_strange_text_is_cut_not_refused():
    assert len(normalise("长" * 5000 + "\x00\ud83d")) <= 400


def test_homophones_sound_alike():
    assert heard("志") == heard("只") == "zi" and heard("a") == "a"
    assert blurred("sheng") == blurred("sen")


def test_synonyms_and_stop_phrases_are_the_operators():
    rewrite = Rewriter({"义工": "志愿者", "咋": "怎么"}, ["请问", "谢谢"])
    assert rewrite("请问义工咋报名，谢谢") == "志愿者怎么报名"
    assert rewrite("谢谢") == "谢谢"


def test_own_words_make_an_own_tokenizer():
    assert "青声小站" in Tokenizer(["青声小站"]).words("我在青声小站")
    assert "青声小站" not in Tokenizer().words("我在青声小站")
