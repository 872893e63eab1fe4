"""Entries ranked for a text: exact words first, then a trained similarity, with calibrated confidence."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from bot.language import learner
from bot.language.blas import calm
from bot.language.calibration import Evidence, Policy, Thresholds
from bot.language.encoder import Encoder
from bot.language.features import Floats, Ints
from bot.language.homophones import Homophones
from bot.language.learned import Learned
from bot.language.mixes import MANY, PLAIN, Mix, mixed
from bot.language.phrases import Phrases, Rewriter
from bot.language.similarity import LARGE, Look, Similarity
from bot.language.stages import taught
from bot.language.text import normalise
from bot.language.tokens import Tokenizer

Decision = Literal["answer", "intent", "offer", "none"]
OFFERED = 3
_SHARPNESS = np.float32(18.0)  # of the softmax over nearest phrases in an index too large to train
_LARGE_THRESHOLDS = Thresholds(answer=0.35, offer=0.08)  # measured once on large indexes; those are not calibrated
_BY_KEYWORD = 0.97
_TAUGHT = 3  # one generic message in three teaches what NONE looks like, the others judge


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
        written = [*(text for _, text in self._asks), *self._keywords]
        self._restore = Homophones([] if len(self._asks) > LARGE else written, self.tokenizer)
        self._learn(encoder, cache)

    def read(self, text: str) -> str:
        """The form that is compared: rewritten, and mistyped words of the phrases restored."""
        return self._restore(self.rewrite(text))

    def _learn(self, encoder: Encoder | None, cache: Path | None) -> None:
        own = [text for _, text in self._asks]
        large = len(own) > LARGE
        chit_chat = [] if large else [text for text in background() if text not in set(own)]
        generic, unseen = chit_chat[::_TAUGHT], [text for i, text in enumerate(chit_chat) if i % _TAUGHT]
        self._labels = np.array([n for n, _ in self._asks] + [len(self.ids)] * len(generic), dtype=np.int64)
        self.similarity = Similarity(own + generic, len(own), self.tokenizer, encoder)
        learned = Learned(cache, [*self.similarity.texts, *map(str, self._labels)], encoder.name if encoder else "lite")
        if not learned.restore(self.similarity, self._labels):
            self.similarity.encode_rows()
            if not large and len(self.ids) > 1:
                learned.stages = taught(self.similarity, self._labels, unseen)
            learned.save(self.similarity)
        self.stages = learned.stages
        for stage in self.stages:  # tables that are made when first needed: now, not while somebody waits
            stage.scores(self.similarity.look(own[0]))
        self.similarity.forget_teaching()
        self._sure = [stage.sure for stage in self.stages]
        self._decide_by(self.policy)

    def _decide_by(self, policy: Policy) -> None:
        self.policy = policy
        self._limits = [stage.thresholds(policy) for stage in self.stages]

    def with_policy(self, policy: Policy) -> Matcher:
        """The same knowledge, more or less boldly used."""
        other = copy.copy(self)
        other._decide_by(policy)
        return other

    @property
    def thresholds(self) -> Thresholds:
        """Of the stage that has the last word."""
        return self._limits[-1] if self._limits else _LARGE_THRESHOLDS

    @property
    def evidence(self) -> Evidence | None:
        """Of the stage that has the last word; None for an index that is not trained."""
        return self.stages[-1].evidence if self.stages else None

    def rank(self, text: str) -> Ranking:
        """Exact phrase → operators' keyword → trained similarity, without meaning where that is enough."""
        core = self.read(text)
        if not core or not self.ids:
            return Ranking(text, "none", None, 0.0)
        if found := self._exact.get(core.replace(" ", "")):
            return self._decided(text, found, 1.0)
        if found := self._keyword(core):
            return self._decided(text, found, _BY_KEYWORD)
        look = self.similarity.look(core)
        if not self.stages:
            return self._ranked(text, self._nearest_scores(look), self.thresholds)
        for stage, sure in zip(self.stages[:-1], self._sure, strict=False):
            scores = stage.scores(look)
            if scores.max() > sure:
                return self._ranked(text, scores, Thresholds.beyond(sure))
        return self._ranked(text, self.stages[-1].scores(look), self.thresholds)

    def training_matrix(self) -> tuple[Floats, Ints]:
        """Similarities among all phrases and the background in use, with their entries' numbers (the last is NONE)."""
        if not self.stages:
            return mixed(self.similarity.among_rows(PLAIN), PLAIN), self._labels
        stage = self.stages[-1]
        return mixed(self.similarity.among_rows(stage.mix), stage.mix)[np.ix_(stage.kept, stage.kept)], stage.labels

    def why(self, text: str, count: int = 5) -> list[Reason]:
        """The nearest phrases and what each kind of likeness contributes."""
        shares = self.similarity.look(self.read(text)).shares(self.mix)
        total = sum(shares.values(), np.zeros(len(self.similarity.texts), dtype=np.float32))[: len(self._asks)]
        best = np.argsort(-total)[:count]
        return [
            Reason(
                self.ids[self._asks[i][0]],
                self._asks[i][1],
                float(total[i]),
                {name: float(values[i]) for name, values in shares.items()},
            )
            for i in best
        ]

    @property
    def mix(self) -> Mix:
        """Of the stage that has the last word."""
        if self.stages:
            return self.stages[-1].mix
        return PLAIN if self.similarity.meaning is None else MANY

    def _nearest_scores(self, look: Look) -> Floats:
        """Without training: how far the nearest phrase of an entry stands out among the short list."""
        rows, near = look.short_list(self.mix, len(self._asks))
        entries, numbers = np.unique(self._labels[rows], return_inverse=True)
        best = np.zeros(len(entries), dtype=np.float32)
        np.maximum.at(best, numbers, near)
        scores = np.zeros(len(self.ids), dtype=np.float32)
        scores[entries] = best * learner.softmax(_SHARPNESS * best) if len(best) else best
        return scores

    def _ranked(self, text: str, scores: Floats, limits: Thresholds) -> Ranking:
        possible = np.flatnonzero(scores)  # few of many entries in a large index
        best = possible[np.argsort(-scores[possible], kind="stable")[:OFFERED]]
        candidates = tuple(Candidate(self.ids[i], round(limits.confidence(float(scores[i])), 6)) for i in best)
        return self._decide(text, candidates, float(scores.max()), limits)

    def _decided(self, text: str, id: str, confidence: float) -> Ranking:
        decision: Decision = "intent" if id in self.phrases.intents else "answer"
        return Ranking(text, decision, id, confidence, (Candidate(id, confidence),))

    def _decide(self, text: str, candidates: tuple[Candidate, ...], score: float, limits: Thresholds) -> Ranking:
        if not candidates or score < limits.offer:
            return Ranking(text, "none", None, candidates[0].confidence if candidates else 0.0, candidates)
        first = candidates[0]
        if score < limits.answer:
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
