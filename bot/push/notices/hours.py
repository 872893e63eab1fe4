"""Notices about hours: what was credited, corrected, decided; what waits for staff."""

from __future__ import annotations

from collections.abc import Callable

NAME = "hours"
NOTICES: dict[str, Callable[..., str | None]] = {}
