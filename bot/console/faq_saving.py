"""Saving a file of the library from a page: the services of bot/knowledge with who did it and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.knowledge import versions
from bot.knowledge.rehearsal import Verdict
from bot.storage.audit import note
from bot.storage.database import writing

SUBJECT = 48  # characters of a subject in the audit log


def history(desk: Desk) -> Path:
    return desk.settings.data_dir / "faq-history"


def keep(
    desk: Desk, db: Session, name: str, change: Callable[[str], str], *, why: str,
    touches: frozenset[str] | None = None,
) -> Verdict | None:  # fmt: skip
    """None when there was nothing to save. Raises EditRefused and its kinds; then nothing was written."""
    writing(db)
    verdict = versions.save(
        desk.shelf.directory, history(desk), name, change, desk.shelf.examine,
        by=desk.actor, why=why, now=desk.now(), touches=touches,
    )  # fmt: skip
    if verdict is not None:
        note(db, f"faq:{name}"[:SUBJECT], why)
    return verdict


def create(desk: Desk, db: Session, stem: str, text: str, *, why: str) -> Verdict:
    """A file of its own. Raises EditRefused and its kinds; then nothing was written."""
    writing(db)
    verdict = versions.create(
        desk.shelf.directory, history(desk), stem, text, desk.shelf.examine, by=desk.actor, why=why, now=desk.now()
    )
    note(db, f"faq:{desk.shelf.directory.name}/{stem}.yaml"[:SUBJECT], why)
    return verdict


def remove(desk: Desk, db: Session, name: str, *, why: str) -> Verdict:
    """The file is gone; its last text stays in the history's folder. Raises EditRefused and its kinds."""
    writing(db)
    verdict = versions.remove(
        desk.shelf.directory, history(desk), name, desk.shelf.examine, by=desk.actor, why=why, now=desk.now()
    )
    note(db, f"faq:{name}"[:SUBJECT], why)
    return verdict
