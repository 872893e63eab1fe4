"""How well and how fast messages find their entry: ours beside rank_bm25, bm25s, rapidfuzz and scikit-learn."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import bm25s
import jieba
import matplotlib
import numpy as np
from rank_bm25 import BM25Okapi
from rapidfuzz import fuzz, process
from rich.progress import track
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline

from benchmarks.tables import table, write
from benchmarks.understanding import GENERAL, load
from bot.language import colloquial, encoder
from bot.language.blas import at_full_speed, calm
from bot.language.encoder import Encoder
from bot.language.matcher import Matcher
from bot.language.phrases import Phrases
from bot.language.text import normalise
from training import clusters

matplotlib.use("Agg")
from matplotlib import pyplot

PLOT = Path(__file__).with_name("matching.png")
SIZES = (1_000, 10_000, 100_000)  # phrases
PHRASES = 5  # of an entry
ASKED = 300  # messages timed for each size
TASKS = (*GENERAL, "volunteer", "final")

Scores = Callable[[str], np.ndarray]
"""From a message to a score for each entry."""
Peer = Callable[[Sequence[str], Sequence[int]], Scores]
"""From phrases and their entries' numbers to that."""


def best_of(scores: np.ndarray, entries: np.ndarray) -> np.ndarray:
    """The best phrase of each entry."""
    best = np.zeros(int(entries.max()) + 1)
    np.maximum.at(best, entries, scores)
    return best


def by_rank_bm25(phrases: Sequence[str], entries: Sequence[int]) -> Scores:
    index, numbers = BM25Okapi([jieba.lcut(text) for text in phrases]), np.array(entries)
    return lambda text: best_of(index.get_scores(jieba.lcut(text)), numbers)


def by_bm25s(phrases: Sequence[str], entries: Sequence[int]) -> Scores:
    index, numbers = bm25s.BM25(), np.array(entries)
    index.index([jieba.lcut(text) for text in phrases], show_progress=False)

    def scores(text: str) -> np.ndarray:
        known = [word for word in jieba.lcut(text) if word in index.vocab_dict]
        return best_of(index.get_scores(known), numbers) if known else np.zeros(numbers.max() + 1)

    return scores


def by_rapidfuzz(phrases: Sequence[str], entries: Sequence[int]) -> Scores:
    known, numbers = list(phrases), np.array(entries)
    return lambda text: best_of(process.cdist([text], known, scorer=fuzz.ratio)[0], numbers)


def _features() -> FeatureUnion:
    words = TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    return FeatureUnion([("words", words), ("characters", characters)])


def by_tfidf(phrases: Sequence[str], entries: Sequence[int]) -> Scores:
    features, numbers = _features(), np.array(entries)
    matrix = features.fit_transform(phrases)
    return lambda text: best_of((matrix @ features.transform([text]).T).toarray().ravel(), numbers)


def by_regression(phrases: Sequence[str], entries: Sequence[int]) -> Scores:
    model = make_pipeline(_features(), LogisticRegression(C=30.0, max_iter=200))
    model.fit(phrases, entries)
    return lambda text: model.predict_proba([text])[0]


def ours(loaded: Encoder | None) -> Peer:
    def peer(phrases: Sequence[str], entries: Sequence[int]) -> Scores:
        with at_full_speed():
            matcher = Matcher(
                Phrases([(str(entry), text) for entry, text in zip(entries, phrases, strict=True)]), loaded
            )

        size = max(entries) + 1

        def scores(text: str) -> np.ndarray:
            found = np.zeros(size)
            for candidate in matcher.rank(text).candidates:
                found[int(candidate.id)] = candidate.confidence
            return found

        return scores

    return peer


PEERS: dict[str, Peer] = {
    "rank_bm25": by_rank_bm25,
    "bm25s": by_bm25s,
    "rapidfuzz ratio": by_rapidfuzz,
    "scikit-learn TF-IDF": by_tfidf,
    "scikit-learn logistic regression": by_regression,
    "Qingsheng lite": ours(None),
    "Qingsheng full": ours(encoder.load()),
}
SLOW = {"scikit-learn logistic regression": 1_000, "Qingsheng full": 1_000}  # the largest index they are asked to build


