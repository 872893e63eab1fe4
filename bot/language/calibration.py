"""Thresholds from the phrases alone: how do held-out phrases, strangers and chit-chat score?"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.language import colloquial, learner
from bot.language.features import Floats, Ints
from bot.language.learner import Classifier
from bot.language.similarity import Similarity

Policy = Literal["cautious", "balanced", "bold"]
FOLDS = 5
SAMPLE = 400  # phrases looked at: enough for the quantiles, and calibration stays quick
COPIES = 4  # of each phrase where there are few, or chance would set the thresholds
WARM_STEPS = 8  # from the whole solution; as many cold ones as in training give the same quantiles
FLOOR = 1e-6
LEAST = 0.15  # a score too low to answer by, however few strangers a small library can imagine


@dataclass(frozen=True)
class Limits:
    """What may go wrong, as shares: direct answers to near misses, to new chit-chat, with the wrong entry."""

    near: float
    far: float
    wrong: float


POLICIES: dict[Policy, Limits] = {
    "cautious": Limits(near=0.03, far=0.02, wrong=0.06),
    "balanced": Limits(near=0.08, far=0.05, wrong=0.16),
    "bold": Limits(near=0.18, far=0.1, wrong=0.3),
}


@dataclass(frozen=True)
class Thresholds:
    """Raw scores above which to answer, and above which to offer."""

    answer: float
    offer: float

    def confidence(self, score: float) -> float:
        """A monotone reading of the score for people: 0.6 is where answers begin, 0.3 where offers begin."""
        places = np.log([FLOOR, self.offer, self.answer, 1.0])
        return float(np.interp(np.log(max(score, FLOOR)), places, [0.0, 0.3, 0.6, 1.0]))


@dataclass(frozen=True)
class Evidence:
    """Best scores of phrases whose twin is not there (``right``: was it their entry?), of strangers, of chit-chat."""

    held_out: Floats
    right: np.ndarray[tuple[int], np.dtype[np.bool_]]
    strangers: Floats
    generic: Floats


def thresholds(evidence: Evidence, policy: Policy = "balanced") -> Thresholds:
    """The lowest answer threshold that keeps the policy's limits; offers begin above most of the chit-chat."""
    limits = POLICIES[policy]
    answer = max(
        float(np.quantile(evidence.strangers, 1 - limits.near)),
        float(np.quantile(evidence.generic, 1 - limits.far)),
        _wrong_below(evidence, limits.wrong),
        LEAST,
    )
    offer = max(float(np.quantile(evidence.generic, 0.6)), 0.0005)
    return Thresholds(min(answer, 0.95), min(offer, answer / 4))


def _wrong_below(evidence: Evidence, share: float) -> float:
    """The score above which no more than ``share`` of all held-out phrases are answered wrongly."""
    wrong = np.sort(evidence.held_out[~evidence.right])[::-1]
    allowed = int(share * len(evidence.held_out))
    return float(wrong[allowed]) if len(wrong) > allowed else 0.0


def class_scores(probabilities: Floats, kernel: Floats, labels: Ints, classes: int) -> Floats:
    """Probability times the nearest phrase's similarity, for every class but the last (NONE)."""
    nearest = np.zeros((len(kernel), classes - 1), dtype=np.float32)
    known = labels < classes - 1
    np.maximum.at(nearest.T, labels[known], kernel[:, known].T)
    return np.asarray(probabilities[:, : classes - 1] * nearest, dtype=np.float32)


class Trial:
    """Retrains without some phrases and looks at how those would be ranked.

    Strangers are taken as somebody else would type them, since formal phrasings of missing entries score higher than
    people's messages do; held-out phrases as they stand, since they have lost their nearest twin already.
    """

    def __init__(self, similarity: Similarity, kept: Ints, kernel: Floats, labels: Ints, whole: Classifier) -> None:
        self.kernel, self.labels, self.whole = kernel, labels, whole
        self.classes = whole.dual.shape[1]
        self.own = np.flatnonzero(labels < self.classes - 1)
        chance = random.Random(11)
        order = list(self.own)
        chance.shuffle(order)
        order *= max(1, min(COPIES, SAMPLE // max(1, len(order))))
        self.sample = np.array(sorted(order[:SAMPLE]), dtype=np.int64)
        alike = colloquial.homophones(similarity.texts[i] for i in self.own)
        copies = [colloquial.noisy(similarity.texts[i], chance, alike, level=0.9) for i in self.sample]
        self.rows = similarity.to_many(copies)[:, kept]

    def without(self, out: Ints, rows: Floats, forbidden: Ints | None = None) -> Floats:
        """Scores of ``rows`` by a classifier that never saw the texts ``out``."""
        kept = np.setdiff1d(np.arange(len(self.labels)), out)
        trained = learner.train(
            self.kernel[np.ix_(kept, kept)],
            self.labels[kept],
            self.classes,
            start=self.whole.dual[kept],
            steps=WARM_STEPS,
        )
        seen = rows[:, kept]
        logits = trained.logits(seen)
        if forbidden is not None:
            logits[:, forbidden] = -np.inf
        probabilities = learner.softmax(logits / self.whole.temperature)
        return class_scores(probabilities, seen, self.labels[kept], self.classes)

    def evidence(self) -> Evidence:
        held, right = self._held_out()
        return Evidence(held, right, self._strangers(), self._generic())

    def _held_out(self) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        best, right = np.zeros(len(self.sample), dtype=np.float32), np.zeros(len(self.sample), dtype=np.bool_)
        several = np.bincount(self.labels)[self.labels[self.sample]] > 1
        for fold in range(FOLDS):
            mine = np.arange(fold, len(self.sample), FOLDS)
            scores = self.without(self.sample[mine], self.kernel[self.sample[mine]])
            best[mine] = scores.max(axis=1)
            right[mine] = scores.argmax(axis=1) == self.labels[self.sample[mine]]
        return (best[several], right[several]) if several.any() else (best, right)

    def _strangers(self) -> Floats:
        order = np.random.default_rng(0).permutation(self.classes - 1)
        scores = []
        for fold in range(min(FOLDS, self.classes - 1)):
            removed = order[fold::FOLDS]
            mine = np.flatnonzero(np.isin(self.labels[self.sample], removed))
            if len(mine):
                out = np.flatnonzero(np.isin(self.labels, removed))
                scores.append(self.without(out, self.rows[mine], removed).max(axis=1))
        return np.concatenate(scores)

    def _generic(self) -> Floats:
        generic = np.flatnonzero(self.labels == self.classes - 1)
        halves = [generic[half::2] for half in (0, 1)]
        return np.concatenate([self.without(out, self.kernel[out]).max(axis=1) for out in halves])
