"""Pictures of broadcasts, copied below the data folder: the worker finds them whatever becomes of the original."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.services.refusals.broadcasts import BroadcastIncomplete

BEGINS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}
MOST = 10_000_000
"""Bytes; what WeChat takes as an article's picture (platform §3.8)."""


def keep(data_dir: Path, content: bytes) -> str:
    """The name to write into the broadcast. Raises BroadcastIncomplete for what is no JPEG or PNG, or too large."""
    suffix = next((suffix for begin, suffix in BEGINS.items() if content.startswith(begin)), "")
    if not suffix or len(content) > MOST:
        raise BroadcastIncomplete(("picture",))
    name = f"broadcasts/{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    path = data_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name
