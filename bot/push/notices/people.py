"""Notices about persons: registered as a volunteer, a guardian's consent, erasure."""

from __future__ import annotations

from collections.abc import Callable

NAME = "people"
NOTICES: dict[str, Callable[..., str | None]] = {}
