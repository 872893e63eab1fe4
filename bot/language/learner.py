"""Kernel softmax regression: teaches the index which phrases belong together, in well under a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.language.features import Floats, Ints

COST = 60.0  # how much a wrong phrase costs against a simple solution
BACKGROUND = 0.3  # of that: what a message of class NONE costs, for there are many of them
# (steps, temperature): below 1 decisions are sharper than the regularised training would make them. Where only spelling
# is compared they need it sharper still, and fewer steps learn it less by heart.
WITH_MEANING = (60, 0.85)
WITHOUT = (45, 0.5)


def softmax(logits: Floats) -> Floats:
    exp = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=-1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class Classifier:
    """``dual`` has a row per training text and a column per class; means centre the kernel of a new text."""

    dual: Floats
    column_means: Floats
    mean: float
    temperature: float = WITH_MEANING[1]

    def logits(self, kernel: Floats) -> Floats:
        """Class scores for rows of similarities to the training texts."""
        centred = kernel - kernel.mean(axis=-1, keepdims=True) - self.column_means + self.mean
        return np.asarray(centred @ self.dual, dtype=np.float32)

    def probabilities(self, kernel: Floats) -> Floats:
        return softmax(self.logits(kernel) / self.temperature)


def train(
    kernel: Floats, labels: Ints, classes: int, *, start: Floats | None = None, steps: int = WITH_MEANING[0]
) -> Classifier:
    """Nesterov's method on the dual of softmax regression; ``start`` continues from an earlier solution.

    The last of the ``classes`` is NONE.
    """
    size = len(kernel)
    column_means = kernel.mean(axis=0)
    mean = float(column_means.mean())
    centred = np.ascontiguousarray(kernel - column_means - column_means[:, None] + mean, dtype=np.float32)
    wanted = np.zeros((size, classes), dtype=np.float32)
    wanted[np.arange(size), labels] = 1.0
    costs = np.where(labels == classes - 1, COST * BACKGROUND, COST).astype(np.float32)[:, None]
    step = np.float32(1.0 / (0.5 * COST * _largest_eigenvalue(centred) + 1.0))
    dual = np.zeros((size, classes), dtype=np.float32) if start is None else start.copy()
    ahead, momentum = dual.copy(), 1.0
    for _ in range(steps):
        gradient = costs * (softmax(centred @ ahead) - wanted) + ahead
        moved = ahead - step * gradient
        faster = (1.0 + (1.0 + 4.0 * momentum * momentum) ** 0.5) / 2.0
        ahead = moved + np.float32((momentum - 1.0) / faster) * (moved - dual)
        dual, momentum = moved, faster
    return Classifier(dual, column_means, mean)


def _largest_eigenvalue(matrix: Floats) -> float:
    """By power iteration, a little over-estimated: the step must not be too long."""
    vector = np.random.default_rng(0).standard_normal(len(matrix)).astype(np.float32)
    for _ in range(8):
        vector = matrix @ vector
        vector /= max(float(np.linalg.norm(vector)), 1e-12)
    return 1.1 * float(np.linalg.norm(matrix @ vector))
