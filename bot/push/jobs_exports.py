"""The worker's jobs about exports: files are made row by row under a lease, kept in encrypted parts, and expire."""

from __future__ import annotations

import errno
import shutil
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
from bot.storage.database import Database, StorageError, Unavailable, locked, writing
from bot.storage.models import ExportJob, ExportPart

log = structlog.get_logger()

PART = 1024 * 1024
TELL_EVERY = 2000
TRIES = 3
FULL = (errno.ENOSPC, errno.EDQUOT)


class LeaseLost(Exception):
    """Somebody else makes it now."""


class Withdrawn(Exception):
    """Who asked for it may not have it any more."""


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
        except Exception as failure:  # one export that fails must not end the others
            log.exception("export.failed", job=job_id)
            _give_back(database, job_id, fence, _why(failure))
    return made


def expire(database: Database, now: datetime, settings: Settings) -> int:
    """Files whose day is over, and what a process left beside the database when it was killed."""
    folder = _folder(settings)
    for left in folder.iterdir():
        if now.timestamp() - left.stat().st_mtime > export_jobs.KEPT.total_seconds():
            shutil.rmtree(left, ignore_errors=True)
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
            if job.attempts >= TRIES:  # killed as often: nobody was left to say why
                job.state, job.error = "failed", "gone"
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
    folder = _folder(settings)
    for left in folder.glob(f"{job_id}-*"):  # of a worker that was killed: rows about people
        shutil.rmtree(left, ignore_errors=True)
    with database.session() as db, tempfile.TemporaryDirectory(prefix=f"{job_id}-", dir=folder) as beside:
        job = db.get_one(ExportJob, job_id)
        wish, form, asked_by = export_jobs.wish_of(job), job.form, job.asked_by
        try:
            exports.checked(wish, export_jobs.staff_role(db, asked_by) or "nobody", form)
        except (Refused, KeyError):
            raise Withdrawn from None
        path, seen = Path(beside) / "export", 0
        path.touch(mode=0o600)

        def tell() -> None:
            nonlocal seen
            seen += 1
            if seen % TELL_EVERY == 0:
                _still(database, job_id, fence, seen, settings.push.lease_s)

        exports.write(db, Reader(wish, cipher, Rules.of(settings), now), path, form, tell)
        _keep(database, cipher, job_id, fence, path, seen, settings.push.lease_s)


def _keep(
    database: Database, cipher: Cipher, job_id: int, fence: int, path: Path, rows: int, lease_s: float
) -> None:  # fmt: skip
    """Part by part, so that whoever writes to us waits for a megabyte at most; nobody reads any before it is ready."""
    with database.session() as db:
        _held(db, job_id, fence)
        db.execute(delete(ExportPart).where(ExportPart.job_id == job_id))
        db.commit()
    with path.open("rb") as file:
        for number, content in enumerate(iter(lambda: file.read(PART), b"")):
            with database.session() as db:
                job = _held(db, job_id, fence)
                job.leased_until = leases.instant(db) + timedelta(seconds=lease_s)
                export_jobs.keep(db, cipher, job, number, content)
                db.commit()
    with database.session() as db:
        job = _held(db, job_id, fence)
        job.state, job.progress, job.size = "ready", rows, path.stat().st_size
        db.commit()


def _still(database: Database, job_id: int, fence: int, rows: int, lease_s: float) -> None:
    with database.session() as db:
        job = _held(db, job_id, fence)
        job.progress, job.leased_until = rows, leases.instant(db) + timedelta(seconds=lease_s)
        db.commit()


def _give_back(database: Database, job_id: int, fence: int, why: str) -> None:
    """Tried again at once only where that may help. While the database itself takes nothing, the lease runs out."""
    try:
        with database.session() as db:
            job = _held(db, job_id, fence)
            over = why != "broken" or job.attempts >= TRIES
            job.state, job.error = ("failed", why) if over else ("due", "")
            db.commit()
    except (LeaseLost, StorageError) as failure:
        log.warning("export.not_given_back", job=job_id, reason=str(failure))


def _why(failure: BaseException) -> str:
    """As in ExportJob. What writes spreadsheets wraps errors of the disk in its own."""
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, Withdrawn):
            return "refused"
        if (isinstance(seen, OSError) and seen.errno in FULL) or (isinstance(seen, Unavailable) and not seen.again):
            return "disk"
        seen = seen.__cause__ or seen.__context__
    return "broken"


def _folder(settings: Settings) -> Path:
    folder = settings.data_dir / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _held(db: Session, job_id: int, fence: int) -> ExportJob:
    writing(db)
    job = locked(db, ExportJob, job_id)
    if job is None or job.state != "running" or job.attempts != fence:
        raise LeaseLost
    return job
