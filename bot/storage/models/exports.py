"""Exports that take longer than a browser waits: asked for by staff, made by the worker, gone after a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


class ExportJob(Base):
    """``state``: due → running → ready or failed; ready → expired, when its parts are deleted.

    ``parameters``: the wish (`bot.services.export_wishes.Wish`) without its kind. ``progress``: rows so far.
    ``attempts`` is the fence: a worker that was given up finishes nothing. ``leased_until``, ``leased_by``: as in the
    outbox. ``error`` of a failed one: disk (full), refused (who asked may not have it any more), broken, gone (its
    workers were killed).
    """

    __tablename__ = "export_jobs"
    __table_args__ = (Index("ix_export_jobs_state", "state", "expires_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    form: Mapped[str] = mapped_column(String(8))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="due")
    progress: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str] = mapped_column(String(64), default="")
    error: Mapped[str] = mapped_column(String(16), default="")
    expires_at: Mapped[datetime]


class ExportPart(Base):
    """A megabyte of a file, encrypted. In the database, not beside it: every machine sees it, none forgets it."""

    __tablename__ = "export_parts"
    job_id: Mapped[int] = mapped_column(ForeignKey("export_jobs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content_encrypted: Mapped[bytes]
