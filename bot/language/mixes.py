"""Which likenesses count how much: the shares of a mix, and the sums they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from functools import cached_property

import numpy as np

from bot.language.features import Floats
from bot.language.scoring import Seen


@dataclass(frozen=True)
class Mix:
    """Shares of lexical similarity, spelling, the words' vectors, the sentence's meaning, of how much of the shorter
    text stands in the longer, and of the topics that both are near; they add up to 1 where something is learnt."""

    lexical: float
    spelling: float
    words: float = 0.0
    meaning: float = 0.0
    containment: float = 0.0
    topical: float = 0.0

    @cached_property
    def shares(self) -> tuple[tuple[str, np.float32], ...]:
        """(name, share) of the likenesses that count."""
        shares = zip(PARTS, astuple(self), strict=True)
        return tuple((name, np.float32(share)) for name, share in shares if share)


PLAIN = Mix(lexical=0.75, spelling=0.25)
LITE = Mix(lexical=0.44, spelling=0.26, words=0.30)
GENERAL = Mix(lexical=0.18, spelling=0.18, words=0.08, meaning=0.43, containment=0.13)
DOMAIN = Mix(lexical=0.12, spelling=0.14, meaning=0.36, topical=0.38)
MANY = Mix(lexical=0.15, spelling=0.20, meaning=0.52)  # of an index too large to train
PARTS = tuple(part.name for part in fields(Mix))
Parts = Mapping[str, Floats]
"""Texts against rows by kind of likeness; with an encoder also ``topics``, texts against topics."""


def seen(parts: Parts, mix: Mix) -> Seen:
    """The parts as a mix sees them."""
    return Seen(mixed(parts, mix), *(parts.get(name) if mix.meaning else None for name in ("meaning", "topics")))


def mixed(parts: Parts, mix: Mix) -> Floats:
    """The weighted sum of the parts that the mix wants."""
    return np.asarray(sum(share * parts[name] for name, share in mix.shares), dtype=np.float32)
