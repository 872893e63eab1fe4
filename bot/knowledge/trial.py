"""What stands behind `faq test`: the entries' own test phrases, and how well each phrase is found without its twin."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bot.knowledge.library import Library
from bot.language import learner
from bot.language.calibration import POLICIES, class_scores, thresholds
from bot.language.features import Floats, Ints

FOLDS = 6
PAIRS = 10
EXAMPLES = 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Confusion:
    """Phrases of ``entry`` that go to ``taken_for`` when they are not known yet."""

    entry: str
    taken_for: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Shares are of all phrases whose entry has another one; ``never`` lists entries none of whose phrases is found."""

    phrases: int
    first: float
    among_three: float
    confused: tuple[Confusion, ...]
    never: tuple[str, ...]
    failed: tuple[tuple[str, str, str], ...]  # (entry, test phrase, what it went to)
    tested: int
    policies: dict[str, dict[str, float]]


def report(library: Library, progress: Progress = lambda done, of: None) -> Report:
    """Cross-validated: every phrase is ranked by a matcher that was taught without it."""
    failed, tested = _own_tests(library)
    matcher = library.matcher
    kernel, labels = matcher.training_matrix()
    classes = len(matcher.ids) + 1
    own = np.flatnonzero(labels < classes - 1)
    several = own[np.bincount(labels)[labels[own]] > 1]
    ranked = np.zeros((len(several), min(3, classes - 1)), dtype=np.int64)
    for fold in range(FOLDS):
        mine = np.arange(fold, len(several), FOLDS)
        if len(mine) and classes > 2:
            ranked[mine] = _ranked(kernel, labels, several[mine], classes)
        progress(fold + 1, FOLDS)
    wanted = labels[several]
    right = ranked[:, 0] == wanted
    return Report(
        phrases=len(several),
        first=float(right.mean()) if len(several) else 0.0,
        among_three=float((ranked == wanted[:, None]).any(axis=1).mean()) if len(several) else 0.0,
        confused=_confused(library, several, ranked[:, 0], wanted),
        never=tuple(matcher.ids[n] for n in sorted(set(wanted) - set(wanted[right]))),
        failed=failed,
        tested=tested,
        policies=_policies(library),
    )


def _own_tests(library: Library) -> tuple[tuple[tuple[str, str, str], ...], int]:
    failed, tested = [], 0
    for entry in library.entries.values():
        for phrase in entry.tests:
            tested += 1
            ranking = library.match(phrase.text)
            if ranking.id != entry.id:
                first = ranking.candidates[0].id if ranking.candidates else "-"
                failed.append((entry.id, phrase.text, f"{ranking.decision}: {first}"))
    return tuple(failed), tested


def _ranked(kernel: Floats, labels: Ints, out: Ints, classes: int) -> Ints:
    kept = np.setdiff1d(np.arange(len(labels)), out)
    trained = learner.train(kernel[np.ix_(kept, kept)], labels[kept], classes)
    rows = kernel[np.ix_(out, kept)]
    scores = class_scores(trained.probabilities(rows), rows, labels[kept], classes)
    return np.argsort(-scores, axis=1)[:, : min(3, classes - 1)]


def _confused(library: Library, rows: Ints, got: Ints, wanted: Ints) -> tuple[Confusion, ...]:
    phrases: dict[tuple[int, int], list[str]] = defaultdict(list)
    for row, mistaken, right in zip(rows, got, wanted, strict=True):
        if mistaken != right:
            phrases[int(right), int(mistaken)].append(library.matcher.similarity.texts[row])
    ids = library.matcher.ids
    most = Counter({pair: len(texts) for pair, texts in phrases.items()}).most_common(PAIRS)
    return tuple(Confusion(ids[a], ids[b], tuple(phrases[a, b][:EXAMPLES])) for (a, b), _ in most)


def _policies(library: Library) -> dict[str, dict[str, float]]:
    """What each policy would do to held-out phrases and to strangers, as measured on this very library."""
    evidence = library.matcher.evidence
    if evidence is None:
        return {}
    result: dict[str, dict[str, float]] = {}
    for name in POLICIES:
        limit = thresholds(evidence, name).answer
        direct = evidence.held_out > limit
        result[name] = {
            "direct": float((direct & evidence.right).mean()),
            "wrong": float((direct & ~evidence.right).mean()),
            "false": float((evidence.strangers > limit).mean()),
        }
    return result
