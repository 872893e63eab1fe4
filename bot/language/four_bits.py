"""Matrices in 4 bits per number with one scale per column: weights small enough to ship with the source."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.language.features import Floats

Codes = NDArray[np.uint8]


def pack(matrix: Floats) -> tuple[Codes, Floats]:
    """(codes, scale); two numbers share a byte."""
    scale = np.maximum(np.abs(matrix).max(axis=0) / 7.0, 1e-12).astype(np.float32)
    codes = (np.clip(np.rint(matrix / scale), -7, 7) + 8).astype(np.uint8).ravel()
    codes = np.append(codes, np.uint8(8)) if len(codes) % 2 else codes
    return np.asarray((codes[0::2] << 4) | codes[1::2], dtype=np.uint8), scale


def unpack(codes: Codes, scale: Floats, shape: tuple[int, ...]) -> Floats:
    """The matrix again, within half a step of the scale."""
    values = np.empty(len(codes) * 2, dtype=np.float32)
    values[0::2], values[1::2] = codes >> 4, codes & 15
    size = int(np.prod(shape))
    return np.asarray(((values[:size] - 8).reshape(-1, len(scale)) * scale).reshape(shape), dtype=np.float32)
