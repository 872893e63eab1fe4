"""The paraphrase clusters that stand in this folder."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("clusters")


def load() -> list[list[str]]:
    """Every cluster as its texts."""
    lines = [line for path in sorted(FOLDER.glob("*.txt")) for line in path.read_text("utf-8").splitlines()]
    return [
        [text.strip() for text in line.split("|") if text.strip()] for line in lines if line.strip() and line[0] != "#"
    ]
