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
    sounds = [pinyin.heard(c) for c in characters]
    return words, characters + _pairs(characters, ""), sounds + _pairs(sounds, "-")


def _pairs(units: Sequence[str], glue: str) -> list[str]:
    return [a + glue + b for a, b in pairwise(units)]


# Shares of words, characters and sounds in the lexical similarity; they add up to 1.
SHARES = (0.4, 0.4, 0.2)
WORDS = 0


class SparseIndex:
    """An inverted index over all fields in one: a query costs one pass over the postings of its features.

    Rows are scaled so that the dot product of two texts is the weighted mean of their cosines by field.
    """

    def __init__(self, texts: Sequence[str], tokenizer: Tokenizer) -> None:
        self.tokenizer, self.rows = tokenizer, len(texts)
        self._unseen = math.log(1.0 + 2.0 * self.rows)
        counted = [[Counter(units) for units in fields(text, tokenizer)] for text in texts]
        self._columns: list[dict[str, int]] = []  # a dictionary for each field
        self._idf: list[float] = []
        for field in range(len(SHARES)):
            frequency: Counter[str] = Counter()
            for counts in counted:
                frequency.update(counts[field].keys())
            self._columns.append({unit: len(self._idf) + number for number, unit in enumerate(frequency)})
            self._idf += self._rarity(field, frequency)
        self._field_of = np.repeat(np.arange(len(SHARES)), [len(columns) for columns in self._columns])
        self._build(counted)

    def _rarity(self, field: int, frequency: Counter[str]) -> list[float]:
        """Local idf; for words half of it is how rare the word is in Chinese at large."""
        local = [math.log(1.0 + self.rows / (0.5 + n)) for n in frequency.values()]
        if field != WORDS:
            return local
        at_large = [self.tokenizer.rarity(word) for word in frequency]
        self._scale = sum(local) / sum(at_large) if at_large else 1.0
        return [
            LOCAL_SHARE * near + (1 - LOCAL_SHARE) * self._scale * far
            for near, far in zip(local, at_large, strict=True)
        ]

    def _weigh(self, field: int, counts: Counter[str]) -> tuple[list[int], list[float]]:
        """(columns, values) of the units that the index knows; the unknown ones make the others count for less."""
        columns, values, squares = [], [], 0.0
        known, idf = self._columns[field], self._idf
        for unit, count in counts.items():
            column = known.get(unit)
            value = idf[column] if column is not None else self._rarity_of_unknown(field, unit)
            if count > 1:
                value *= 1.0 + math.log(count)
            squares += value * value
            if column is not None:
                columns.append(column)
                values.append(value)
        share = math.sqrt(SHARES[field] / squares) if squares else 0.0
        return columns, [value * share for value in values]

    def _rarity_of_unknown(self, field: int, unit: str) -> float:
        if field != WORDS:
            return self._unseen
        return LOCAL_SHARE * self._unseen + (1 - LOCAL_SHARE) * self._scale * self.tokenizer.rarity(unit)

    def _weigh_all(self, counted: Sequence[Counter[str]]) -> tuple[list[int], list[float]]:
        columns: list[int] = []
        values: list[float] = []
        for field, counts in enumerate(counted):
            more, theirs = self._weigh(field, counts)
            columns += more
            values += theirs
        return columns, values

    def _build(self, counted: Sequence[Sequence[Counter[str]]]) -> None:
        """By row, for training and for looking again at a short list; by feature, for queries."""
        weighed = [self._weigh_all(counts) for counts in counted]
        sizes = np.array([len(columns) for columns, _ in weighed], dtype=np.int64)
        total = int(sizes.sum())
        columns = np.fromiter((column for known, _ in weighed for column in known), dtype=np.int32, count=total)
        values = np.fromiter((value for _, theirs in weighed for value in theirs), dtype=np.float32, count=total)
        self._row_columns, self._row_values = columns, values
        self._row_starts = np.concatenate([[0], np.cumsum(sizes)])
        order = np.argsort(columns, kind="stable")
        lengths = np.bincount(columns, minlength=len(self._idf))
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths
        self._posting_rows = np.repeat(np.arange(self.rows, dtype=np.int32), sizes)[order]
        self._posting_values = values[order]

    def by_field(self, columns: Ints, values: Floats) -> dict[str, Floats]:
        """The lexical similarity to every row, told apart by words, characters and sounds."""
        names, field = ("words", "characters", "sounds"), self._field_of[columns]
        return {name: self.similarities(columns[field == n], values[field == n]) for n, name in enumerate(names)}

    def known(self, text: str) -> tuple[Ints, Floats]:
        """The columns of a normalised text that the index knows, and their values."""
        columns, values = self._weigh_all([Counter(units) for units in fields(text, self.tokenizer)])
        return np.array(columns, dtype=np.int64), np.array(values, dtype=np.float32)

    def similarities(self, columns: Ints, values: Floats, budget: int = 0) -> Floats:
        """The lexical share of the similarity to every row; a budget of postings leaves out the commonest features."""
        if not len(columns):
            return np.zeros(self.rows, dtype=np.float32)
        if budget:
            lengths = self._ends[columns] - self._starts[columns]
            order = np.argsort(lengths)
            kept = order[: max(1, int(np.searchsorted(np.cumsum(lengths[order]), budget)))]
            columns, values = columns[kept], values[kept]
        starts, lengths = self._starts[columns], self._ends[columns] - self._starts[columns]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
        weights = self._posting_values[places] * np.repeat(values, lengths)
        return np.bincount(self._posting_rows[places], weights=weights, minlength=self.rows).astype(np.float32)

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

    def among_rows(self) -> Floats:
        """Every row against every row, for training."""
        columns = self._row_columns.astype(np.int64)
        spans = [slice(*span) for span in pairwise(self._row_starts)]
        return np.stack([self.similarities(columns[span], self._row_values[span]) for span in spans])
