"""What could not be answered: kept masked, with what was offered and what the follower then chose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language import masking
from bot.storage.models import Gap

LONGEST = 255


def mask(text: str) -> str:
    """Phone and identity numbers are nobody's business here."""
    return masking.mask(text)[:LONGEST]


def record(db: Session, text: str, decision: str, candidates: Sequence[str], now: datetime) -> Gap:
    """A message that was offered choices (``offer``) or not understood (``none``). The caller called writing(db)."""
    gap = Gap(text=mask(text), decision=decision, candidates=list(candidates), at=now)
    db.add(gap)
    db.flush()
    return gap


def chosen(db: Session, text: str, entry_id: str, now: datetime) -> bool:
    """The follower picked ``entry_id`` among what was offered for ``text``. False if that offer is forgotten."""
    latest = select(Gap).where(Gap.text == mask(text), Gap.decision == "offer").order_by(Gap.id.desc()).limit(1)
    gap = db.scalars(latest).one_or_none()
    if gap is None:
        return False
    gap.chosen = entry_id
    db.flush()
    return True


def unanswered(db: Session) -> list[tuple[str, str]]:
    """(text, what the follower chose or nothing), oldest first."""
    return [(text, chosen) for text, chosen in db.execute(select(Gap.text, Gap.chosen).order_by(Gap.id))]
