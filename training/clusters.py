"""The paraphrase clusters, and words of every other subject that training must not move."""

from __future__ import annotations

import random
from pathlib import Path

import jieba

FOLDER = Path(__file__).with_name("clusters")


def load() -> list[list[str]]:
    """Every cluster as its texts."""
    lines = [line for path in sorted(FOLDER.glob("*.txt")) for line in path.read_text("utf-8").splitlines()]
    return [
        [text.strip() for text in line.split("|") if text.strip()] for line in lines if line.strip() and line[0] != "#"
    ]


def vocabulary() -> list[str]:
    """Usual Chinese words of every subject, from jieba's dictionary."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text("utf-8").splitlines()
    parts = (line.split(" ") for line in lines)
    return [word for word, count, *_ in parts if int(count) >= 50 and 2 <= len(word) <= 5]


def strange(words: list[str], size: int, chance: random.Random) -> list[str]:
    """Strings of words that have nothing to do with each other."""
    return ["".join(chance.sample(words, chance.randint(1, 4))) for _ in range(size)]
