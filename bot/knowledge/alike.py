"""Phrases nearly alike under two entries: the commonest reason for a wrong answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rapidfuzz import fuzz, process

from bot.knowledge.entries import Folder, Mistake
from bot.language.phrases import Rewriter

NEAR = 82.0  # rapidfuzz ratio of rewritten phrases
MOST = 20_000  # phrases compared, within a few seconds; a folder with more is no longer read by people
_BLOCK = 500


def nearly_same(folder: Folder) -> Iterator[Mistake]:
    """An advice for each pair, at the later phrase, with the score."""
    rewrite = Rewriter(folder.synonyms, folder.stop_phrases)
    phrases = [(entry, phrase, rewrite(phrase.text)) for entry in folder.entries for phrase in entry.ask][:MOST]
    for one, two, score in _pairs([text for _, _, text in phrases]):
        earlier, later = sorted((one, two))
        (other, before, same), (entry, phrase, text) = phrases[earlier], phrases[later]
        if entry.id != other.id and text != same:
            message = (
                f"“{phrase}”与 {other.id} 的“{before}”（{before.place}）很像（{score:.2f}）；请确认归属，或改得更不同"
            )
            yield Mistake(phrase.place, message, "advice")


def _pairs(texts: list[str]) -> Iterator[tuple[int, int, float]]:
    """Each pair once. Texts of very different length cannot be alike, so each block meets its own lengths only."""
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    sizes = np.array([len(texts[number]) for number in order])
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        # A ratio of 0.82 needs the shorter to have at least 0.82 / 1.18 of the longer's length.
        first = int(np.searchsorted(sizes, sizes[start] * NEAR / (200 - NEAR)))
        others = order[first : start + len(block)]
        scores = process.cdist(
            [texts[n] for n in block], [texts[n] for n in others], scorer=fuzz.ratio, score_cutoff=NEAR
        )
        for row, column in zip(*scores.nonzero(), strict=True):
            if first + column < start + row:
                yield block[row], others[column], float(scores[row, column]) / 100
