"""Distils from the taught encoder the vectors of words that stand in for it where it is not installed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import jieba
import numpy as np

from bot.language import word_vectors
from bot.language.encoder import SentenceEncoder
from bot.language.features import Floats
from bot.language.four_bits import pack
from bot.language.text import normalise
from bot.language.tokens import Tokenizer
from training import clusters

WORDS = 22_000
DIMENSIONS = 96
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


def main() -> None:
    encoder = SentenceEncoder()
    groups = [[normalise(text) for text in group] for group in clusters.load()]
    words = vocabulary(groups)
    codes, scale = pack(reduced(encoder.encode(words)))
    np.savez_compressed(word_vectors.FILE, words=np.array("\n".join(words)), codes=codes, scale=scale)
    print(f"{word_vectors.FILE}: {word_vectors.FILE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
