"""Thresholds from the phrases alone: how high do strangers score, and how high do held-out phrases?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.language import learner
from bot.language.features import Floats, Ints
from bot.language.learner import Classifier

FOLDS = 5
WARM_STEPS = 10  # from the whole solution; 40 cold ones give the same quantiles at four times the cost
FLOOR = 1e-6


@dataclass(frozen=True)
class Thresholds:
    """Raw scores above which to answer, and above which to offer."""

    answer: float
    offer: float

    def confidence(self, score: float) -> float:
        """A monotone reading of the score for people: 0.6 is where answers begin, 0.3 where offers begin."""
        places = np.log([FLOOR, self.offer, self.answer, 1.0])
        return float(np.interp(np.log(max(score, FLOOR)), places, [0.0, 0.3, 0.6, 1.0]))


def class_scores(probabilities: Floats, kernel: Floats, labels: Ints, classes: int) -> Floats:
    """Probability times the nearest phrase's similarity, for every class but the last (NONE)."""
    nearest = np.zeros((len(kernel), classes - 1), dtype=np.float32)
    known = labels < classes - 1
    np.maximum.at(nearest.T, labels[known], kernel[:, known].T)
    return np.asarray(probabilities[:, : classes - 1] * nearest, dtype=np.float32)


def stranger_scores(kernel: Floats, labels: Ints, classes: int, whole: Classifier) -> Floats:
    """Best scores of phrases whose whole entry was taken out: what a near miss would get."""
    order = np.random.default_rng(0).permutation(classes - 1)
    scores = []
    for fold in range(min(FOLDS, classes - 1)):
        removed = order[fold::FOLDS]
        out = np.isin(labels, removed)
        kept = np.flatnonzero(~out)
        trained = learner.train(
            kernel[np.ix_(kept, kept)], labels[kept], classes, start=whole.dual[kept], steps=WARM_STEPS
        )
        rows = kernel[np.ix_(np.flatnonzero(out), kept)]
        logits = trained.logits(rows)
        logits[:, removed] = -np.inf
        probabilities = learner.softmax(logits / learner.TEMPERATURE)
        scores.append(class_scores(probabilities, rows, labels[kept], classes).max(axis=1))
    return np.concatenate(scores)


def thresholds(strangers: Floats, generic: Floats) -> Thresholds:
    """Answer above what 10 % of the strangers reach; offer above half of them and nearly all generic messages."""
    answer = max(float(np.quantile(strangers, 0.9)), float(np.quantile(generic, 0.99)), 0.02)
    offer = min(max(float(np.quantile(strangers, 0.5)) / 4, float(np.quantile(generic, 0.8)), 0.002), answer / 2)
    return Thresholds(min(answer, 0.95), offer)


def generic_scores(kernel: Floats, labels: Ints, classes: int, whole: Classifier) -> Floats:
    """Best scores of generic messages that were not trained on: what chit-chat would get."""
    generic = np.flatnonzero(labels == classes - 1)
    scores = []
    for half in (0, 1):
        out = generic[half::2]
        kept = np.setdiff1d(np.arange(len(labels)), out)
        trained = learner.train(
            kernel[np.ix_(kept, kept)], labels[kept], classes, start=whole.dual[kept], steps=WARM_STEPS
        )
        rows = kernel[np.ix_(out, kept)]
        scores.append(class_scores(trained.probabilities(rows), rows, labels[kept], classes).max(axis=1))
    return np.concatenate(scores)
