"""The door to the sentence encoder: an optional part that turns a text into a vector of its meaning."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from bot.language.features import Floats


class Encoder(Protocol):
    """What the matcher needs: unit vectors, one row per text."""

    name: str

    def encode(self, texts: Sequence[str]) -> Floats: ...


def load() -> Encoder | None:
    """The encoder if it is installed and not switched off by ``BOT_ENCODER=off``; load before forking."""
    if os.environ.get("BOT_ENCODER", "on").lower() in {"off", "0", "no"}:
        return None
    return None
