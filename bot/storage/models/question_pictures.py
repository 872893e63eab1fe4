"""Pictures that askers sent to 青年之声 as evidence: fetched from WeChat, cleaned, kept encrypted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class QuestionPicture(Base):
    """The picture of one entry. ``state``: wanted (still with WeChat, tried again at ``next_at``) → kept or failed.

    In the database, not beside it: one backup, one erasure, and every machine sees it. ``problem`` says why it is not
    here (`bot.services.questions.pictures.PROBLEMS`); ``code``: a bar code or a code to pay with is in it.
    """

    __tablename__ = "question_pictures"
    __table_args__ = (Index("ix_question_pictures_state", "state", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("question_entries.id"), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="wanted")
    problem: Mapped[str] = mapped_column(String(16), default="")
    code: Mapped[str] = mapped_column(String(16), default="")
    content_encrypted: Mapped[bytes | None]
    size: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime]
    next_at: Mapped[datetime]
