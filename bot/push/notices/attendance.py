"""Notices about presence: a check-out that is missing, an absence noted, what became of an appeal."""

from __future__ import annotations

from collections.abc import Callable

NAME = "attendance"
NOTICES: dict[str, Callable[..., str | None]] = {}
