"""Thresholds from the phrases alone: how do held-out phrases, strangers and chit-chat score?"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bot.language import colloquial, learner
from bot.language.features import Floats, Ints
from bot.language.learner import Classifier
from bot.language.mixes import Mix, Parts, seen
from bot.language.scoring import Mask, Seen, score
from bot.language.similarity import Similarity

Policy = Literal["cautious", "balanced", "bold"]
FOLDS = 5  # of entries that are taken out
HALVES = 2  # of the sample that is held out
SAMPLE = 400  # phrases looked at: enough for the quantiles, and calibration stays quick
COPIES = 4  # of each phrase where there are few, or chance would set the thresholds
WARM_STEPS = 5  # from the whole solution: enough where entries are gone
HELD_OUT_STEPS = 20  # where their other phrases must learn to stand in
FLOOR = 1e-6
LEAST = 0.02  # a score too low to answer by, however few strangers a small library can imagine
FORMAL = 3.5  # by how much more of the strangers may pass where nearly all phrases are written as a clerk writes


@dataclass(frozen=True)
class Limits:
    """What may go wrong, as shares: direct answers to near misses, to new chit-chat, with the wrong entry."""

    near: float
    far: float
    wrong: float


POLICIES: dict[Policy, Limits] = {
    "cautious": Limits(near=0.02, far=0.02, wrong=0.06),
    "balanced": Limits(near=0.05, far=0.03, wrong=0.16),
    "bold": Limits(near=0.12, far=0.1, wrong=0.3),
}


SURE = Limits(near=0.012, far=0.01, wrong=0.015)
"""So little that the next, dearer look at a message is saved: it would nearly always come to the same."""


@dataclass(frozen=True)
class Thresholds:
    """Raw scores above which to answer, and above which to offer."""

    answer: float
    offer: float
    readings: tuple[float, float] = (0.3, 0.6)
    """What people read where offers begin, and where answers begin."""

    @classmethod
    def beyond(cls, sure: float) -> Thresholds:
        """For a score above ``sure``, which needs no second look."""
        return cls(answer=sure, offer=sure / 2, readings=(0.6, 0.8))

    def confidence(self, score: float) -> float:
        """A monotone reading of the score for people, the same for every library."""
        places = np.log([FLOOR, self.offer, self.answer, 1.0])
        return float(np.interp(np.log(max(score, FLOOR)), places, [0.0, *self.readings, 1.0]))


@dataclass(frozen=True)
class Evidence:
    """Best scores of phrases whose twin is not there (``right``: was it their entry?), of strangers, of chit-chat."""

    held_out: Floats
    right: Mask
    strangers: Floats
    generic: Floats
    formal: float = 0.0
    """Share of the phrases written as nobody would ask."""


def thresholds(evidence: Evidence, policy: Policy = "balanced") -> Thresholds:
    """The lowest answer threshold that keeps the policy's limits; offers begin above most of the chit-chat."""
    answer = answer_above(evidence, POLICIES[policy])
    offer = max(float(np.quantile(evidence.generic, 0.6)), 0.00015)
    return Thresholds(min(answer, 0.95), min(offer, answer / 4))


def answer_above(evidence: Evidence, limits: Limits) -> float:
    """The lowest score above which no more goes wrong than the limits allow."""
    # Copies of formal phrases stay formal, while who asks does not: real strangers come less near than these.
    near = limits.near * (1 + FORMAL * evidence.formal**4)
    return max(
        float(np.quantile(evidence.strangers, 1 - near)),
        float(np.quantile(evidence.generic, 1 - limits.far)),
        _wrong_below(evidence, limits.wrong),
        LEAST,
    )


def _wrong_below(evidence: Evidence, share: float) -> float:
    """The score above which no more than ``share`` of all held-out phrases are answered wrongly."""
    wrong = np.sort(evidence.held_out[~evidence.right])[::-1]
    allowed = int(share * len(evidence.held_out))
    return float(wrong[allowed]) if len(wrong) > allowed else 0.0


_NOBODY = np.zeros(1, dtype=np.float32)


class Trial:
    """Retrains without some phrases and looks at how those would be ranked.

    Strangers are taken as somebody else would type them, since formal phrasings of missing entries score higher than
    people's messages do; held-out phrases as they stand, since they have lost their nearest twin already.
    """

    def __init__(
        self, similarity: Similarity, mix: Mix, kept: Ints, parts: Parts, labels: Ints, whole: Classifier
    ) -> None:
        self.similarity, self.mix, self.kept, self.labels, self.whole = similarity, mix, kept, labels, whole
        self.rows = seen(parts, mix).only(kept).against(kept)
        self.classes = whole.dual.shape[1]
        self.own = np.flatnonzero(labels < self.classes - 1)
        chance = random.Random(11)
        order = list(self.own)
        chance.shuffle(order)
        order *= max(1, min(COPIES, SAMPLE // max(1, len(order))))
        self.sample = np.array(sorted(order[:SAMPLE]), dtype=np.int64)
        alike = colloquial.homophones(similarity.texts[i] for i in self.own)
        copies = [colloquial.noisy(similarity.texts[i], chance, alike, level=0.9) for i in self.sample]
        self.copies = seen(similarity.of(copies, mix), mix).against(kept)

    def without(self, out: Ints, texts: Seen, steps: int, forbidden: Ints | None = None) -> Floats:
        """Scores of ``texts`` by a classifier that never saw the rows ``out``."""
        left = np.setdiff1d(np.arange(len(self.labels)), out)
        trained = learner.train(
            self.rows.likeness[np.ix_(left, left)],
            self.labels[left],
            self.classes,
            start=self.whole.dual[left],
            steps=steps,
        )
        trained = replace(trained, temperature=self.whole.temperature)
        phrases = self.kept[np.setdiff1d(self.own, out)]
        unknown = self.similarity.unknown(phrases) if self.mix.meaning else None
        return score(trained, texts.against(left), self.labels[left], unknown=unknown, forbidden=forbidden)

    def evidence(self, chit_chat: Seen) -> Evidence:
        """``chit_chat``: generic messages against all rows."""
        unknown = self.similarity.unknown(self.kept[self.own]) if self.mix.meaning else None
        generic = chit_chat.against(self.kept)
        return Evidence(
            *self._held_out(),
            self._strangers(),
            score(self.whole, generic, self.labels, unknown=unknown).max(axis=1) if len(generic.likeness) else _NOBODY,
            colloquial.formal([self.similarity.texts[i] for i in self.own]),
        )

    def _held_out(self) -> tuple[Floats, Mask]:
        best, right = np.zeros(len(self.sample), dtype=np.float32), np.zeros(len(self.sample), dtype=np.bool_)
        several = np.bincount(self.labels)[self.labels[self.sample]] > 1
        for half in range(HALVES):
            mine = np.arange(half, len(self.sample), HALVES)
            if len(mine):
                scores = self.without(self.sample[mine], self.rows.only(self.sample[mine]), HELD_OUT_STEPS)
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
                scores.append(self.without(out, self.copies.only(mine), WARM_STEPS, removed).max(axis=1))
        return np.concatenate(scores)
