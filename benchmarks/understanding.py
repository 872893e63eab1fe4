"""How well messages are understood: the metrics of docs/understanding.md on the public tasks, lite and full."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

from bot.language import encoder as encoders
from bot.language.calibration import POLICIES
from bot.language.matcher import Matcher, Ranking
from bot.language.phrases import Phrases

OWN = Path(__file__).with_name("questions")
SHARED = Path(os.environ.get("BOT_SHARED", Path(__file__).resolve().parent.parent.parent / "shared"))
GENERAL = ("bank", "covid", "open", "crosswoz")
TASKS = (*GENERAL, "volunteer", "development", "final")
DIRECT = {"answer", "intent"}


def load(name: str) -> tuple[Phrases, list[tuple[str, str]], list[tuple[str, str]]]:
    """(phrases, (query, id), (out-of-scope message, near|far))."""
    own = OWN / f"{name}.json"
    task = json.loads((own if own.exists() else SHARED / "data" / "faq" / f"{name}.json").read_text("utf-8"))
    phrases = Phrases([(entry["id"], variant) for entry in task["faqs"] for variant in entry["variants"]])
    return phrases, [(q["text"], q["faq"]) for q in task["queries"]], [(o["text"], o["kind"]) for o in task["oos"]]


def auc(high: list[float], low: list[float]) -> float:
    """The chance that a question in scope scores above one that is not; ties count half."""
    if not high or not low:
        return float("nan")
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")
    return float(below.mean() / 2 / len(low)) * 100


def score(asked: list[tuple[Ranking, str]], strange: list[tuple[Ranking, str]]) -> dict[str, float]:
    """The metrics of one task, in per cent."""
    ids = [[c.id for c in r.candidates] for r, _ in asked]
    right = np.array([bool(c) and c[0] == want for c, (_, want) in zip(ids, asked, strict=True)])
    ranks = [1 / (c.index(want) + 1) if want in c else 0.0 for c, (_, want) in zip(ids, asked, strict=True)]
    confidence = np.array([r.confidence for r, _ in asked])
    limit = np.quantile([r.confidence for r, _ in strange], 0.95)
    direct = np.array([r.decision in DIRECT for r, _ in asked])
    offered = np.array([r.decision == "offer" and want in [c.id for c in r.candidates] for r, want in asked])
    result = {
        "top1": right.mean() * 100,
        "mrr3": float(np.mean(ranks)) * 100,
        "car5": (right & (confidence > limit)).mean() * 100,
        "served": ((right & direct) | offered).mean() * 100,
        "direct": (right & direct).mean() * 100,
        "wrong": (~right & direct).mean() * 100,
    }
    for kind in ("near", "far"):
        some = [r for r, k in strange if k == kind]
        result[f"auc_{kind}"] = auc(list(confidence), [r.confidence for r in some])
        result[f"false_{kind}"] = 100 * float(np.mean([r.decision in DIRECT for r in some])) if some else float("nan")
    return result


def policies(matcher: Matcher, asked: list[tuple[str, str]], strange: list[tuple[str, str]]) -> None:
    """What each policy would have done to one task."""
    for name in POLICIES:
        matcher.policy = name
        row = score([(matcher.rank(t), w) for t, w in asked], [(matcher.rank(t), k) for t, k in strange])
        kept = ("served", "direct", "wrong", "false_near", "false_far")
        print(f"  {name:10s}" + "".join(f"{key} {row[key]:5.1f}  " for key in kept))


def measure(name: str, encoder: encoders.Encoder | None, every_policy: bool = False) -> dict[str, float]:
    phrases, queries, strange = load(name)
    began = time.perf_counter()
    matcher = Matcher(phrases, encoder)
    built = time.perf_counter() - began
    taken = []
    asked, others = [], []
    for text, want in queries:
        began = time.perf_counter()
        asked.append((matcher.rank(text), want))
        taken.append((time.perf_counter() - began) * 1000)
    others = [(matcher.rank(text), kind) for text, kind in strange]
    speed = {"build_s": built, "p50_ms": float(np.median(taken)), "p99_ms": float(np.quantile(taken, 0.99))}
    result = score(asked, others) | speed
    if every_policy:
        print(name)
        policies(matcher, queries, strange)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lite", action="store_true", help="without the sentence encoder")
    parser.add_argument("--policies", action="store_true", help="each policy on each task")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    encoder = None if options.lite else encoders.load()
    rows = {name: measure(name, encoder, options.policies) for name in options.tasks.split(",")}
    if set(GENERAL) <= set(rows):
        rows = {"average": {k: float(np.nanmean([rows[n][k] for n in GENERAL])) for k in rows["bank"]}} | rows
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    print(f"{'full' if encoder else 'lite':10s}" + "".join(f"{k:>11s}" for k in next(iter(rows.values()))))
    for name, row in rows.items():
        print(f"{name:10s}" + "".join(f"{v:11.2f}" for v in row.values()))


if __name__ == "__main__":
    main()
