"""The worker's jobs about exports: files are made row by row under a lease, kept in encrypted parts, and expire."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.push import leases
from bot.services import export_jobs, exports
from bot.services.export_wishes import Reader
from bot.services.refusals import Refused
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, locked, writing
from bot.storage.models import ExportJob, ExportPart

log = structlog.get_logger()

PART = 1024 * 1024
TELL_EVERY = 2000
TRIES = 3


class LeaseLost(Exception):
    """Somebody else makes it now."""


def make_due(
    database: Database, cipher: Cipher, holder: str, now: Callable[[], datetime], settings: Settings
) -> int:  # fmt: skip
    """How many were made. A kill leaves a lease that runs out; whoever comes then begins anew."""
    made = 0
    while (claimed := _claim(database, holder, settings.push.lease_s)) is not None:
        job_id, fence = claimed
        try:
            _make(database, cipher, job_id, fence, now(), settings)
            made += 1
        except LeaseLost:
            log.warning("export.lost", job=job_id)
        except Exception:  # one export that fails must not end the others
            log.exception("export.failed", job=job_id)
            _give_back(database, job_id, fence)
    return made


def expire(database: Database, now: datetime) -> int:
    with database.session() as db:
        count = export_jobs.expire(db, now)
        if count:
            db.commit()
        return count


def _claim(database: Database, holder: str, lease_s: float) -> tuple[int, int] | None:
    with database.session() as db:
        waiting = select(ExportJob.id).where(ExportJob.state.in_(("due", "running"))).order_by(ExportJob.id)
        for id in db.scalars(waiting).all():
            writing(db)
            job, at = locked(db, ExportJob, id), leases.instant(db)
            if job is None or job.state not in ("due", "running"):
                continue
            if job.state == "running" and not leases.is_over(job.leased_until, job.leased_by, at, lease_s):
                continue
            if job.attempts >= TRIES:
                job.state = "failed"
                db.flush()
                continue
            job.state, job.attempts, job.progress = "running", job.attempts + 1, 0
            job.leased_by, job.leased_until = holder, at + timedelta(seconds=lease_s)
            found = job.id, job.attempts
            db.commit()
            return found
        db.commit()
    return None


def _make(database: Database, cipher: Cipher, job_id: int, fence: int, now: datetime, settings: Settings) -> None:
    folder = settings.data_dir / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database.session() as db, tempfile.TemporaryDirectory(dir=folder) as beside:
        job = db.get_one(ExportJob, job_id)
        wish, form, asked_by = export_jobs.wish_of(job), job.form, job.asked_by
        try:
            exports.checked(wish, export_jobs.staff_role(db, asked_by) or "nobody", form)
        except (Refused, KeyError):
            raise LeaseLost from None
        path, seen = Path(beside) / "export", 0
        path.touch(mode=0o600)

        def tell() -> None:
            nonlocal seen
            seen += 1
            if seen % TELL_EVERY == 0:
                _still(database, job_id, fence, seen, settings.push.lease_s)

        exports.write(db, Reader(wish, cipher, Rules.of(settings), now), path, form, tell)
        _keep(database, cipher, job_id, fence, path, seen)


def _keep(database: Database, cipher: Cipher, job_id: int, fence: int, path: Path, rows: int) -> None:
    """All parts and the word that it is ready in one transaction."""
    with database.session() as db, path.open("rb") as file:
        job = _held(db, job_id, fence)
        db.execute(delete(ExportPart).where(ExportPart.job_id == job_id))
        number = 0
        while content := file.read(PART):
            export_jobs.keep(db, cipher, job, number, content)
            db.expire_all()
            number += 1
        job.state, job.progress, job.size = "ready", rows, path.stat().st_size
        db.commit()


def _still(database: Database, job_id: int, fence: int, rows: int, lease_s: float) -> None:
    with database.session() as db:
        job = _held(db, job_id, fence)
        job.progress, job.leased_until = rows, leases.instant(db) + timedelta(seconds=lease_s)
        db.commit()


def _give_back(database: Database, job_id: int, fence: int) -> None:
    with database.session() as db:
        try:
            job = _held(db, job_id, fence)
        except LeaseLost:
            return
        job.state = "failed" if job.attempts >= TRIES else "due"
        db.commit()


def _held(db: Session, job_id: int, fence: int) -> ExportJob:
    writing(db)
    job = locked(db, ExportJob, job_id)
    if job is None or job.state != "running" or job.attempts != fence:
        raise LeaseLost
    return job
