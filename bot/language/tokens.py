"""jieba behind one door: an own tokenizer with the operators' words, and how rare a word is in Chinese at large."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterable
from functools import lru_cache

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba's own syntax and pkg_resources warnings are not ours to mend
    import jieba

jieba.setLogLevel(logging.WARNING)


_REMEMBERED = 8_192  # texts: each is looked at in several ways, and the phrases of a library one way after the other


class Tokenizer:
    """Words of a normalised text. Never changed while serving: new operators' words make a new tokenizer."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        base = _base()
        self.own = tuple(sorted(set(words)))
        self._jieba = base if not self.own else _extended(base, self.own)
        self.words = lru_cache(maxsize=_REMEMBERED)(self._words)

    def _words(self, text: str) -> tuple[str, ...]:
        return tuple(word for word in self._jieba.lcut(text) if word != " ")

    def without_guessing(self, text: str) -> list[str]:
        """Words of the dictionary, and all other characters one by one: together they are the text."""
        return list(self._jieba.lcut(text, HMM=False))

    def knows(self, word: str) -> bool:
        """Whether the dictionary has it; jieba also guesses words that are in none."""
        return bool(self._jieba.FREQ.get(word))

    def rarity(self, word: str) -> float:
        """Background idf from jieba's own counts, about 4 (的) to 17 (seen once); unknown words are rare."""
        return math.log(self._jieba.total / ((self._jieba.FREQ.get(word) or 0) + 3.0))


@lru_cache(maxsize=1)
def _base() -> jieba.Tokenizer:
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer


def _extended(base: jieba.Tokenizer, words: tuple[str, ...]) -> jieba.Tokenizer:
    """A copy of the loaded dictionary with words of our own; the base stays as it is."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = dict(base.FREQ), base.total
    tokenizer.initialized = True
    for word in words:
        tokenizer.add_word(word)
    return tokenizer
