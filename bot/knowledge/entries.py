"""The shape of what operators write: entries, mistakes with their places, and a whole folder as read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Severity = Literal["error", "collision", "advice"]

MAX_ANSWER_BYTES = 2048  # WeChat's limit for one text reply
ENTRY_FIELDS = ("id", "ask", "answer", "intent", "keywords", "tests", "valid_until")
FILE_FIELDS = ("topic", "entries", "placeholders", "synonyms", "words", "stop_phrases")


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Mistake:
    """``error``: cannot be used at all; ``collision``: readable but must be mended; ``advice``: could be better."""

    place: Place
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.place}: {'建议：' if self.severity == 'advice' else ''}{self.message}"


@dataclass(frozen=True)
class Phrase:
    """One text with its place."""

    text: str
    place: Place = field(compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Entry:
    """Phrases, and either an ``answer`` or the name of a handler's ``intent``."""

    id: str
    topic: str
    ask: tuple[Phrase, ...]
    answer: str | None
    intent: str | None
    keywords: tuple[Phrase, ...]
    tests: tuple[Phrase, ...]
    valid_until: date | None
    place: Place = field(compare=False)
    answer_place: Place | None = field(default=None, compare=False)
    intent_place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Folder:
    """All files of a folder as read; usable when no mistake is an ``error``."""

    entries: tuple[Entry, ...] = ()
    flawed: tuple[Entry, ...] = ()  # with a mistake of shape: never used, but looked at for what else is wrong
    placeholders: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)  # of the placeholders
    synonyms: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    stop_phrases: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def refused(self) -> tuple[Mistake, ...]:
        """The mistakes that keep a folder from being put into use."""
        return tuple(m for m in self.mistakes if m.severity != "advice")
