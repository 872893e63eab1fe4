"""What stands behind `faq test`: the entries' own test phrases, and how well each phrase is found without its twin."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.library import Library
from bot.language import learner
from bot.language.calibration import POLICIES, thresholds
from bot.language.features import Floats, Ints
from bot.language.scoring import Seen, score

FOLDS = 6
PAIRS = 10
EXAMPLES = 3
MOST = 2_000  # phrases tried in a library that is not taught
NEAREST = 50  # phrases among which the first three entries are looked for
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Confusion:
    """Phrases of ``entry`` that go to ``taken_for`` when they are not known, and its phrase that draws each there."""

    entry: str
    taken_for: str
    count: int
    phrases: tuple[str, ...]
    drawn_by: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Shares are of the ``phrases`` whose entry has another one; ``never`` lists entries none of whose phrases is
    found, ``single`` those with one phrase, which cannot be tried."""

    phrases: int
    first: float
    among_three: float
    confused: tuple[Confusion, ...]
    never: tuple[str, ...]
    single: tuple[str, ...]
    failed: tuple[tuple[str, str, str], ...]  # (entry, test phrase, what it went to)
    tested: int
    policies: dict[str, dict[str, float]]


def report(library: Library, progress: Progress = lambda done, of: None) -> Report:
    """Cross-validated: every phrase is ranked by a matcher that was taught without it."""
    failed, tested = _own_tests(library)
    matcher = library.matcher
    sizes = Counter(id for id, _ in _phrases(library))
    held_out = _by_nearest(library, progress) if matcher.evidence is None else _by_training(library, progress)
    right = np.array([one.ranked[0] == one.entry for one in held_out], dtype=bool)
    among = np.array([one.entry in one.ranked for one in held_out], dtype=bool)
    tried = {one.entry for one in held_out}
    found = {one.entry for one, first in zip(held_out, right, strict=True) if first}
    return Report(
        phrases=len(held_out),
        first=float(right.mean()) if len(held_out) else 0.0,
        among_three=float(among.mean()) if len(held_out) else 0.0,
        confused=_confused([one for one, first in zip(held_out, right, strict=True) if not first]),
        never=tuple(id for id in matcher.ids if id in tried - found),
        single=tuple(id for id in matcher.ids if sizes[id] == 1),
        failed=failed,
        tested=tested,
        policies=_policies(library),
    )


@dataclass(frozen=True)
class _HeldOut:
    """A phrase, the entries that would be tried first without it, and the phrase of the first that is most like it."""

    entry: str
    phrase: str
    ranked: tuple[str, ...]
    drawn_by: str


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


def _phrases(library: Library) -> list[tuple[str, str]]:
    """(entry, phrase as it is written) in the order of the matcher's rows, which hold each rewritten form once."""
    written: dict[tuple[str, str], str] = {}
    for id, phrase in library.matcher.phrases.asks:
        written.setdefault((id, library.matcher.rewrite(phrase)), phrase)
    return [(id, phrase) for (id, core), phrase in written.items() if core]


def _by_training(library: Library, progress: Progress) -> list[_HeldOut]:
    """Taught anew for each fold, without its phrases."""
    phrases, ids = _phrases(library), library.matcher.ids
    kernel, labels = library.matcher.training_matrix()
    classes = len(ids) + 1
    own = np.flatnonzero(labels < classes - 1)
    several = own[np.bincount(labels)[labels[own]] > 1]
    held_out = []
    for fold in range(FOLDS):
        mine = several[fold::FOLDS]
        if len(mine):
            for row, ranked in zip(mine, _ranked(kernel, labels, mine, classes), strict=True):
                near = np.where(labels == ranked[0], kernel[row], -1.0)[: len(phrases)]
                near[row] = -1.0
                held_out.append(_one(phrases, int(row), [ids[n] for n in ranked], near))
        progress(fold + 1, FOLDS)
    return held_out


def _ranked(kernel: Floats, labels: Ints, out: Ints, classes: int) -> Ints:
    kept = np.setdiff1d(np.arange(len(labels)), out)
    trained = learner.train(kernel[np.ix_(kept, kept)], labels[kept], classes)
    scores = score(trained, Seen(kernel[np.ix_(out, kept)]), labels[kept])
    return np.argsort(-scores, axis=1)[:, : min(3, classes - 1)]


def _by_nearest(library: Library, progress: Progress) -> list[_HeldOut]:
    """A library that is not taught (a single entry, or too many phrases) ranks entries by their nearest phrase."""
    phrases, matcher = _phrases(library), library.matcher
    tried = _some(Counter(id for id, _ in phrases))
    rows = [row for row, (id, _) in enumerate(phrases) if id in tried]
    held_out = []
    for done, row in enumerate(rows, start=1):
        near = matcher.similarity.look(matcher.similarity.texts[row]).likeness(matcher.mix)[: len(phrases)].copy()
        near[row] = -1.0
        ranked = dict.fromkeys(phrases[int(n)][0] for n in np.argsort(-near)[:NEAREST])
        held_out.append(_one(phrases, row, list(ranked)[:3], near))
        progress(done, len(rows))
    return held_out


def _some(sizes: Counter[str]) -> set[str]:
    """Entries with more than one phrase, all of them or as many at random as can be tried in a minute or two."""
    several = [id for id, size in sizes.items() if size > 1]
    random.Random(5).shuffle(several)
    tried = itertools.accumulate(sizes[id] for id in several)
    return {id for id, phrases in zip(several, tried, strict=True) if phrases <= MOST or id == several[0]}


def _one(phrases: Sequence[tuple[str, str]], row: int, ranked: Sequence[str], near: Floats) -> _HeldOut:
    entry, phrase = phrases[row]
    return _HeldOut(entry, phrase, tuple(ranked), phrases[int(np.argmax(near))][1])


def _confused(wrong: Sequence[_HeldOut]) -> tuple[Confusion, ...]:
    pairs: dict[tuple[str, str], list[_HeldOut]] = defaultdict(list)
    for one in wrong:
        pairs[one.entry, one.ranked[0]].append(one)
    most = sorted(pairs.items(), key=lambda pair: -len(pair[1]))[:PAIRS]
    return tuple(
        Confusion(
            entry,
            taken_for,
            len(ones),
            tuple(one.phrase for one in ones[:EXAMPLES]),
            tuple(one.drawn_by for one in ones[:EXAMPLES]),
        )
        for (entry, taken_for), ones in most
    )


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
