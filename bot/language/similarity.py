"""How alike a text and every known phrase are: words, characters, sounds, spelling and, with the encoder, meaning."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from rapidfuzz import fuzz, process

from bot.language import topics
from bot.language.encoder import Encoder
from bot.language.features import Floats, Ints, SparseIndex
from bot.language.mixes import DOMAIN, GENERAL, LITE, Mix, Parts
from bot.language.scoring import Mask, Seen
from bot.language.tokens import Tokenizer
from bot.language.topics import Profiles, Topics
from bot.language.word_vectors import WordVectors

SHORT_LIST = 256  # rows looked at closely in a large index
POSTINGS = 60_000  # postings visited to find them
LARGE = 3_000  # phrases above which an index is not trained, short list only: 2,175 take 23 s and 700 MB already
_REMEMBERED = 4_096  # vectors of recent messages
_MOSTLY = 0.6  # of the phrases, from which a library is about this account's world
_MEASURED = 300  # phrases by which containment's line is drawn
_ROUGH = 0.3  # of the best rough likeness, below which a row is not looked at again
_LOOKED_INTO = 100  # rows whose containment is measured; of the others it is guessed from the spelling
_SHRINK = 0.8  # of the mean vector, taken away from every vector so that only differences count


class Similarity:
    """Rows are the ``own`` phrases, then some generic background."""

    def __init__(self, texts: Sequence[str], own: int, tokenizer: Tokenizer, encoder: Encoder | None) -> None:
        self.texts, self.own, self.encoder = list(texts), own, encoder
        self.sparse = SparseIndex(self.texts, tokenizer)
        self._word_vectors = WordVectors(tokenizer)
        self.meaning: Floats | None = None
        self._middle: Floats = np.zeros(1, dtype=np.float32)
        self._recent: OrderedDict[str, Floats] = OrderedDict()

    def encode_rows(self) -> None:
        """The vectors of meaning of every row; takes most of a millisecond each."""
        if self.encoder is not None:
            self.meaning, self._middle = _centred(self.encoder.encode(self.texts))

    @cached_property
    def _words(self) -> tuple[Floats, Floats]:
        """The words' vectors of every row, and their middle."""
        return _centred(self._word_vectors.encode(self.texts))

    @property
    def _known_topics(self) -> Topics:
        assert self.encoder is not None
        return topics.load(self.encoder.name)

    @cached_property
    def _topics(self) -> Floats:
        return _unit(self._known_topics.vectors - self._middle)

    @cached_property
    def _to_topics(self) -> Floats:
        """Rows × topics."""
        assert self.meaning is not None
        return np.asarray(self.meaning @ self._topics.T, dtype=np.float32)

    @cached_property
    def profiles(self) -> Profiles:
        """Of every row."""
        return Profiles.of(self._to_topics)

    def unknown(self, rows: Ints) -> Mask:
        """The topics that none of these rows is about."""
        return np.asarray((self._to_topics[rows] < topics.ABOUT).all(axis=0))

    @cached_property
    def unknown_topics(self) -> Mask:
        """Those that no phrase is about."""
        return self.unknown(np.arange(self.own))

    def forget_teaching(self) -> None:
        """Let go of what no message needs; should it be asked for, it is made anew."""
        self.__dict__.pop("_to_topics", None)

    def mix_by_subject(self) -> Mix:
        """By what the phrases are about: this account's world, which the encoder was taught, or anything else."""
        if self.meaning is None:
            return LITE
        ours = self._known_topics.ours
        if not len(ours):
            return GENERAL
        nearest = self._to_topics[: self.own].argmax(axis=1)
        return DOMAIN if ours[nearest].mean() > _MOSTLY else GENERAL

    def among_rows(self, *mixes: Mix) -> Parts:
        """Every row against every row, for training with these mixes."""
        words = self._words[0]
        parts: dict[str, Floats] = {"lexical": self.sparse.among_rows(), "words": words @ words.T}
        parts["spelling"] = _spelling(self.texts, self.texts)
        if self.meaning is not None:
            parts["meaning"], parts["topics"] = self.meaning @ self.meaning.T, self._to_topics
        if any(mix.topical for mix in mixes):
            parts["topical"] = self.profiles.among(self.profiles)
        if any(mix.containment for mix in mixes):
            one_way = self.containment(self.texts, self.texts, parts)
            parts["containment"] = np.asarray((one_way + one_way.T) / 2, dtype=np.float32)
        return parts

    def of(self, texts: Sequence[str], *mixes: Mix) -> Parts:
        """Each of several normalised texts against every row, as these mixes want it."""
        lexical = np.stack([self.sparse.similarities(*self.sparse.known(text)) for text in texts])
        parts: dict[str, Floats] = {"lexical": lexical, "spelling": _spelling(texts, self.texts)}
        parts["words"] = self.words_of(texts)
        if self.encoder is not None and self.meaning is not None and any(mix.meaning for mix in mixes):
            vectors = _unit(self.encoder.encode(texts) - self._middle)
            parts["meaning"], parts["topics"] = vectors @ self.meaning.T, vectors @ self._topics.T
        if any(mix.topical for mix in mixes):
            parts["topical"] = Profiles.of(parts["topics"]).among(self.profiles)
        if any(mix.containment for mix in mixes):
            parts["containment"] = self.containment(texts, self.texts, parts)
        return parts

    def containment(self, texts: Sequence[str], others: Sequence[str], parts: Parts) -> Floats:
        """How much of the shorter text stands in the longer: a short question inside a long chatty message.

        Ten times dearer than the spelling as a whole, so only the nearest rows are looked into.
        """
        start, slope = self._line
        result = start + slope * parts["spelling"]
        rough = parts["lexical"] + parts["spelling"] + parts["meaning"]
        for row, text in enumerate(texts):
            near = np.arange(len(others))
            if len(near) > _LOOKED_INTO:
                near = np.argpartition(rough[row], len(near) - _LOOKED_INTO)[-_LOOKED_INTO:]
            result[row, near] = _alike([text], [others[int(i)] for i in near], fuzz.partial_ratio)[0]
        return np.asarray(result, dtype=np.float32)

    @cached_property
    def _line(self) -> tuple[float, float]:
        """What containment is on average for a spelling: (where it starts, its slope)."""
        some = [self.texts[i] for i in np.random.default_rng(5).permutation(len(self.texts))[:_MEASURED]]
        x, y = _spelling(some[::3], some).ravel(), _alike(some[::3], some, fuzz.partial_ratio).ravel()
        slope = float(np.cov(x, y)[0, 1] / max(float(x.var()), 1e-9))
        return float(y.mean()) - slope * float(x.mean()), slope

    def look(self, text: str) -> Look:
        """A message against every row, one kind of likeness after the other as they are asked for."""
        return Look(self, text)

    def state(self) -> dict[str, Floats]:
        """What took long to compute; ``restore`` takes it back."""
        return {} if self.meaning is None else {"meaning": self.meaning, "middle": self._middle}

    def restore(self, state: Mapping[str, Floats]) -> None:
        if "meaning" in state:
            self.meaning, self._middle = state["meaning"], state["middle"]

    def words_of(self, texts: Sequence[str]) -> Floats:
        """The likeness of their words to those of every row."""
        rows, middle = self._words
        return np.asarray(_unit(self._word_vectors.encode(texts) - middle) @ rows.T, dtype=np.float32)

    def to_topics(self, vector: Floats) -> Floats:
        """The likeness of a meaning to every topic."""
        return np.asarray(self._topics @ vector, dtype=np.float32)

    def meaning_of(self, text: str) -> Floats:
        """The vector of a text; the latest texts are remembered."""
        found = self._recent.get(text)
        if found is None:
            assert self.encoder is not None
            found = self._recent[text] = _unit(self.encoder.encode([text])[0] - self._middle)
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return found


