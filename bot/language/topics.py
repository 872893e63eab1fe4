"""What accounts of this kind are asked about, as vectors of meaning.

A topic that no entry is about is a known unknown; and two texts that stand near the same topics mean the same, though
they may share no word: what the encoder was taught to bring together is read off the topics, which learnt with it, more
sharply than off the texts themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.language.features import Floats, Ints
from bot.language.four_bits import unpack
from bot.language.scoring import Mask

FILE = Path(__file__).with_name("topics.npz")
ABOUT = 0.5  # likeness from which a phrase is about a topic
NEAREST = 16  # topics of a text that are looked at
SPREAD = 0.06  # of likeness, in which a topic's weight falls to a third


@dataclass(frozen=True)
class Topics:
    """``vectors``: a row for each topic; ``ours``: which are about this account's world, not the world at large."""

    vectors: Floats
    ours: Mask


@lru_cache(maxsize=1)
def load(encoder: str) -> Topics:
    """As the encoder of this name has them; none for another encoder."""
    with np.load(FILE, allow_pickle=False) as saved:
        if str(saved["encoder"]) != encoder:
            return Topics(np.zeros((0, 512), dtype=np.float32), np.zeros(0, dtype=np.bool_))
        return Topics(unpack(saved["codes"], saved["scale"], tuple(saved["shape"])), saved["ours"])


@dataclass(frozen=True)
class Profiles:
    """The nearest topics of some texts, a row each: their numbers, and how much each weighs (unit rows)."""

    numbers: Ints
    weights: Floats
    topics: int

    @classmethod
    def of(cls, likeness: Floats) -> Profiles:
        """``likeness``: texts × topics."""
        topics = likeness.shape[1]
        count = min(NEAREST, topics)
        numbers = np.argpartition(likeness, topics - count, axis=1)[:, topics - count :]
        nearest = np.take_along_axis(likeness, numbers, axis=1)
        weights = np.exp((nearest - nearest.max(axis=1, keepdims=True)) / SPREAD)
        weights /= np.linalg.norm(weights, axis=1, keepdims=True)
        return cls(numbers, np.asarray(weights, dtype=np.float32), topics)

    def among(self, others: Profiles) -> Floats:
        """How alike the profiles of many texts and of many others are: texts × others."""
        spread = self._spread()
        return np.asarray(spread @ (spread if others is self else others._spread()).T, dtype=np.float32)

    def to(self, one: Profiles) -> Floats:
        """How alike each of these is to the profile of one text."""
        return np.asarray(np.einsum("tk,tk->t", one._spread()[0][self.numbers], self.weights), dtype=np.float32)

    def _spread(self) -> Floats:
        """Texts × all topics."""
        spread = np.zeros((len(self.numbers), self.topics), dtype=np.float32)
        np.put_along_axis(spread, self.numbers, self.weights, axis=1)
        return spread
