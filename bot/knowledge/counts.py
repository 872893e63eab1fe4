"""How often each entry was answered, offered, chosen, rejected: counted in memory, added to the database in batches."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.storage.database import Database, StorageError, retrying, writing
from bot.storage.models import EntryCount

log = logging.getLogger(__name__)

KINDS = ("answered", "offered", "chosen", "rejected")
EVERY_S = 10.0
Hit = tuple[str, str]  # (entry, one of KINDS)
Waiting = dict[tuple[date, str], Counter[str]]


@dataclass(frozen=True)
class Tally:
    """One entry over some days; ``last`` is the last day on which anything was counted."""

    entry: str
    answered: int
    offered: int
    chosen: int
    rejected: int
    last: date


class Counts:
    """One per process. ``add`` touches memory only, so counting costs a reply nothing.

    A thread of this process writes what has come together every ten seconds and once more when the process ends.
    A kill -9 loses at most those ten seconds: these are statistics. Gaps are rows of the message's own transaction
    and are never lost.
    """

    def __init__(self, database: Database, zone: ZoneInfo, *, every_s: float = EVERY_S) -> None:
        self._database, self._zone, self._every_s = database, zone, every_s
        self._forget()
        _after_fork(self)

    def _forget(self) -> None:
        """At first, and in the child after a fork: what the parent has counted is the parent's to write."""
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: Waiting = defaultdict(Counter)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, hits: Sequence[Hit], now: datetime) -> None:
        if not hits:
            return
        day = now.astimezone(self._zone).date()
        with self._lock:
            for entry, kind in hits:
                self._waiting[day, entry][kind] += 1
            if self._thread is None:  # not before the fork: threads do not survive it
                self._thread = threading.Thread(target=self._write, name="entry-counts", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def flush(self) -> bool:
        """Write what waits; False when the database is away, then it goes on waiting."""
        with self._flushing:
            with self._lock:
                taken, self._waiting = self._waiting, defaultdict(Counter)
            if not taken:
                return True
            try:
                retrying(lambda: self._save(taken))
                return True
            except (StorageError, SQLAlchemyError) as error:
                log.warning("entry counts wait for the database: %s", error)
                with self._lock:
                    for key, counted in taken.items():
                        self._waiting[key].update(counted)
                return False

    def close(self) -> None:
        """The last flush of this process."""
        self._stop.set()
        self.flush()
        atexit.unregister(self.close)

    def _write(self) -> None:
        while not self._stop.wait(self._every_s):
            self.flush()

    def _save(self, taken: Waiting) -> None:
        with self._database.session() as db:
            writing(db)
            add_up(db, taken)
            db.commit()


def add_up(db: Session, counted: Mapping[tuple[date, str], Counter[str]]) -> None:
    """Add to the rows inside the database itself, so that two processes lose nothing; in one order, so that none waits
    for the other for ever. The caller called writing(db)."""
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert(EntryCount)
    table, added = EntryCount.__table__.c, insert.excluded
    upsert = insert.on_conflict_do_update(
        index_elements=[EntryCount.day, EntryCount.entry], set_={kind: table[kind] + added[kind] for kind in KINDS}
    )
    rows = [{"day": day, "entry": entry, **{kind: counts[kind] for kind in KINDS}}
            for (day, entry), counts in sorted(counted.items())]  # fmt: skip
    db.execute(upsert, rows)


def tallies(db: Session, since: date) -> list[Tally]:
    """Every entry counted since that day, most used first."""
    sums = [func.sum(getattr(EntryCount, kind)) for kind in KINDS]
    rows = select(EntryCount.entry, *sums, func.max(EntryCount.day)).where(EntryCount.day >= since)
    found = [Tally(*row) for row in db.execute(rows.group_by(EntryCount.entry))]
    return sorted(found, key=lambda t: (-t.answered - t.chosen, -t.offered, t.entry))


def _after_fork(counts: Counts) -> None:
    known = weakref.ref(counts)

    def forget() -> None:
        alive = known()
        if alive is not None:
            alive._forget()

    os.register_at_fork(after_in_child=forget)