class Look:
    """One text. Nothing is computed before it is asked for, and nothing twice."""

    def __init__(self, similarity: Similarity, text: str) -> None:
        self._to, self._text = similarity, text

    @cached_property
    def lexical(self) -> Floats:
        return self._to.sparse.similarities(*self._known)

    @cached_property
    def spelling(self) -> Floats:
        return _row(_spelling([self._text], self._to.texts))

    @cached_property
    def words(self) -> Floats:
        return _row(self._to.words_of([self._text]))

    @cached_property
    def meaning(self) -> Floats:
        assert self._to.meaning is not None
        return np.asarray(self._to.meaning @ self._to.meaning_of(self._text), dtype=np.float32)

    @cached_property
    def containment(self) -> Floats:
        parts = {name: getattr(self, name)[None] for name in ("lexical", "spelling", "meaning")}
        return _row(self._to.containment([self._text], self._to.texts, parts))

    @cached_property
    def _to_topics(self) -> Floats:
        return self._to.to_topics(self._to.meaning_of(self._text))

    @cached_property
    def topical(self) -> Floats:
        return self._to.profiles.to(Profiles.of(self._to_topics[None]))

    @cached_property
    def topics(self) -> Floats:
        """The likeness of its meaning to every topic that no phrase is about."""
        return self._to_topics[self._to.unknown_topics]

    def likeness(self, mix: Mix) -> Floats:
        """The similarity to every row."""
        return np.asarray(sum(share * getattr(self, name) for name, share in mix.shares))

    def seen(self, mix: Mix, rows: Ints) -> Seen:
        """As one text against these rows."""
        likeness = self.likeness(mix)
        if not mix.meaning:
            return Seen(likeness[None, rows])
        return Seen(likeness[None, rows], self.meaning[None, rows], self.topics[None])

    def shares(self, mix: Mix) -> dict[str, Floats]:
        """What each kind contributes to the similarity to every row."""
        of_field = self._to.sparse.by_field(*self._known)
        shares = {name: np.float32(mix.lexical) * row for name, row in of_field.items()}
        shares["spelling"] = np.float32(mix.spelling) * self.spelling
        if mix.words:
            shares["word vectors"] = np.float32(mix.words) * self.words
        if mix.meaning:
            shares["meaning"] = np.float32(mix.meaning) * self.meaning
        if mix.topical:
            shares["topics"] = np.float32(mix.topical) * self.topical
        if mix.containment:
            shares["containment"] = np.float32(mix.containment) * self.containment
        return shares

    def short_list(self, mix: Mix, rows: int) -> tuple[Ints, Floats]:
        """The nearest of the first ``rows`` rows of a large index, with their similarities; words' vectors aside."""
        rough = self._to.sparse.similarities(*self._known, budget=POSTINGS)[:rows]
        near = np.flatnonzero(rough > rough.max() * _ROUGH)
        if len(near) > SHORT_LIST:
            near = near[np.argpartition(rough[near], len(near) - SHORT_LIST)[-SHORT_LIST:]]
        if not len(near) or not rough[near[0]] > 0:
            return near, np.zeros(0, dtype=np.float32)
        found = np.float32(mix.lexical) * self._to.sparse.similarities_of(*self._known, near)
        found += np.float32(mix.spelling) * _spelling([self._text], [self._to.texts[i] for i in near])[0]
        if mix.meaning and self._to.meaning is not None:
            found += np.float32(mix.meaning) * (self._to.meaning[near] @ self._to.meaning_of(self._text))
        return near, found

    @cached_property
    def _known(self) -> tuple[Ints, Floats]:
        return self._to.sparse.known(self._text)


def _row(matrix: Floats) -> Floats:
    """Of a matrix with one row."""
    return np.asarray(matrix[0], dtype=np.float32)


def _spelling(texts: Sequence[str], others: Sequence[str]) -> Floats:
    return _alike(texts, others, fuzz.ratio)


def _alike(texts: Sequence[str], others: Sequence[str], scorer: Callable[..., float]) -> Floats:
    return np.asarray(process.cdist(texts, others, scorer=scorer, dtype=np.float32) / 100, dtype=np.float32)


def _centred(vectors: Floats) -> tuple[Floats, Floats]:
    """Unit vectors around their shrunk middle, and that middle."""
    middle = np.asarray(_SHRINK * vectors.mean(axis=0), dtype=np.float32) if len(vectors) else np.zeros(1, np.float32)
    return _unit(vectors - middle), middle


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), dtype=np.float32)
