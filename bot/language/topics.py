"""What accounts of this kind are asked about, as vectors of meaning: where no entry is about it, a known unknown."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.language.features import Floats
from bot.language.four_bits import unpack

FILE = Path(__file__).with_name("topics.npz")
ABOUT = 0.6  # likeness from which a phrase is about a topic


@lru_cache(maxsize=1)
def vectors(encoder: str) -> Floats:
    """A row for each topic, as the encoder of this name has them; none for another encoder."""
    with np.load(FILE, allow_pickle=False) as saved:
        if str(saved["encoder"]) != encoder:
            return np.zeros((0, 512), dtype=np.float32)
        return unpack(saved["codes"], saved["scale"], tuple(saved["shape"]))
