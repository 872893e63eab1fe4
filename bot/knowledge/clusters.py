"""Unanswered messages put together by what they ask, as YAML that an operator can paste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.knowledge.entries import Entry
from bot.knowledge.gaps import Asked
from bot.knowledge.library import Library
from bot.language.features import Floats
from bot.language.masking import visible
from bot.language.text import normalise

LOOK_ALIKE = 0.5  # rapidfuzz ratio above which two unanswered messages ask the same
MEAN_ALIKE = 0.6  # cosine of their meanings, where the encoder is installed
SUGGEST = 0.3  # confidence above which an entry is suggested as the place for a phrase
MANY = 0.4  # of what was asked must be near an entry for it to be suggested
MOST = 5_000  # different texts looked at, the most asked first
BATCH = 256
SHOWN = 12  # texts of one cluster that are printed
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Cluster:
    """Messages, most asked first; ``target`` is the entry they probably belong to, or empty for a new one."""

    texts: tuple[str, ...]
    count: int
    target: str


@dataclass
class _Text:
    """One way of typing it (``said``, the most frequent), and what followers chose for it."""

    said: str
    core: str
    times: int = 0
    chosen: Counter[str] = field(default_factory=Counter)
    nearest: str = ""  # the likeliest entry, if it is likely at all


def cluster(
    asked: Sequence[Asked], library: Library, progress: Progress = lambda done, of: None
) -> tuple[list[Cluster], int]:
    """Largest first, and how many different texts were left out because there are too many.

    Messages that now find an answer are left out as well: somebody has already mended them.
    """
    every = sorted(_different(asked, library), key=lambda text: -text.times)
    steps = _Steps(progress, 2 * min(len(every), MOST))
    open_ones = [text for text in every[:MOST] if steps.done(1) and _is_open(text, library)]
    found = [_cluster(members) for members in _alike(open_ones, library, steps)]
    progress(steps.of, steps.of)
    return sorted(found, key=lambda c: -c.count), max(0, len(every) - MOST)


def _different(asked: Sequence[Asked], library: Library) -> list[_Text]:
    """Texts that differ in more than spaces and punctuation."""
    found: dict[str, _Text] = {}
    for one in asked:
        said = one_line(one.text)
        key = normalise(said).replace(" ", "")
        if not key:
            continue
        text = found.setdefault(key, _Text(said, library.matcher.rewrite(said)))
        text.times += one.times
        if one.chosen:
            text.chosen[one.chosen] += one.times
    return list(found.values())


def _is_open(text: _Text, library: Library) -> bool:
    ranking = library.match(text.said)
    if ranking.candidates and ranking.candidates[0].confidence >= SUGGEST:
        text.nearest = ranking.candidates[0].id
    return ranking.decision not in {"answer", "intent"}


def _alike(texts: Sequence[_Text], library: Library, steps: _Steps) -> Iterator[list[_Text]]:
    """The most asked text takes along all that ask the same and are not taken yet, then the next one."""
    cores = [text.core for text in texts]
    vectors = _vectors(cores, library, steps)
    free = np.ones(len(texts), dtype=bool)
    for start in range(0, len(texts), BATCH):
        block = _same(cores, vectors, start)
        for seed, row in enumerate(block, start=start):
            if free[seed]:
                members = np.flatnonzero(row & free)
                free[members] = False
                yield [texts[int(i)] for i in members]


def _vectors(cores: Sequence[str], library: Library, steps: _Steps) -> Floats | None:
    """The meaning of every text, each encoded once."""
    encoder = library.matcher.similarity.encoder
    if encoder is None or not cores:
        return None
    parts = []
    for start in range(0, len(cores), BATCH):
        parts.append(encoder.encode(cores[start : start + BATCH]))
        steps.done(len(parts[-1]))
    return np.concatenate(parts)


def _same(cores: Sequence[str], vectors: Floats | None, start: int) -> NDArray[np.bool_]:
    """For each text of the block that begins at ``start``: which of all texts ask what it asks?"""
    block = cores[start : start + BATCH]
    same: NDArray[np.bool_] = process.cdist(block, cores, scorer=fuzz.ratio, dtype=np.uint8) >= 100 * LOOK_ALIKE
    if vectors is not None:
        same |= vectors[start : start + BATCH] @ vectors.T >= MEAN_ALIKE
    same[np.arange(len(block)), start + np.arange(len(block))] = True
    return same


def _cluster(members: Sequence[_Text]) -> Cluster:
    count = sum(text.times for text in members)
    return Cluster(tuple(text.said for text in members), count, _target(members, count))


def _target(members: Sequence[_Text], count: int) -> str:
    """What followers themselves chose counts most; else the entry that many of the texts are near to."""
    picked: Counter[str] = sum((text.chosen for text in members), Counter())
    if picked:
        return picked.most_common(1)[0][0]
    near: Counter[str] = Counter()
    for text in members:
        near[text.nearest] += text.times
    entry, times = near.most_common(1)[0]
    return entry if times >= MANY * count else ""


class _Steps:
    """Work done so far, of a total known before."""

    def __init__(self, progress: Progress, of: int) -> None:
        self._progress, self.of, self._at = progress, of, 0

    def done(self, steps: int) -> bool:
        self._at += steps
        self._progress(min(self._at, self.of), self.of)
        return True


def one_line(text: str) -> str:
    """As it can stand in YAML: on one line, without what cannot be seen."""
    return " ".join(visible(text).split())


def as_yaml(found: Sequence[Cluster], entries: dict[str, Entry]) -> str:
    """Comments say how often and where to paste; each text is quoted so that it is YAML whatever it holds.

    Every id is new, so that the whole may also be saved as a file of its own once the answers are written.
    """
    lines = [
        "# 没答上来的问题，按问的次数排列。有建议条目的：把 ask 下面的句子剪贴到那一条的 ask 里，这里的就可以删掉。",
        "# 没有建议的：换一个好记的 id，写上 answer，贴到合适的文件里。改完运行 python -m bot faq check。",
        "entries:",
    ]
    number = 0
    for one in found:
        number += 1
        while f"new-{number}" in entries:
            number += 1
        lines.append(f"  # 问了 {one.count} 次，{_where(one.target, entries)}")
        lines += [f"  - id: new-{number}", "    ask:"]
        lines += ["      - '" + text.replace("'", "''") + "'" for text in one.texts[:SHOWN]]
        if len(one.texts) > SHOWN:
            lines.append(f"      # 还有 {len(one.texts) - SHOWN} 种差不多的说法")
        lines.append("    answer: ''")
    return "\n".join(lines) + "\n"


def _where(target: str, entries: dict[str, Entry]) -> str:
    if target not in entries:
        return "可以新建一条"
    entry = entries[target]
    return f"建议加到 {target}（{entry.place.file} 第 {entry.place.line} 行，“{one_line(str(entry.ask[0]))}”）"
