"""Entries ranked for a text: exact words first, then a trained similarity, with calibrated confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from bot.language import calibration, learner
from bot.language.calibration import Thresholds, class_scores
from bot.language.encoder import Encoder
from bot.language.features import Floats
from bot.language.phrases import Phrases, Rewriter
from bot.language.similarity import LARGE, Similarity
from bot.language.text import normalise
from bot.language.tokens import Tokenizer

Decision = Literal["answer", "intent", "offer", "none"]
OFFERED = 3
_SHARPNESS = np.float32(18.0)  # of the softmax over nearest phrases in an index too large to train
_LARGE_THRESHOLDS = Thresholds(answer=0.35, offer=0.08)  # measured once on large indexes; those are not calibrated
_BY_KEYWORD = 0.97


@dataclass(frozen=True)
class Candidate:
    """An entry that may be meant."""

    id: str
    confidence: float


@dataclass(frozen=True)
class Ranking:
    """What to do with a text; ``id`` is the entry for ``answer`` and ``intent``, else None. Best candidate first."""

    text: str
    decision: Decision
    id: str | None
    confidence: float
    candidates: tuple[Candidate, ...] = ()


@lru_cache(maxsize=1)
def background() -> tuple[str, ...]:
    """Generic messages that no entry answers."""
    lines = Path(__file__).with_name("background.txt").read_text("utf-8").splitlines()
    return tuple(dict.fromkeys(text for line in lines if (text := normalise(line))))


class Matcher:
    """Built once from phrases, then only read: safe between threads and shared by forked processes."""

    def __init__(self, phrases: Phrases, encoder: Encoder | None = None) -> None:
        self.phrases = phrases
        self.rewrite = Rewriter(phrases.synonyms, phrases.stop)
        self.tokenizer = Tokenizer(phrases.words)
        self.ids = list(dict.fromkeys(id for id, _ in phrases.asks))
        number = {id: i for i, id in enumerate(self.ids)}
        pairs = list(dict.fromkeys((number[id], self.rewrite(ask)) for id, ask in phrases.asks))
        self._asks = [(n, text) for n, text in pairs if text]
        self._exact = _decisive((text.replace(" ", ""), self.ids[n]) for n, text in self._asks)
        self._keywords = _decisive((self._spaced(word), id) for id, word in phrases.keywords)
        self._classes = len(self.ids) + 1  # the last is NONE
        self._learn(encoder)

    def _learn(self, encoder: Encoder | None) -> None:
        own = [text for _, text in self._asks]
        generic = [] if len(own) > LARGE else [text for text in background() if text not in set(own)]
        none = self._classes - 1
        self._labels = np.array([n for n, _ in self._asks] + [none] * len(generic), dtype=np.int64)
        self.similarity = Similarity(own + generic, self.tokenizer, encoder, len(own) > LARGE)
        self.thresholds = _LARGE_THRESHOLDS
        self._classifier = None
        if self.similarity.large or len(self.ids) < 2:
            return
        kernel = self.similarity.among_rows(self._labels, len(own))
        self._classifier = learner.train(kernel, self._labels, self._classes)
        strangers = calibration.stranger_scores(kernel, self._labels, self._classes, self._classifier)
        generic_scores = calibration.generic_scores(kernel, self._labels, self._classes, self._classifier)
        self.thresholds = calibration.thresholds(strangers, generic_scores)

    def rank(self, text: str) -> Ranking:
        """Exact phrase → operators' keyword → trained similarity."""
        core = self.rewrite(text)
        if not core or not self.ids:
            return Ranking(text, "none", None, 0.0)
        if found := self._exact.get(core.replace(" ", "")):
            return self._decided(text, found, 1.0)
        if found := self._keyword(core):
            return self._decided(text, found, _BY_KEYWORD)
        scores = self.scores(core)
        best = np.argsort(-scores, kind="stable")[:OFFERED] if len(scores) < 64 else _largest(scores)
        confidence = self.thresholds.confidence
        candidates = tuple(
            Candidate(self.ids[i], round(confidence(float(scores[i])), 6)) for i in best if scores[i] > 0
        )
        return self._decide(text, candidates, float(scores[best[0]]))

    def scores(self, core: str) -> Floats:
        """Raw scores of every entry for a rewritten text."""
        if self._classifier is None:
            return self._nearest_scores(core)
        row = self.similarity.to_rows(core)[None]
        probabilities = self._classifier.probabilities(row)
        best: Floats = class_scores(probabilities, row, self._labels, self._classes)[0]
        return best

    def _nearest_scores(self, core: str) -> Floats:
        """Without training: how far the nearest phrase of an entry stands out among the short list."""
        rows, near = self.similarity.short_list(core, len(self._asks))
        scores = np.zeros(len(self.ids), dtype=np.float32)
        np.maximum.at(scores, self._labels[rows], near)
        known = scores > 0
        if known.any():
            scores[known] *= learner.softmax(_SHARPNESS * scores[known])
        return scores

    def _decided(self, text: str, id: str, confidence: float) -> Ranking:
        decision: Decision = "intent" if id in self.phrases.intents else "answer"
        return Ranking(text, decision, id, confidence, (Candidate(id, confidence),))

    def _decide(self, text: str, candidates: tuple[Candidate, ...], score: float) -> Ranking:
        if not candidates or score < self.thresholds.offer:
            return Ranking(text, "none", None, candidates[0].confidence if candidates else 0.0, candidates)
        first = candidates[0]
        if score < self.thresholds.answer:
            return Ranking(text, "offer", None, first.confidence, candidates)
        decision: Decision = "intent" if first.id in self.phrases.intents else "answer"
        return Ranking(text, decision, first.id, first.confidence, candidates)

    def _spaced(self, text: str) -> str:
        """Words with a space around each, so that 人工 is not found in 人工呼吸."""
        return " " + " ".join(self.tokenizer.words(self.rewrite(text))) + " "

    def _keyword(self, core: str) -> str | None:
        """The entry of the longest keyword in the text; two entries by keywords of one length decide nothing."""
        if not self._keywords:
            return None
        spaced = self._spaced(core)
        found = [(len(word), id) for word, id in self._keywords.items() if word in spaced]
        if not found:
            return None
        longest = max(found)[0]
        ids = {id for length, id in found if length == longest}
        return ids.pop() if len(ids) == 1 else None


def _decisive(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Texts that lead to one entry only."""
    leads: dict[str, set[str]] = defaultdict(set)
    for text, id in pairs:
        if text.strip():
            leads[text].add(id)
    return {text: next(iter(ids)) for text, ids in leads.items() if len(ids) == 1}


def _largest(scores: Floats) -> list[int]:
    near = np.argpartition(scores, len(scores) - OFFERED)[-OFFERED:]
    return [int(i) for i in near[np.argsort(-scores[near])]]