def quality(peer: Peer, name: str) -> dict[str, float]:
    """top-1, MRR@3 and CAR5 of one task, in per cent."""
    phrases, asked, strange = load(name)
    ids = {id: number for number, id in enumerate(dict.fromkeys(id for id, _ in phrases.asks))}
    score = peer([normalise(text) or "?" for _, text in phrases.asks], [ids[id] for id, _ in phrases.asks])
    found = [score(normalise(text) or "?") for text, _ in asked]
    limit = np.quantile([score(normalise(text) or "?").max() for text, _ in strange], 0.95)
    orders = [np.argsort(-scores, kind="stable")[:3] for scores in found]
    wanted = [ids[want] for _, want in asked]
    right = np.array([order[0] == want for order, want in zip(orders, wanted, strict=True)])
    ranks = [
        1 / (list(order).index(want) + 1) if want in order else 0.0 for order, want in zip(orders, wanted, strict=True)
    ]
    sure = np.array([scores.max() > limit for scores in found])
    return {"top1": right.mean() * 100, "mrr3": np.mean(ranks) * 100, "car5": (right & sure).mean() * 100}


def library(size: int) -> tuple[list[str], list[int], list[str]]:
    """(phrases, their entries, messages): five texts of a training cluster to an entry, then halves of such texts."""
    chance = random.Random(1)
    groups = [group for group in clusters.load() if len(group) >= PHRASES]
    chance.shuffle(groups)
    known = [(number, normalise(text)) for number, group in enumerate(groups) for text in chance.sample(group, PHRASES)]
    made, at = known[:size], len(groups)
    while len(made) < size:
        (_, first), (_, second) = chance.choice(known), chance.choice(known)
        made.append((at + len(made) // PHRASES, first[: chance.randint(4, 12)] + second[: chance.randint(3, 10)]))
    alike = colloquial.homophones(text for _, text in known[:5_000])
    messages = [colloquial.noisy(chance.choice(made)[1], chance, alike, level=0.9) for _ in range(ASKED)]
    order = {entry: number for number, entry in enumerate(dict.fromkeys(entry for entry, _ in made))}
    return [text for _, text in made], [order[entry] for entry, _ in made], messages


def speed(peer: Peer, size: int) -> tuple[float, float, float]:
    """(seconds to build, p50 ms, p99 ms)."""
    phrases, entries, messages = library(size)
    began = time.perf_counter()
    score = peer(phrases, entries)
    built = time.perf_counter() - began
    taken = []
    for text in messages:
        began = time.perf_counter()
        score(normalise(text))
        taken.append((time.perf_counter() - began) * 1000)
    kept = taken[20:]
    return built, float(np.median(kept)), float(np.quantile(kept, 0.99))


def plot(points: dict[str, tuple[float, float]]) -> None:
    """Top-1 over the time of a message; further up and further left is better."""
    figure, axes = pyplot.subplots(figsize=(7, 4.2))
    for name, (milliseconds, top) in points.items():
        ours_too = name.startswith("Qingsheng")
        axes.scatter(milliseconds, top, s=70 if ours_too else 40, color="#16a085" if ours_too else "#7f8c8d")
        left = milliseconds > 0.9 and not ours_too  # of the point, where the right has no room
        place = {"xytext": (-6 if left else 6, 5), "ha": "right" if left else "left"}
        axes.annotate(name, (milliseconds, top), textcoords="offset points", fontsize=9, **place)
    axes.set_xscale("log")
    axes.set_xlabel("p50 of a message at 1,000 phrases, ms (log)")
    axes.set_ylabel("top-1, average of four public tasks, %")
    axes.margins(x=0.25, y=0.12)
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(PLOT, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md, with the plot")
    options = parser.parse_args()
    calm()
    jieba.initialize()
    good: dict[str, list[object]] = {}
    fast: dict[str, list[object]] = {}
    points = {}
    for name in track(PEERS, description="peers"):
        found = {task: quality(PEERS[name], task) for task in TASKS}
        top, mrr, car = (float(np.mean([found[task][key] for task in GENERAL])) for key in ("top1", "mrr3", "car5"))
        good[name] = [f"{top:.1f}", f"{mrr:.1f}", f"{car:.1f}"]
        good[name] += [f"{found[task]['top1']:.1f}" for task in ("volunteer", "final")]
        fast[name] = []
        for size in SIZES:
            if size > SLOW.get(name, SIZES[-1]):
                fast[name].append("–")
                continue
            built, middle, slow = speed(PEERS[name], size)
            fast[name].append(f"{middle:.2f} / {slow:.2f} ({built:.1f} s)")
            if size == SIZES[0]:
                points[name] = (middle, top)
    better = table(["matcher", "top-1", "MRR@3", "CAR5", "volunteer top-1", "own questions top-1"], good)
    faster = table(["p50 / p99 ms (build)", *(f"{size:,} phrases" for size in SIZES)], fast)
    print(f"{better}\n\n{faster}")
    if options.write:
        plot(points)
        write("matching", f"{better}\n\n{faster}\n\n![top-1 over the time of a message](matching.png)")


if __name__ == "__main__":
    main()
