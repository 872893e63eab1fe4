"""How alike a text and every known phrase are: words, characters, sounds, spelling and, with the encoder, meaning."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from bot.language.encoder import Encoder
from bot.language.features import Floats, Ints, SparseIndex
from bot.language.learner import softmax
from bot.language.tokens import Tokenizer

SHORT_LIST = 256  # rows looked at closely in a large index
POSTINGS = 60_000  # postings visited to find them
LARGE = 2_000  # phrases above which an index is large: not trained, short list only
_REMEMBERED = 4_096  # vectors of recent messages
_JUDGED = 300  # phrases by which the mix is chosen
_ROUGH = 0.3  # of the best rough likeness, below which a row is not looked at again
_TWIN = 0.88  # lexical similarity above which two texts mean the same
_NOTHING = np.zeros(1, dtype=np.float32)
KINDS = ("general", "domain")
_SHRINK = 0.8  # of the mean vector, taken away from every vector so that only differences count


@dataclass(frozen=True)
class Mix:
    """Shares of lexical similarity, spelling, and the two kinds of meaning; they add up to 1."""

    lexical: float
    spelling: float
    general: float = 0.0
    domain: float = 0.0


LITE = Mix(lexical=0.75, spelling=0.25)
GENERAL = Mix(lexical=0.30, spelling=0.15, general=0.30, domain=0.25)
DOMAIN = Mix(lexical=0.22, spelling=0.08, domain=0.70)


class Similarity:
    """Rows are the phrases, then the generic background."""

    def __init__(self, texts: Sequence[str], tokenizer: Tokenizer, encoder: Encoder | None) -> None:
        self.texts, self.encoder = list(texts), encoder
        self.sparse = SparseIndex(self.texts, tokenizer)
        self.mix = LITE
        self._recent: OrderedDict[str, tuple[Floats | None, Floats | None]] = OrderedDict()
        self._vectors: dict[str, Floats] = {}
        self._middles: dict[str, Floats] = {}

    def choose_mix(self, labels: Ints, known: int) -> None:
        """The mix that tells phrases of different entries apart best, judged on some entries and their own twins."""
        if self.encoder is None:
            return
        self.mix = GENERAL
        order = np.random.default_rng(3).permutation(int(labels[:known].max()) + 1)
        sizes = np.cumsum(np.bincount(labels[:known])[order])
        some = np.flatnonzero(np.isin(labels[:known], order[: max(2, int(np.searchsorted(sizes, _JUDGED)))]))
        texts = [self.texts[i] for i in some]
        parts = [self.sparse.among_rows(some), _spelling(texts, texts)]
        for encode in (self.encoder.general, self.encoder.domain):
            raw = encode(texts)
            vectors = _unit(raw - _SHRINK * raw.mean(axis=0))
            parts.append(vectors @ vectors.T)
        _, numbers = np.unique(labels[some], return_inverse=True)
        losses = {mix: _held_out_loss(_mixed(parts, mix), numbers) for mix in (GENERAL, DOMAIN)}
        self.mix = min(losses, key=lambda mix: losses[mix])

    def encode_rows(self) -> None:
        """The vectors that the mix needs."""
        for kind, share in zip(KINDS, self._meaning_shares, strict=True):
            if share:
                raw: Floats = getattr(self.encoder, kind)(self.texts)
                self._middles[kind] = _SHRINK * raw.mean(axis=0)
                self._vectors[kind] = _unit(raw - self._middles[kind])

    def among_rows(self) -> Floats:
        """The training matrix."""
        parts = [self.sparse.among_rows(), _spelling(self.texts, self.texts)]
        parts += [v @ v.T if (v := self._vectors.get(kind)) is not None else _NOTHING for kind in KINDS]
        return _mixed(parts, self.mix)

    def state(self) -> dict[str, Floats]:
        """What took long to compute; ``restore`` takes it back."""
        shares = np.array([self.mix.lexical, self.mix.spelling, self.mix.general, self.mix.domain], dtype=np.float32)
        kept = {f"vectors_{kind}": vectors for kind, vectors in self._vectors.items()}
        return {"mix": shares, **kept, **{f"middle_{kind}": middle for kind, middle in self._middles.items()}}

    def restore(self, state: Mapping[str, Floats]) -> None:
        self.mix = Mix(*(round(float(share), 6) for share in state["mix"]))
        for kind in KINDS:
            if f"vectors_{kind}" in state:
                self._vectors[kind], self._middles[kind] = state[f"vectors_{kind}"], state[f"middle_{kind}"]

    def to_rows(self, text: str) -> Floats:
        """The similarity of a normalised text to every row."""
        words, spelling = self.sparse.similarities(*self.sparse.known(text)), _spelling([text], self.texts)[0]
        row: Floats = np.float32(self.mix.lexical) * words + np.float32(self.mix.spelling) * spelling
        if self.encoder is None:
            return row
        looks = np.float32(LITE.lexical) * words + np.float32(LITE.spelling) * spelling
        twin = int(np.argmax(looks))
        return self._with_meaning(row, text, None, twin if looks[twin] >= _TWIN else None)

    def parts(self, text: str) -> dict[str, Floats]:
        """What each kind of likeness adds to the similarity with every row."""
        by_field = self.sparse.by_field(*self.sparse.known(text))
        parts = {name: np.float32(self.mix.lexical) * row for name, row in by_field.items()}
        parts["spelling"] = np.float32(self.mix.spelling) * _spelling([text], self.texts)[0]
        if self.encoder is not None:
            parts["meaning"] = self._with_meaning(np.zeros(len(self.texts), dtype=np.float32), text, None)
        return parts

    def to_many(self, texts: Sequence[str]) -> Floats:
        """The same for many texts, with the encoder in batches."""
        sparse = np.stack([self.sparse.similarities(*self.sparse.known(text)) for text in texts])
        parts = [sparse, _spelling(texts, self.texts)]
        if self.encoder:
            for kind, share in zip(KINDS, self._meaning_shares, strict=True):
                if share:
                    vectors = _unit(getattr(self.encoder, kind)(texts) - self._middles[kind])
                    parts.append(vectors @ self._vectors[kind].T)
                else:
                    parts.append(_NOTHING)
        return _mixed(parts, self.mix)

    def short_list(self, text: str, rows: int) -> tuple[Ints, Floats]:
        """The nearest of the first ``rows`` rows of a large index, with their similarities."""
        columns, values = self.sparse.known(text)
        rough = self.sparse.similarities(columns, values, budget=POSTINGS)[:rows]
        near = np.flatnonzero(rough > rough.max() * _ROUGH)
        if len(near) > SHORT_LIST:
            near = near[np.argpartition(rough[near], len(near) - SHORT_LIST)[-SHORT_LIST:]]
        if not len(near) or not rough[near[0]] > 0:
            return near, np.zeros(0, dtype=np.float32)
        exact = np.float32(self.mix.lexical) * self.sparse.similarities_of(columns, values, near)
        exact += np.float32(self.mix.spelling) * _spelling([text], [self.texts[i] for i in near])[0]
        return near, self._with_meaning(exact, text, near)

    def _with_meaning(self, row: Floats, text: str, only: Ints | None, twin: int | None = None) -> Floats:
        """A phrase that looks all but the same (``twin``) lends its vectors: no need to encode the text."""
        if self.encoder is None:
            return row
        lent = tuple(self._vectors[kind][twin] if kind in self._vectors else None for kind in KINDS) if twin else None
        for kind, share, vector in zip(KINDS, self._meaning_shares, lent or self.meaning(text), strict=True):
            if vector is not None:
                rows = self._vectors[kind] if only is None else self._vectors[kind][only]
                row += np.float32(share) * (rows @ vector)
        return row

    @property
    def _meaning_shares(self) -> tuple[float, float]:
        return self.mix.general, self.mix.domain

    def meaning(self, text: str) -> tuple[Floats | None, Floats | None]:
        """The vectors of a text that the mix needs; the latest texts are remembered."""
        found = self._recent.get(text)
        if found is None:
            assert self.encoder is not None
            general = self._vector("general", text) if self.mix.general else None
            domain = self._vector("domain", text) if self.mix.domain else None
            found = self._recent[text] = (general, domain)
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return found

    def _vector(self, kind: str, text: str) -> Floats:
        raw: Floats = getattr(self.encoder, kind)([text])[0]
        return _unit(raw - self._middles[kind])


def _mixed(parts: Sequence[Floats], mix: Mix) -> Floats:
    shares = (mix.lexical, mix.spelling, mix.general, mix.domain)
    return np.asarray(sum(np.float32(s) * part for s, part in zip(shares, parts, strict=False)), dtype=np.float32)


def _held_out_loss(kernel: Floats, labels: Ints) -> float:
    """How surprising each phrase's own entry is to its nearest other phrases: smaller is better."""
    size = len(labels)
    outside = kernel[~np.eye(size, dtype=bool)]
    scaled = 1.5 * (kernel - outside.mean()) / max(float(outside.std()), 1e-6)
    np.fill_diagonal(scaled, -1e4)
    best = np.full((size, int(labels.max()) + 1), -1e4, dtype=np.float32)
    np.maximum.at(best.T, labels, scaled.T)
    several = np.bincount(labels)[labels] > 1
    if not several.any():
        return 0.0
    own = softmax(best)[np.arange(size), labels][several]
    return float(-np.log(np.maximum(own, 1e-9)).mean())


def _spelling(texts: Sequence[str], others: Sequence[str]) -> Floats:
    return np.asarray(process.cdist(texts, others, scorer=fuzz.ratio, dtype=np.float32) / 100, dtype=np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), dtype=np.float32)
