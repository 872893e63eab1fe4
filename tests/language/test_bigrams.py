"""How likely characters follow each other: a probability, learnt from what is shipped and from a library."""

import math

import pytest

from bot.language.bigrams import Bigrams


@pytest.fixture(scope="module")
def usual() -> Bigrams:
    return Bigrams([])


def test_what_people_write_is_likelier_than_what_only_sounds_so(usual: Bigrams) -> None:
    assert usual.of(" 怎么报名 ") < usual.of(" 怎么抱铭 ")
    assert usual.surprise("志", "愿") < 1 < usual.surprise("志", "原")


def test_a_library_makes_its_own_words_likelier(usual: Bigrams) -> None:
    assert Bigrams(["螺蛳粉怎么煮", "螺蛳粉多少钱"]).surprise("螺", "蛳") < usual.surprise("螺", "蛳")


@pytest.mark.parametrize("first", ["志", " ", "报", "龘"])
def test_what_may_follow_shares_one_whole(usual: Bigrams, first: str) -> None:
    followers = [chr(code) for code in (0x20, *range(0x30, 0x7B), *range(0x4E00, 0xA000))]
    assert 0.9 < sum(math.exp(-usual.surprise(first, second)) for second in followers) < 1.3


def test_a_character_that_nobody_wrote_is_possible_everywhere(usual: Bigrams) -> None:
    assert math.isfinite(usual.of(" 龘靐齉 "))
