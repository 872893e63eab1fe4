"""Distils the vectors of words from the taught encoder, and from the clusters which characters follow each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import jieba
import numpy as np

from bot.language import bigrams, word_vectors
from bot.language.encoder import SentenceEncoder
from bot.language.features import Floats
from bot.language.four_bits import pack
from bot.language.text import normalise
from bot.language.tokens import Tokenizer
from training import clusters

WORDS = 20_000
DIMENSIONS = 96
SEEN = 2  # times a pair of characters must have been
FLATTEN = 0.5  # exponent: how far the strongest directions are taken back, so that the others count


def vocabulary(groups: list[list[str]]) -> list[str]:
    """The words of the clusters, then the usual characters and words of Chinese, most frequent first."""
    tokenizer = Tokenizer()
    ours = Counter(word for group in groups for text in group for word in tokenizer.words(text))
    lines = Path(jieba.__file__).with_name("dict.txt").read_text("utf-8").splitlines()
    counted = sorted(((int(count), word) for word, count, *_ in (line.split(" ") for line in lines)), reverse=True)
    characters = [word for _, word in counted if len(word) == 1][:4_000]
    usual = [word for _, word in counted if len(word) <= 4]
    wanted = [*(word for word, count in ours.most_common() if count > 1), *characters, *usual]
    return list(dict.fromkeys(wanted))[:WORDS]


def reduced(vectors: Floats) -> Floats:
    """The strongest directions of what sets words apart."""
    centred = vectors - vectors.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred[: WORDS // 2], full_matrices=False)
    kept = centred @ directions[:DIMENSIONS].T
    return np.asarray(kept * (strengths[:DIMENSIONS] / strengths[0]) ** -FLATTEN, dtype=np.float32)


def followers(groups: list[list[str]]) -> dict[str, list[tuple[str, int]]]:
    """Character → which ones come after it and how often."""
    counts = Counter(pair for group in groups for text in group for pair in bigrams.pairs(text))
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (first, second), count in sorted(counts.items()):
        if count >= SEEN:
            found[first].append((second, count))
    return found


def main() -> None:
    encoder = SentenceEncoder()
    groups = [[normalise(text) for text in group] for group in clusters.load()]
    words = vocabulary(groups)
    codes, scale = pack(reduced(encoder.encode(words)))
    np.savez_compressed(word_vectors.FILE, words=np.array("\n".join(words).encode()), codes=codes, scale=scale)
    after = followers(groups)
    lines = "\n".join(first + "".join(second for second, _ in seconds) for first, seconds in after.items())
    counts = np.array([count for seconds in after.values() for _, count in seconds], dtype=np.uint16)
    np.savez_compressed(bigrams.FILE, pairs=np.array(lines.encode()), counts=counts)
    for file in (word_vectors.FILE, bigrams.FILE):
        print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
