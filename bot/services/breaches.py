"""What a check of the database finds wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SWEPT_WITHIN = timedelta(minutes=5)
"""What a sweep should have done by then."""


@dataclass(frozen=True)
class Breach:
    """``rule`` is stable, ``text`` says what is wrong, ``ids`` name the rows."""

    rule: str
    text: str
    ids: tuple[int | str, ...]
