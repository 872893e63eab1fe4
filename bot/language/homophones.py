"""Words of the library typed with characters that sound alike (报铭, 团废) are read as what was meant (报名, 团费)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.language import pinyin
from bot.language.tokens import Tokenizer

LONGEST = 4  # characters of a word that is looked for
PER_CHARACTER = 5.0  # nats: how unlikely it is that a character is mistyped
BLURRED = 1.5  # more, where the sounds are only alike to a speaker of the south
KNOWN, UNKNOWN = 2, 3  # so often a word stands in the phrases; UNKNOWN: no dictionary has it, or it is two words
# Characters so frequent by themselves that a word with one of them says little: 不了 is no 补了.
_EVERYWHERE = frozenset(
    "不没我你他她它您咱在再的得地了是吗呢么有要会能可想去来到给把被就也还都这那哪几多什怎谁啥吧啊和跟与或上下前后里外"
    "一二三四五六七八九十两个"
)


class Homophones:
    """Made once of normalised phrases, then only read.

    A noisy channel: what was typed is read as a word of the phrases if that word and the slips which lead to it are
    likelier than what stands there. What the phrases themselves write, and what the dictionary knows as a word, is
    never changed.
    """

    def __init__(self, phrases: Sequence[str], tokenizer: Tokenizer) -> None:
        self._tokenizer, self._written = tokenizer, "\n".join(phrases)
        words = [tokenizer.words(phrase) for phrase in phrases]
        counts = Counter(word for each in words for word in each)
        counts.update(a + b for each in words for a, b in pairwise(each))
        total = max(1, sum(map(len, words)))
        self._surprise = {
            word: math.log(total / count)
            for word, count in counts.items()
            if 1 < len(word) <= LONGEST and count >= (KNOWN if tokenizer.knows(word) else UNKNOWN)
            if pinyin.is_chinese(word) and _EVERYWHERE.isdisjoint(word)
        }
        self._by_sound: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for word in self._surprise:
            self._by_sound[_sound(word)].append(word)

    def __call__(self, text: str) -> str:
        """The normalised text with such words restored; it keeps its length."""
        tokens = self._tokenizer.without_guessing(text)
        starts = [0]
        for token in tokens:
            starts.append(starts[-1] + len(token))
        restored, taken = list(text), set[int]()
        for _, start, word in sorted(self._found(text, tokens, starts), reverse=True):
            places = range(start, start + len(word))
            if taken.isdisjoint(places):
                restored[start : start + len(word)] = word
                taken.update(places)
        return "".join(restored)

    def _found(self, text: str, tokens: Sequence[str], starts: Sequence[int]) -> Iterator[tuple[float, int, str]]:
        """(how much likelier, where, word), each in the place of whole words of the text."""
        sounds = [pinyin.heard(character) for character in text]
        for first, start in enumerate(starts[:-1]):
            for after in range(first + 1, min(first + LONGEST, len(tokens)) + 1):
                end = starts[after]
                if end - start > LONGEST:
                    break
                words = self._by_sound.get(tuple(sounds[start:end]))
                if not words or self._tokenizer.knows(typed := text[start:end]) or typed in self._written:
                    continue
                literal = sum(map(self._tokenizer.rarity, tokens[first:after]))
                for word in words:
                    better = literal - self._surprise[word] - _slips(typed, word)
                    if better > 0:
                        yield better, start, word


def _slips(typed: str, word: str) -> float:
    """How surprising it is that somebody types this for that; infinite where nothing of the word is left."""
    wrong = [(a, b) for a, b in zip(typed, word, strict=True) if a != b]
    if len(wrong) == len(word) or not _EVERYWHERE.isdisjoint(a for a, _ in wrong):
        return math.inf
    return sum(PER_CHARACTER + BLURRED * (pinyin.sound(a) != pinyin.sound(b)) for a, b in wrong)


def _sound(text: str) -> tuple[str, ...]:
    return tuple(map(pinyin.heard, text))
