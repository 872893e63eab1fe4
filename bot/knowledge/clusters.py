"""Unanswered messages put together by what they ask, as YAML that an operator can paste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.knowledge.library import Library

LOOK_ALIKE = 0.5  # rapidfuzz ratio above which two unanswered messages ask the same
MEAN_ALIKE = 0.6  # cosine of their meanings, where the encoder is installed
SUGGEST = 0.3  # confidence above which an entry is suggested as the place for a phrase


@dataclass(frozen=True)
class Cluster:
    """Messages, most asked first; ``target`` is the entry they probably belong to, or empty for a new one."""

    texts: tuple[str, ...]
    count: int
    target: str


def cluster(gaps: Sequence[tuple[str, str]], library: Library) -> list[Cluster]:
    """Largest first. Messages that now find an answer are left out: somebody has already mended them."""
    counts: Counter[str] = Counter()
    chosen: dict[str, Counter[str]] = {}
    for text, entry in gaps:
        core = library.matcher.rewrite(text)
        if core and library.match(text).decision not in {"answer", "intent"}:
            counts[text.strip()] += 1
            if entry:
                chosen.setdefault(text.strip(), Counter())[entry] += 1
    left = [text for text, _ in counts.most_common()]
    found = []
    while left:
        seed, rest = left[0], left[1:]
        texts = [seed, *_same(seed, rest, library)]
        left = [text for text in rest if text not in set(texts)]
        found.append(Cluster(tuple(texts), sum(counts[t] for t in texts), _target(texts, chosen, library)))
    return sorted(found, key=lambda c: -c.count)


def _same(seed: str, rest: Sequence[str], library: Library) -> list[str]:
    """The texts that ask what ``seed`` asks."""
    if not rest:
        return []
    alike = process.cdist([seed], rest, scorer=fuzz.ratio)[0] / 100 >= LOOK_ALIKE
    if encoder := library.matcher.similarity.encoder:
        vectors = encoder.domain([seed, *rest])
        alike |= vectors[1:] @ vectors[0] >= MEAN_ALIKE
    return [text for text, same in zip(rest, alike, strict=True) if same]


def _target(texts: Sequence[str], chosen: dict[str, Counter[str]], library: Library) -> str:
    """What followers themselves chose counts most; else the likeliest entry if it is likely at all."""
    picked: Counter[str] = sum((chosen.get(text, Counter()) for text in texts), Counter())
    if picked:
        return picked.most_common(1)[0][0]
    best = [c for text in texts for c in library.match(text).candidates[:1]]
    top = max(best, key=lambda c: c.confidence, default=None)
    return top.id if top and top.confidence >= SUGGEST else ""


def as_yaml(found: Sequence[Cluster]) -> str:
    """Comments say how often and where to paste; each text is quoted so that it is YAML whatever it holds."""
    lines = [
        "# 没答上来的问题，按问的次数排列。把 ask 下面的句子贴到建议的条目里；没有建议的，补上 answer 成为新条目。",
        "entries:",
    ]
    if not found:
        return "# 没有没答上来的问题。\n"
    for number, one in enumerate(found, start=1):
        where = f"建议加到 {one.target}" if one.target else "可以新建一条"
        lines.append(f"  # 问了 {one.count} 次，{where}")
        lines.append(f"  - id: {one.target or f'new-{number}'}")
        lines.append("    ask:")
        lines += ["      - '" + " ".join(text.split()).replace("'", "''") + "'" for text in one.texts]
        lines.append("    answer: ''")
    return "\n".join(lines) + "\n"
