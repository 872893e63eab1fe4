"""Entries ranked for a text: exact words first, then a trained similarity, with calibrated confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from bot.language import calibration, learner
from bot.language.blas import calm
from bot.language.calibration import Evidence, Policy, Thresholds, class_scores
from bot.language.encoder import Encoder
from bot.language.features import Floats, Ints
from bot.language.learned import Learned
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


@dataclass(frozen=True)
class Reason:
    """A known phrase near a text; ``shares`` add up to its likeness."""

    id: str
    phrase: str
    likeness: float
    shares: dict[str, float]


@lru_cache(maxsize=1)
def background() -> tuple[str, ...]:
    """Generic messages that no entry answers."""
    lines = Path(__file__).with_name("background.txt").read_text("utf-8").splitlines()
    return tuple(dict.fromkeys(text for line in lines if (text := normalise(line))))


class Matcher:
    """Built once from phrases, then only read: safe between threads and shared by forked processes."""

    def __init__(
        self, phrases: Phrases, encoder: Encoder | None = None, policy: Policy = "balanced", cache: Path | None = None
    ) -> None:
        calm()
        self.phrases, self.policy = phrases, policy
        self.rewrite = Rewriter(phrases.synonyms, phrases.stop)
        self.tokenizer = Tokenizer(phrases.words)
        self.ids = list(dict.fromkeys(id for id, _ in phrases.asks))
        number = {id: i for i, id in enumerate(self.ids)}
        pairs = list(dict.fromkeys((number[id], self.rewrite(ask)) for id, ask in phrases.asks))
        self._asks = [(n, text) for n, text in pairs if text]
        self._exact = _decisive((text.replace(" ", ""), self.ids[n]) for n, text in self._asks)
        self._keywords = _decisive((self._spaced(word), id) for id, word in phrases.keywords)
        self._classes = len(self.ids) + 1  # the last is NONE
        self._learn(encoder, cache)

    def _learn(self, encoder: Encoder | None, cache: Path | None) -> None:
        own = [text for _, text in self._asks]
        large = len(own) > LARGE
        generic = [] if large else [text for text in background() if text not in set(own)]
        none = self._classes - 1
        self._labels = np.array([n for n, _ in self._asks] + [none] * len(generic), dtype=np.int64)
        self.similarity = Similarity(own + generic, self.tokenizer, encoder)
        self.thresholds = _LARGE_THRESHOLDS
        self.evidence: Evidence | None = None
        self._classifier = None
        self._kept = np.arange(len(self._labels))
        learned = Learned(cache, [*self.similarity.texts, *map(str, self._labels)], encoder.name if encoder else "lite")
        if not learned.restore(self.similarity):
            if not large and len(self.ids) > 1:
                self.similarity.choose_mix(self._labels, len(own))
            self.similarity.encode_rows()
            if not large and len(self.ids) > 1:
                self._train(learned, len(own))
            learned.save(self.similarity)
        if learned.classifier is not None and learned.evidence is not None:
            self._classifier, self._kept, self.evidence = learned.classifier, learned.kept, learned.evidence
            self._labels = self._labels[self._kept]
            self.thresholds = calibration.thresholds(learned.evidence, self.policy)

    def _train(self, learned: Learned, own: int) -> None:
        kernel = self.similarity.among_rows()
        kept = self._far_background(kernel, own)
        kernel, labels = kernel[np.ix_(kept, kept)], self._labels[kept]
        sharpness = learner.TEMPERATURE if self.similarity.encoder else learner.WITHOUT_MEANING
        classifier = replace(learner.train(kernel, labels, self._classes), temperature=sharpness)
        evidence = calibration.Trial(self.similarity, kept, kernel, labels, classifier).evidence()
        learned.classifier, learned.kept, learned.evidence = classifier, kept, evidence

    def _far_background(self, kernel: Floats, own: int) -> Ints:
        """All phrases, and the generic messages unlike them: 谢谢 is no chit-chat where it is an entry."""
        among = kernel[:own, :own].copy()
        np.fill_diagonal(among, 0)
        usual = float(np.quantile(among.max(axis=1), 0.75))
        near = kernel[own:, :own].max(axis=1) > usual
        return np.concatenate([np.arange(own), own + np.flatnonzero(~near)])

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

    def training_matrix(self) -> tuple[Floats, Ints]:
        """Similarities among all phrases and the background in use, with their entries' numbers (the last is NONE)."""
        return self.similarity.among_rows()[np.ix_(self._kept, self._kept)], self._labels

    def why(self, text: str, count: int = 5) -> list[Reason]:
        """The nearest phrases and what each kind of likeness contributes."""
        core = self.rewrite(text)
        parts = self.similarity.parts(core)
        total = sum(parts.values(), np.zeros(len(self.similarity.texts), dtype=np.float32))[: len(self._asks)]
        best = np.argsort(-total)[:count]
        return [
            Reason(
                self.ids[self._asks[i][0]],
                self._asks[i][1],
                float(total[i]),
                {name: float(values[i]) for name, values in parts.items()},
            )
            for i in best
        ]

    def scores(self, core: str) -> Floats:
        """Raw scores of every entry for a rewritten text."""
        if self._classifier is None:
            return self._nearest_scores(core)
        row = self.similarity.to_rows(core)[None, self._kept]
        probabilities = self._classifier.probabilities(row)
        best: Floats = class_scores(probabilities, row, self._labels, self._classes)[0]
        return best

    def _nearest_scores(self, core: str) -> Floats:
        """Without training: how far the nearest phrase of an entry stands out among the short list."""
        rows, near = self.similarity.short_list(core, len(self._asks))
        entries, numbers = np.unique(self._labels[rows], return_inverse=True)
        best = np.zeros(len(entries), dtype=np.float32)
        np.maximum.at(best, numbers, near)
        scores = np.zeros(len(self.ids), dtype=np.float32)
        scores[entries] = best * learner.softmax(_SHARPNESS * best) if len(best) else best
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
