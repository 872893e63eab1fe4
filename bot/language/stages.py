"""The ways of looking at a message, the cheap one first: a mix of likenesses, what was taught on it, its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.language import calibration, learner
from bot.language.calibration import Evidence, Policy, Thresholds
from bot.language.features import Floats, Ints
from bot.language.learner import Classifier
from bot.language.mixes import LITE, Mix, Parts, mixed, seen
from bot.language.scoring import score
from bot.language.similarity import Look, Similarity


@dataclass(frozen=True)
class Stage:
    """``kept`` are the rows it was taught on: all phrases, and the generic messages unlike them; ``labels`` theirs."""

    mix: Mix
    classifier: Classifier
    kept: Ints
    labels: Ints
    evidence: Evidence

    def scores(self, look: Look) -> Floats:
        """Raw scores of every entry."""
        scores: Floats = score(self.classifier, look.seen(self.mix, self.kept), self.labels)[0]
        return scores

    def thresholds(self, policy: Policy) -> Thresholds:
        return calibration.thresholds(self.evidence, policy)

    @property
    def sure(self) -> float:
        """The score above which a closer look would change nothing."""
        return calibration.answer_above(self.evidence, calibration.SURE)


def taught(similarity: Similarity, labels: Ints, chit_chat: Sequence[str]) -> tuple[Stage, ...]:
    """A stage without meaning, and where there is an encoder one with it. Seconds for a thousand phrases.

    ``chit_chat``: generic messages that are no rows; what scores they get says where answers may begin.
    """
    mixes = [LITE] if similarity.meaning is None else [LITE, similarity.mix_by_subject()]
    parts, strange = similarity.among_rows(*mixes), similarity.of(chit_chat, *mixes)
    return tuple(_taught(similarity, mix, parts, strange, labels) for mix in mixes)


def _taught(similarity: Similarity, mix: Mix, parts: Parts, strange: Parts, labels: Ints) -> Stage:
    kernel, own = mixed(parts, mix), similarity.own
    usual = _usual(kernel[:own, :own])
    kept = np.concatenate([np.arange(own), own + _unlike(kernel[own:, :own], usual)])
    strangers = seen(strange, mix).only(_unlike(mixed(strange, mix)[:, :own], usual))
    kernel, labels = kernel[np.ix_(kept, kept)], labels[kept]
    steps, sharpness = learner.WITH_MEANING if mix.meaning else learner.WITHOUT
    classifier = replace(learner.train(kernel, labels, int(labels.max()) + 1, steps=steps), temperature=sharpness)
    evidence = calibration.Trial(similarity, mix, kept, parts, labels, classifier).evidence(strangers)
    return Stage(mix, classifier, kept, labels, evidence)


def _usual(among: Floats) -> float:
    """How like its nearest other phrase a phrase usually is."""
    others = among.copy()
    np.fill_diagonal(others, 0)
    return float(np.quantile(others.max(axis=1), 0.75))


def _unlike(to_phrases: Floats, usual: float) -> Ints:
    """The generic messages that are unlike every phrase: 谢谢 is no chit-chat where it is an entry."""
    return np.flatnonzero(to_phrases.max(axis=1, initial=0.0) <= usual)
