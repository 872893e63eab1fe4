"""Notices about points, stars and certificates."""

from __future__ import annotations

from collections.abc import Callable

NAME = "merits"
NOTICES: dict[str, Callable[..., str | None]] = {}
