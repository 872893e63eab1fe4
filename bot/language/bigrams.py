"""How likely a character is after another one: in what is written to accounts of this kind, and in a library."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("bigrams.npz")
LIBRARY = 3  # times as much as elsewhere counts what the library writes
UNSEEN = 2.0  # how readily a character is followed by something new, for each that was seen after it (Witten-Bell)
RARE = 1e-5  # how often a character comes that was never seen at all
_REMEMBERED = 16_384


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each character and the one after it, of a normalised text with a space before and behind it."""
    return pairwise(f" {text} ")


class Counts:
    """How often which character stands after which."""

    def __init__(self, pairs: Iterable[tuple[tuple[str, str], int]]) -> None:
        self.pairs = dict(pairs)
        self.before, self.after, self.kinds = Counter[str](), Counter[str](), Counter[str]()
        for (first, second), count in self.pairs.items():
            self.before[first] += count
            self.after[second] += count
            self.kinds[first] += 1
        self.total = self.before.total()


@lru_cache(maxsize=1)
def _usual() -> Counts:
    """Of the paraphrases that taught the encoder, those seen more than once; 17 MB."""
    with np.load(FILE, allow_pickle=False) as saved:
        lines, counts = saved["pairs"].item().decode().split("\n"), iter(saved["counts"].tolist())
    return Counts(((line[0], second), next(counts)) for line in lines for second in line[1:])


class Bigrams:
    """Made once of normalised phrases, then only read."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._usual = _usual()
        self._own = Counts(Counter(pair for phrase in phrases for pair in pairs(phrase)).items())
        self.surprise = lru_cache(maxsize=_REMEMBERED)(self._surprise)

    def of(self, text: str) -> float:
        """The surprise of every character but the first, each after the one before it."""
        return sum(map(self.surprise, text, text[1:]))

    def _surprise(self, first: str, second: str) -> float:
        """How unlikely ``second`` is after ``first``, in nats."""
        usual, own = self._usual, self._own
        anywhere = (usual.after[second] + LIBRARY * own.after[second]) / (usual.total + LIBRARY * own.total) + RARE
        seen = usual.pairs.get((first, second), 0) + LIBRARY * own.pairs.get((first, second), 0)
        before = usual.before[first] + LIBRARY * own.before[first]
        new = UNSEEN * (usual.kinds[first] + own.kinds[first]) + 1
        return -math.log((seen + new * anywhere) / (before + new))
