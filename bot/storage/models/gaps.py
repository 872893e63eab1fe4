"""What could not be answered, masked, for operators to learn from."""

from __future__ import annotations

from datetime import datetime
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
