"""What operators learn from: messages that could not be answered, masked, and how often each entry was asked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class Gap(Base):
    """A message that was offered choices or not understood; ``chosen`` is the entry the follower then clicked."""

    __tablename__ = "gaps"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(255))
    decision: Mapped[str] = mapped_column(String(8))
    candidates: Mapped[list[Any]] = mapped_column(JSON, default=list)
    chosen: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(index=True)


class GapDismissal(Base):
    """A group of unanswered messages that staff said needs no answer: ``texts`` as they were typed, masked.

    ``last_gap_id``: the newest gap when it was said; what came later is new. Over once it is withdrawn.
    """

    __tablename__ = "gap_dismissals"
    id: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[list[Any]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(String(16))
    last_gap_id: Mapped[int]
    dismissed_by: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class EntryCount(Base):
    """What became of one entry on one day of the people here: a row is only ever added to."""

    __tablename__ = "entry_counts"
    day: Mapped[date] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(String(64), primary_key=True)
    answered: Mapped[int] = mapped_column(default=0)
    offered: Mapped[int] = mapped_column(default=0)
    chosen: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
