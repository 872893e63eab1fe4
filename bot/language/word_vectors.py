"""Vectors of words, distilled from the taught encoder: near meanings also where the encoder is not installed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.language.features import Floats
from bot.language.four_bits import unpack
from bot.language.tokens import Tokenizer

FILE = Path(__file__).with_name("word-vectors.npz")


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, int], Floats]:
    """Word → row, most frequent first, and the rows; 10 MB."""
    with np.load(FILE, allow_pickle=False) as saved:
        words = saved["words"].item().decode().split("\n")
        return {word: row for row, word in enumerate(words)}, unpack(
            saved["codes"], saved["scale"], (len(words), len(saved["scale"]))
        )


def words() -> Collection[str]:
    """What is written to accounts of this kind."""
    return _table()[0].keys()


class WordVectors:
    """A text's vector is the sum of its words', each by its rarity; an unknown word is spelt by its characters."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._rows, self._vectors = _table()

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row per normalised text, of any length; zeros for a text of unknown characters."""
        found = [self._known(text) for text in texts]
        result = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for row, (places, weights) in enumerate(found):
            if places:
                result[row] = np.asarray(weights, dtype=np.float32) @ self._vectors[places]
        return result

    def _known(self, text: str) -> tuple[list[int], list[float]]:
        places: list[int] = []
        weights: list[float] = []
        for word in self._tokenizer.words(text):
            row = self._rows.get(word)
            for part in (word,) if row is not None else word:
                place = self._rows.get(part) if row is None else row
                if place is not None:
                    places.append(place)
                    weights.append(self._tokenizer.rarity(part))
        return places, weights
