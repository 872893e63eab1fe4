"""Why so many minutes: the facts behind one entry of the ledger, read from what was kept with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.storage.models import LedgerEntry


@dataclass(frozen=True)
class Explained:
    """All in minutes and aware times; what does not apply is None or 0.

    ``present``: inside the plan; ``break_``: taken off; ``twice``: counted by another shift already; ``cap``: the limit
    that cut it; ``too_short``: the share of the plan (in %) that was not reached; ``was``: before a
    correction; ``by_hand``: recorded for this shift by hand already.
    """

    kind: str
    minutes: int
    came_at: datetime | None
    left_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    present: int
    break_: int
    twice: int
    cap: int | None
    too_short: int | None
    was: int | None
    by_hand: int
    reason: str


def explain(entry: LedgerEntry) -> Explained:
    detail: dict[str, Any] = entry.detail
    planned = detail.get("planned") or [None, None]
    return Explained(
        entry.kind, entry.minutes, _read(detail.get("in")), _read(detail.get("out")), _read(planned[0]),
        _read(planned[1]), int(detail.get("present", entry.minutes)), int(detail.get("break", 0)),
        int(detail.get("twice", 0)), detail.get("capped_at"), detail.get("too_short"), detail.get("was"),
        int(detail.get("by_hand", 0)), entry.reason,
    )  # fmt: skip


def _read(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
