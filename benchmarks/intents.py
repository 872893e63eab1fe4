"""Intents of the shared utterances, cross-validated: ours, full and lite, beside LinearSVC on words and characters."""

from __future__ import annotations

import argparse
import json

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC

from benchmarks.tables import table, write
from benchmarks.understanding import SHARED
from bot.language import encoder
from bot.language.encoder import Encoder
from bot.language.matcher import Matcher
from bot.language.phrases import Phrases
from bot.language.text import normalise

FOLDS = 5
SEEDS = (0, 1, 2)


def utterances() -> tuple[np.ndarray, np.ndarray]:
    """(texts, intents)."""
    lines = (SHARED / "data" / "utterances.jsonl").read_text("utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    return np.array([one["text"] for one in read]), np.array([one["intent"] for one in read])


def by_matcher(loaded: Encoder | None, known: np.ndarray, intents: np.ndarray, asked: np.ndarray) -> list[str]:
    matcher = Matcher(Phrases(list(zip(intents, known, strict=True))), loaded)
    ranked = [matcher.rank(text).candidates for text in asked]
    return [candidates[0].id if candidates else "" for candidates in ranked]


def by_svc(known: np.ndarray, intents: np.ndarray, asked: np.ndarray) -> list[str]:
    words = TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    model = make_pipeline(FeatureUnion([("words", words), ("characters", characters)]), LinearSVC())
    model.fit([normalise(text) for text in known], intents)
    return list(model.predict([normalise(text) for text in asked]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    options = parser.parse_args()
    texts, intents = utterances()
    right: dict[str, list[float]] = {"LinearSVC": [], "Qingsheng lite": [], "Qingsheng full": []}
    for seed in SEEDS:
        for rows, out in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(texts, intents):
            known, asked, wanted = (texts[rows], intents[rows]), texts[out], intents[out]
            right["LinearSVC"].append(float(np.mean(by_svc(*known, asked) == wanted)))
            right["Qingsheng lite"].append(float(np.mean(by_matcher(None, *known, asked) == wanted)))
            right["Qingsheng full"].append(float(np.mean(by_matcher(encoder.load(), *known, asked) == wanted)))
    found = table(["", "right, %"], {name: [f"{100 * np.mean(shares):.1f}"] for name, shares in right.items()})
    print(found)
    if options.write:
        write("intents", found)


if __name__ == "__main__":
    main()
