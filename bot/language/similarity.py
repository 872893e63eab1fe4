"""How alike a text and every known phrase are: words, characters, sounds, spelling and, with the encoder, meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from bot.language.encoder import Encoder
from bot.language.features import FULL, LITE, Floats, Ints, SparseIndex
from bot.language.tokens import Tokenizer

SHORT_LIST = 256  # rows looked at closely in a large index
POSTINGS = 60_000  # postings visited to find them
LARGE = 2_000  # rows above which an index is large: not trained, short list only
_SHRINK = 0.9  # of the mean vector, taken away from every vector so that only differences count


class Similarity:
    """Rows are the phrases, then the generic background; see ``features.Weights`` for the shares."""

    def __init__(self, texts: Sequence[str], tokenizer: Tokenizer, encoder: Encoder | None) -> None:
        self.texts = list(texts)
        self.encoder = encoder
        self.weights = FULL if encoder else LITE
        self.sparse = SparseIndex(self.texts, tokenizer, self.weights)
        self.large = len(self.texts) > LARGE
        if encoder:
            raw = encoder.encode(self.texts)
            self._middle = _SHRINK * raw.mean(axis=0)
            self.vectors = _unit(raw - self._middle)

    def among_rows(self) -> Floats:
        """The training matrix."""
        matrix = self.sparse.among_rows()
        matrix += np.float32(self.weights.ratio) * _spelling(self.texts, self.texts)
        if self.encoder:
            matrix += np.float32(self.weights.meaning) * (self.vectors @ self.vectors.T)
        return matrix

    def to_rows(self, text: str) -> Floats:
        """The similarity of a normalised text to every row."""
        row = self.sparse.similarities(*self.sparse.known(text))
        row += np.float32(self.weights.ratio) * _spelling([text], self.texts)[0]
        if self.encoder:
            row += np.float32(self.weights.meaning) * (self.vectors @ self.meaning(text))
        return row

    def short_list(self, text: str, rows: int) -> tuple[Ints, Floats]:
        """The nearest of the first ``rows`` rows of a large index, with their similarities."""
        columns, values = self.sparse.known(text)
        rough = self.sparse.similarities(columns, values, budget=POSTINGS)[:rows]
        size = min(SHORT_LIST, rows)
        near = np.argpartition(rough, rows - size)[rows - size :]
        near = near[rough[near] > 0]
        if not len(near):
            return near, np.zeros(0, dtype=np.float32)
        exact = self.sparse.similarities_of(columns, values, near)
        exact += np.float32(self.weights.ratio) * _spelling([text], [self.texts[i] for i in near])[0]
        if self.encoder:
            exact += np.float32(self.weights.meaning) * (self.vectors[near] @ self.meaning(text))
        return near, exact

    def meaning(self, text: str) -> Floats:
        assert self.encoder is not None
        return np.asarray(_unit(self.encoder.encode([text]) - self._middle)[0], dtype=np.float32)


def _spelling(texts: Sequence[str], others: Sequence[str]) -> Floats:
    return np.asarray(process.cdist(texts, others, scorer=fuzz.ratio, dtype=np.float32) / 100, dtype=np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), dtype=np.float32)
