"""Words typed with characters that sound alike are restored; everything else stays as it was typed."""

import pytest

from bot.language.homophones import Homophones
from bot.language.matcher import Matcher
from bot.language.phrases import Phrases
from bot.language.tokens import Tokenizer

ASKS = {
    "sign-up": ["怎么报名参加活动", "活动报名截止时间", "报名后怎么取消"],
    "dues": ["团费怎么交", "团费交多少", "团费交给谁"],
    "card": ["团员证丢了怎么补办", "团员证怎么补", "团员证在哪领"],
    "code": ["验证码收不到", "验证码一直不来", "花呗能交吗"],
}


@pytest.fixture(scope="module")
def restore() -> Homophones:
    return Homophones([text for texts in ASKS.values() for text in texts], Tokenizer())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("怎么抱名", "怎么报名"),
        ("报铭啥时候截只", "报名啥时候截止"),
        ("团废在线上交吗", "团费在线上交吗"),
        ("验正码没来", "验证码没来"),
        ("我的团圆正掉了", "我的团员证掉了"),
        ("抱名 团废", "报名 团费"),
    ],
)
def test_what_sounds_like_a_word_of_the_phrases_is_that_word(restore: Homophones, typed: str, meant: str) -> None:
    assert restore(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("要什么条见", "要什么条件"),
        ("有人在教事打我还拍视拼怎么半", "有人在教室打我还拍视频怎么办"),
        ("署假实系怎么保", "暑假实习怎么保"),
        ("清年只声从哪提文", "青年之声从哪提问"),
        ("想当自愿着", "想当志愿者"),
    ],
)
def test_so_is_what_sounds_like_a_usual_word_among_the_characters_around_it(
    restore: Homophones, typed: str, meant: str
) -> None:
    assert restore(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["家人团圆了", "抱着孩子去报名", "活动报名截止时间", "花被晒在哪", "不了", "", "a b 12", "电影几点开始"],
)
def test_words_and_what_is_as_likely_stay(restore: Homophones, typed: str) -> None:
    assert restore(typed) == typed


def test_what_the_phrases_write_is_never_changed() -> None:
    assert Homophones(["团费怎么交"], Tokenizer())("备暗材料") == "备案材料"
    assert Homophones(["备暗是什么", "备暗的材料"], Tokenizer())("备暗材料") == "备暗材料"


def test_a_mistyped_phrase_counts_as_the_phrase() -> None:
    matcher = Matcher(Phrases([(id, text) for id, texts in ASKS.items() for text in texts]))
    ranking = matcher.rank("团废交给谁？")
    assert (ranking.decision, ranking.id, ranking.confidence) == ("answer", "dues", 1.0)
    assert matcher.why("团废交给谁")[0].phrase == "团费交给谁"


def test_nothing_is_restored_for_a_library_too_large_to_know_what_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases = Phrases([("a", "团费怎么交"), ("b", "活动几点开始")], keywords=[("团费", "a")])
    assert Matcher(phrases).read("备暗材料") == "备案材料"
    monkeypatch.setattr("bot.language.matcher.LARGE", 1)
    assert Matcher(phrases).read("备暗材料") == "备暗材料"


def test_an_empty_library_restores_nothing() -> None:
    assert Homophones([], Tokenizer())("怎么抱名") == "怎么抱名"
