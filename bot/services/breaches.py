"""What a check of the database finds wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """``rule`` is stable, ``text`` says what is wrong, ``ids`` name the rows."""

    rule: str
    text: str
    ids: tuple[int | str, ...]
