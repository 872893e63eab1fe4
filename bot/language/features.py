"""What two texts are compared by: words, character pairs and syllable pairs, each weighted by how rare it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.language import pinyin
from bot.language.tokens import Tokenizer

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# Few words carry little information but join everything; a text of only such words must not look like another one.
LOCAL_SHARE = 0.5


def fields(text: str, tokenizer: Tokenizer) -> tuple[Sequence[str], list[str], list[str]]:
    """(words, character 1-2grams, syllable 1-2grams) of a normalised text."""
    words = tokenizer.words(text)
    characters = [c for c in text if c != " "]
    sounds = [pinyin.blurred(s) for s in pinyin.syllables(text)]
    return words, characters + _pairs(characters, ""), sounds + _pairs(sounds, "-")


def _pairs(units: Sequence[str], glue: str) -> list[str]:
    return [a + glue + b for a, b in pairwise(units)]


# Shares of words, characters and sounds in the lexical similarity; they add up to 1.
SHARES = (0.4, 0.4, 0.2)


class SparseIndex:
    """An inverted index over all fields in one: a query costs one pass over the postings of its features.

    Rows are scaled so that the dot product of two texts is the weighted mean of their cosines by field.
    """

    def __init__(self, texts: Sequence[str], tokenizer: Tokenizer) -> None:
        self.tokenizer, self.rows = tokenizer, len(texts)
        counted = [self._count(text) for text in texts]
        frequency: Counter[tuple[int, str]] = Counter()
        for counts in counted:
            frequency.update(counts.keys())
        self._columns = {key: column for column, key in enumerate(frequency)}
        self._idf = self._rarity(frequency)
        self._unseen = math.log(1.0 + 2.0 * self.rows)
        self._build(counted)

    def _count(self, text: str) -> Counter[tuple[int, str]]:
        counts: Counter[tuple[int, str]] = Counter()
        for number, units in enumerate(fields(text, self.tokenizer)):
            counts.update((number, unit) for unit in units)
        return counts

    def _rarity(self, frequency: Counter[tuple[int, str]]) -> list[float]:
        """Local idf; for words half of it is how rare the word is in Chinese at large."""
        local = [math.log(1.0 + self.rows / (0.5 + n)) for n in frequency.values()]
        words = [i for i, key in enumerate(frequency) if key[0] == 0]
        if words:
            rarities = sum(self.tokenizer.rarity(key[1]) for key in frequency if key[0] == 0)
            self._scale = sum(local[i] for i in words) / rarities
        else:
            self._scale = 1.0
        for i, key in enumerate(frequency):
            if key[0] == 0:
                local[i] = LOCAL_SHARE * local[i] + (1 - LOCAL_SHARE) * self._scale * self.tokenizer.rarity(key[1])
        return local

    def _weigh(self, counts: Counter[tuple[int, str]]) -> dict[tuple[int, str], float]:
        values: dict[tuple[int, str], float] = {}
        squares = [0.0, 0.0, 0.0]
        for key, count in counts.items():
            column = self._columns.get(key)
            if column is not None:
                rarity = self._idf[column]
            elif key[0] == 0:
                rarity = LOCAL_SHARE * self._unseen + (1 - LOCAL_SHARE) * self._scale * self.tokenizer.rarity(key[1])
            else:
                rarity = self._unseen
            value = rarity if count == 1 else rarity * (1.0 + math.log(count))
            values[key] = value
            squares[key[0]] += value * value
        shares = [math.sqrt(w / s) if s else 0.0 for w, s in zip(SHARES, squares, strict=True)]
        return {key: value * shares[key[0]] for key, value in values.items()}

    def _build(self, counted: Sequence[Counter[tuple[int, str]]]) -> None:
        """By row, for training and for looking again at a short list; by feature, for queries."""
        weighed = [self._weigh(counts) for counts in counted]
        sizes = np.array([len(w) for w in weighed], dtype=np.int64)
        total = int(sizes.sum())
        columns = np.fromiter((self._columns[key] for w in weighed for key in w), dtype=np.int32, count=total)
        values = np.fromiter((value for w in weighed for value in w.values()), dtype=np.float32, count=total)
        self._row_columns, self._row_values = columns, values
        self._row_starts = np.concatenate([[0], np.cumsum(sizes)])
        order = np.argsort(columns, kind="stable")
        lengths = np.bincount(columns, minlength=len(self._columns))
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths
        self._posting_rows = np.repeat(np.arange(self.rows, dtype=np.int32), sizes)[order]
        self._posting_values = values[order]

    def by_field(self, columns: Ints, values: Floats) -> dict[str, Floats]:
        """The lexical similarity to every row, told apart by words, characters and sounds."""
        keys = list(self._columns)
        number = np.array([keys[c][0] for c in columns], dtype=np.int64)
        names = ("words", "characters", "sounds")
        return {name: self.similarities(columns[number == n], values[number == n]) for n, name in enumerate(names)}

    def known(self, text: str) -> tuple[Ints, Floats]:
        """The columns of a normalised text that the index knows, and their values."""
        weighed = self._weigh(self._count(text))
        found = [(c, v) for key, v in weighed.items() if (c := self._columns.get(key)) is not None]
        return np.array([c for c, _ in found], dtype=np.int64), np.array([v for _, v in found], dtype=np.float32)

    def similarities(self, columns: Ints, values: Floats, budget: int = 0) -> Floats:
        """The lexical share of the similarity to every row; a budget of postings leaves out the commonest features."""
        if not len(columns):
            return np.zeros(self.rows, dtype=np.float32)
        if budget:
            lengths = self._ends[columns] - self._starts[columns]
            order = np.argsort(lengths)
            kept = order[: max(1, int(np.searchsorted(np.cumsum(lengths[order]), budget)))]
            columns, values = columns[kept], values[kept]
        starts, ends = self._starts[columns].tolist(), self._ends[columns].tolist()
        rows = np.concatenate([self._posting_rows[a:b] for a, b in zip(starts, ends, strict=True)])
        weights = np.concatenate([self._posting_values[a:b] for a, b in zip(starts, ends, strict=True)])
        weights *= np.repeat(values, self._ends[columns] - self._starts[columns])
        return np.bincount(rows, weights=weights, minlength=self.rows).astype(np.float32)

    def similarities_of(self, columns: Ints, values: Floats, rows: Ints) -> Floats:
        """The exact lexical share for some rows only."""
        starts, lengths = self._row_starts[rows], self._row_starts[rows + 1] - self._row_starts[rows]
        firsts = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) + np.repeat(starts - firsts, lengths)
        order = np.argsort(columns)
        sorted_columns = columns[order]
        found = np.minimum(np.searchsorted(sorted_columns, self._row_columns[places]), len(columns) - 1)
        same = sorted_columns[found] == self._row_columns[places]
        products = np.where(same, values[order][found] * self._row_values[places], np.float32(0))
        return np.add.reduceat(products, firsts).astype(np.float32)

    def among_rows(self, only: Ints | None = None) -> Floats:
        """Every row against every row, or some against each other, for training."""
        spans = list(pairwise(self._row_starts))
        columns = self._row_columns.astype(np.int64)
        wanted = range(self.rows) if only is None else only
        lines = [self.similarities(columns[slice(*spans[i])], self._row_values[slice(*spans[i])]) for i in wanted]
        return np.stack(lines) if only is None else np.stack(lines)[:, only]
