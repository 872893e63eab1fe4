"""What could not be answered: kept masked, with what was offered and what the follower then chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.language.masking import mask
from bot.storage.models import Gap

LONGEST = 255


@dataclass(frozen=True)
class Asked:
    """A message that found no answer, how often it was sent, and what was then chosen (empty: nothing)."""

    text: str
    chosen: str = ""
    times: int = 1


def record(db: Session, text: str, decision: str, candidates: Sequence[str], now: datetime) -> Gap:
    """A message that was offered choices (``offer``) or not understood (``none``). The caller called writing(db)."""
    gap = Gap(text=mask(text)[:LONGEST], decision=decision, candidates=list(candidates), at=now)
    db.add(gap)
    db.flush()
    return gap


def chosen(db: Session, gap_id: int, entry_id: str) -> None:
    """The follower picked ``entry_id`` among what was offered; a gap forgotten meanwhile is no loss."""
    gap = db.get(Gap, gap_id)
    if gap is not None:
        gap.chosen = entry_id
        db.flush()


def unanswered(db: Session, since: datetime) -> list[Asked]:
    """Each text once for each choice, most asked first, of equals the latest."""
    times = func.count()
    rows = select(Gap.text, Gap.chosen, times).where(Gap.at >= since).group_by(Gap.text, Gap.chosen)
    return [Asked(*row) for row in db.execute(rows.order_by(times.desc(), func.max(Gap.id).desc()))]
