"""From likenesses to a score for every entry: is it the likeliest, is it near, and is nothing else asked?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bot.language import learner
from bot.language.features import Floats, Ints
from bot.language.learner import Classifier

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
SOFTNESS = 0.08  # of the comparison between the phrases and the topics that no entry is about


@dataclass(frozen=True)
class Seen:
    """Some texts against the rows a classifier was taught on; a matrix row for each text.

    ``meaning`` (without the other likenesses) and ``topics`` are there where there is an encoder.
    """

    likeness: Floats
    meaning: Floats | None = None
    topics: Floats | None = None

    def only(self, texts: Ints) -> Seen:
        return Seen(self.likeness[texts], _take(self.meaning, texts), _take(self.topics, texts))

    def against(self, rows: Ints) -> Seen:
        return replace(self, likeness=self.likeness[:, rows], meaning=_columns(self.meaning, rows))


def score(
    classifier: Classifier, seen: Seen, labels: Ints, *, unknown: Mask | None = None, forbidden: Ints | None = None
) -> Floats:
    """Texts × entries. ``labels`` are the rows' entries, the last class being NONE; ``unknown`` says which topics no
    entry is about (all, if not given); ``forbidden`` entries are not there.

    Probability × likeness of the entry's nearest phrase × how much nearer the text is in meaning to any phrase than to
    a topic which this library has no entry for: a question about one of those must not be answered with its neighbour.
    """
    logits = classifier.logits(seen.likeness)
    if forbidden is not None:
        logits[:, forbidden] = -np.inf
    classes = classifier.dual.shape[1]
    probabilities = learner.softmax(logits / classifier.temperature)[:, : classes - 1]
    scores = probabilities * _nearest(seen.likeness, labels, classes)
    if seen.topics is not None and seen.meaning is not None and seen.topics.shape[1]:
        topics = seen.topics if unknown is None else seen.topics[:, unknown]
        apart = seen.meaning[:, labels < classes - 1].max(axis=1, initial=-1.0) - topics.max(axis=1, initial=-1.0)
        scores /= 1 + np.exp(-apart / SOFTNESS)[:, None]
    return np.asarray(scores, dtype=np.float32)


def _nearest(likeness: Floats, labels: Ints, classes: int) -> Floats:
    """The greatest likeness to a phrase of each entry."""
    nearest = np.zeros((len(likeness), classes - 1), dtype=np.float32)
    known = labels < classes - 1
    np.maximum.at(nearest.T, labels[known], likeness[:, known].T)
    return nearest


def _take(matrix: Floats | None, rows: Ints) -> Floats | None:
    return None if matrix is None else matrix[rows]


def _columns(matrix: Floats | None, columns: Ints) -> Floats | None:
    return None if matrix is None else matrix[:, columns]
