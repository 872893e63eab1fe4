"""What a matcher is built from, and the operators' rewriting of texts: synonyms and words that mean nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.language.text import normalise


@dataclass(frozen=True)
class Phrases:
    """Phrases with the id they lead to, and the words operators added."""

    asks: Sequence[tuple[str, str]]  # (id, phrase)
    keywords: Sequence[tuple[str, str]] = ()  # (id, keyword)
    intents: frozenset[str] = frozenset()  # ids that lead to a handler
    synonyms: Mapping[str, str] = field(default_factory=dict)  # what people say → what the phrases say
    stop: Sequence[str] = ()  # politeness that means nothing
    words: Sequence[str] = ()  # own words for jieba


class Rewriter:
    """One pass over a normalised text: synonyms replaced, stop phrases dropped if anything remains."""

    def __init__(self, synonyms: Mapping[str, str], stop: Sequence[str]) -> None:
        self._meant = {said: normalise(meant) for raw, meant in synonyms.items() if (said := normalise(raw))}
        dropped = sorted({text for raw in stop if (text := normalise(raw))}, key=len, reverse=True)
        longest = sorted(self._meant, key=len, reverse=True)
        self._synonym = re.compile("|".join(map(re.escape, longest))) if longest else None
        self._stop = re.compile("|".join(map(re.escape, dropped))) if dropped else None

    def __call__(self, text: str) -> str:
        """The form that is compared."""
        text = normalise(text)
        if self._stop:
            text = " ".join(self._stop.sub(" ", text).split()) or text
        if self._synonym:
            text = self._synonym.sub(lambda found: self._meant[found.group()], text)
        return text
