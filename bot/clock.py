"""The time: the machine's, or in a demo the simulator's clock, which can be moved."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_offset = timedelta(0)


def now() -> datetime:
    """Aware UTC. Everything below a face takes ``now`` as an argument; only faces and engines call this."""
    return datetime.now(timezone.utc) + _offset
