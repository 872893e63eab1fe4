"""The backup of each night: made aside, old ones cleared away, and those on duty told when there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bot.push.timers import Timers
from bot.services import announcements, backups, duty
from bot.settings import Settings
from bot.storage import backup as copies
from bot.storage.backup import BackupFailed
from bot.storage.database import Database, writing

log = structlog.get_logger()

NOTICE = "worker.no_backup"
# One that failed is tried again so much later.
TRY_EVERY_S = 600.0


def look(
    database: Database, settings: Settings, holder: str, at: datetime, now: datetime, start: Callable[[], object]
) -> None:
    """``start`` the backup when it is due. ``at`` is the wall clock's: no demo's clock makes or forgets a backup."""
    if not settings.backup.keep:
        return
    with database.session() as db:
        if backups.last(db) is None:
            backups.begin(db, holder, at)
            db.commit()
            return
        due = backups.is_due(db, at, settings.backup.time, ZoneInfo(settings.organisation.timezone))
        late = backups.overdue(db, at)
    if late:
        tell(database, f"已经{late.total_seconds() / 3600:.0f}小时没有做成过备份", at, now)
    if due:
        start()


def make(database: Database, settings: Settings, holder: str, at: datetime, now: datetime) -> Path | None:
    """A copy in data/backups, unless another worker makes it; None when there is no new one."""
    timers = Timers(database, holder, lambda: at)
    turn = timers.take(backups.NAME, TRY_EVERY_S)
    if turn.wait_s > 0:
        return None
    day = f"{at.astimezone(ZoneInfo(settings.organisation.timezone)):%Y-%m-%d}"
    folder = settings.data_dir / "backups"
    file = folder / f"qingsheng-{day}{'.db' if database.is_sqlite else '.dump'}"
    with timers.kept(backups.NAME, TRY_EVERY_S, turn):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            size = copies.backup(database.url.render_as_string(hide_password=False), file)
        except (BackupFailed, OSError) as error:
            tell(database, str(error), at, now)
            return None
        with database.session() as db:
            backups.made(db, holder, at)
            db.commit()
        clear(folder, file.suffix, settings.backup.keep)
    log.info("backup.made", file=file.name, megabytes=round(size / 1024 / 1024, 1))
    return file


def clear(folder: Path, suffix: str, keep: int) -> None:
    """Only the newest of ours stay, and no half ones of a worker that was killed."""
    for old in [*sorted(folder.glob(f"qingsheng-*{suffix}"))[:-keep], *folder.glob(".qingsheng-*.partial")]:
        old.unlink(missing_ok=True)


def tell(database: Database, why: str, at: datetime, now: datetime) -> None:
    """Each on duty once a day, and whoever reads the log each time."""
    log.error("backup.failed", what="没有做成备份", why=why)
    with database.session() as db:
        writing(db)
        for staff in duty.on_duty(db):
            key = f"{at:%Y%m%d}:{staff.openid}"
            announcements.notify(db, str(staff.openid), NOTICE, key, now, why=why[:200])
        db.commit()
