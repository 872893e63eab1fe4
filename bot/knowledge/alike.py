"""Phrases nearly alike under two entries: the commonest reason for a wrong answer."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import fuzz, process

from bot.knowledge.entries import Folder, Mistake
from bot.language.phrases import Rewriter

NEAR = 82.0  # rapidfuzz ratio of rewritten phrases
MOST = 2_000  # phrases compared each with each


def nearly_same(folder: Folder) -> Iterator[Mistake]:
    """An advice for each pair, at the later phrase, with the score."""
    rewrite = Rewriter(folder.synonyms, folder.stop_phrases)
    phrases = [(entry, phrase, rewrite(phrase.text)) for entry in folder.entries for phrase in entry.ask][:MOST]
    texts = [text for _, _, text in phrases]
    if not texts:
        return
    scores = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=NEAR)
    for later, earlier in zip(*scores.nonzero(), strict=True):
        entry, phrase, text = phrases[later]
        other, before, same = phrases[earlier]
        if earlier < later and entry.id != other.id and text != same:
            score = scores[later, earlier] / 100
            message = (
                f"“{phrase}”与 {other.id} 的“{before}”（{before.place}）很像（{score:.2f}）；请确认归属，或改得更不同"
            )
            yield Mistake(phrase.place, message, "advice")
