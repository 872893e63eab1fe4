"""Notices about registrations: approved, refused, invited, a seat swapped."""

from __future__ import annotations

from collections.abc import Callable

NAME = "registrations"
NOTICES: dict[str, Callable[..., str | None]] = {}
