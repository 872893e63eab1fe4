"""The paraphrase clusters that stand in this folder."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("clusters")
AT_LARGE = ("general-", "everyday")  # how the files begin that are about the world at large


def load() -> list[list[str]]:
    """Every cluster as its texts."""
    return [[text.strip() for text in line.split("|") if text.strip()] for _, line in _lines()]


def at_large() -> frozenset[int]:
    """The numbers, among all, of the clusters that are not about this account's world."""
    return frozenset(number for number, (name, _) in enumerate(_lines()) if name.startswith(AT_LARGE))


def _lines() -> list[tuple[str, str]]:
    """(name of the file, line)."""
    found = [
        (path.name, line) for path in sorted(FOLDER.glob("*.txt")) for line in path.read_text("utf-8").splitlines()
    ]
    return [(name, line) for name, line in found if line.strip() and line[0] != "#"]
