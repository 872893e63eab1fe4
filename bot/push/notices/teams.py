"""Notices about teams: who wants to join, what was decided, what leaders tell their people."""

from __future__ import annotations

from collections.abc import Callable

NAME = "teams"
NOTICES: dict[str, Callable[..., str | None]] = {}
