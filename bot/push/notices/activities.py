"""Notices about activities: reviews, moves of leaders, rosters with empty seats."""

from __future__ import annotations

from collections.abc import Callable

NAME = "activities"
NOTICES: dict[str, Callable[..., str | None]] = {}
