"""Words of abuse, masked before anything is published: a file that operators edit, read again when it changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.language.screening import plain
from bot.settings import Settings

NAME = "abuse.txt"
SHORTEST = 2
"""Of one character half the language is made."""


def words(settings: Settings) -> frozenset[str]:
    """One word a line, ``#`` begins a remark. No file: no words."""
    path = settings.faq_dir / NAME
    try:
        stat = path.stat()
    except OSError:
        return frozenset()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed_at: int, _size: int) -> frozenset[str]:
    lines = path.read_text("utf-8", "replace").splitlines()
    found = (plain(line.partition("#")[0]) for line in lines)
    return frozenset(word for word in found if len(word) >= SHORTEST)
