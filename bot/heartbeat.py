"""The worker's heartbeat as the web sees it: while every worker is dead, nobody else is there to say so."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.push import leases
from bot.storage.database import Database, StorageError
from bot.storage.models import Lease

log = structlog.get_logger()

LOOK_EVERY_S = 30.0
COMPLAIN_EVERY = timedelta(minutes=5)


class Heartbeat:
    """Looked at aside, so that no message waits for it. By the machine's own clock, never a demo's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._silent_since: datetime | None = None
        self._complained_at: datetime | None = None

    def silent_since(self) -> datetime | None:
        """Since when no worker has said that it lives, if that is longer than any restart takes."""
        return self._silent_since

    def start_watching(self) -> None:
        """In each process of the web, after the fork."""
        threading.Thread(target=self._watch, name="heartbeat", daemon=True).start()

    def _watch(self) -> None:
        began, over = datetime.now(timezone.utc), threading.Event()
        while not over.wait(LOOK_EVERY_S):
            self.look(began, datetime.now(timezone.utc))

    def look(self, began: datetime, now: datetime) -> None:
        """A worker that has never run is silent since ``began``, when this process did."""
        try:
            with self._database.session() as db:
                lease = db.get(Lease, leases.HEARTBEAT)
        except (StorageError, SQLAlchemyError) as error:
            log.warning("heartbeat.database", reason=type(error).__name__)
            return
        last = lease.beat_at if lease else began
        self._silent_since = last if now - last > leases.SILENT else None
        if self._silent_since is None:
            self._complained_at = None
        elif self._complained_at is None or now - self._complained_at >= COMPLAIN_EVERY:
            self._complained_at = now
            what = "提醒程序没有动静，提醒、通知和警报都没有在发：python -m bot check"
            log.error("worker.dead", since=last.isoformat(timespec="seconds"), what=what)
