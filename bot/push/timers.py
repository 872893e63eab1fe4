"""Turns of timers: a lease row for each, so that of all workers one does it, and the next when that one is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.push import leases
from bot.storage.database import Database, StorageError, retrying, writing
from bot.storage.models import Lease

log = structlog.get_logger()

PREFIX = "timer:"
# A clock that is off by more than this from where it was expected was moved by somebody: what is due now is looked at.
JUMP = timedelta(seconds=2)
# A job that hangs keeps its turn no longer than this; then another worker may try.
LONGEST_S = 600.0


@dataclass(frozen=True)
class Turn:
    """``wait_s``: 0 when the turn is ours, else how long until it can be anybody's. ``fence``: whose turn it is."""

    wait_s: float
    fence: int = 0


class Timers:
    """One row ``timer:<name>``: ``until`` nobody else has a turn, ``beat_at`` is our clock when it was taken.

    A turn lasts as long as the interval, whatever becomes of who took it: a process that is killed in the middle costs
    the rest of its interval and no more, and one write is enough for each turn. By a clock that cannot be set
    (`leases.instant`); if the clock that can be set moved otherwise than that one, the next turn is at once, for
    the first who looks. ``guarded=False`` is for the twin of a test: everybody always has a turn.
    """

    def __init__(self, database: Database, holder: str, now: Callable[[], datetime], *, guarded: bool = True) -> None:
        self._database, self._holder, self._now, self._guarded = database, holder, now, guarded

    def take(self, name: str, every_s: float) -> Turn:
        """A turn of this timer, if nobody has one. Raises what the database says."""
        if not self._guarded:
            return Turn(0.0)

        def transaction() -> Turn:
            with self._database.session() as db:
                row, at, now = db.get(Lease, PREFIX + name), leases.instant(db), self._now()
                wait_s = _wait_s(row, at, now, every_s)
                if row is not None and wait_s > 0:
                    return Turn(wait_s)
                fence = row.fence if row is not None else 0
                taken = self._written(db, name, at + timedelta(seconds=every_s), now, fence)
                db.commit()
                return Turn(0.0, fence + 1) if taken else Turn(every_s)

        return retrying(transaction)

    @contextmanager
    def kept(self, name: str, every_s: float, turn: Turn) -> Iterator[None]:
        """While the block lasts, and at most `LONGEST_S`, the turn stays ours: a slow job is not done twice at once."""
        done = threading.Event()

        def keep() -> None:
            until = time.monotonic() + LONGEST_S
            while not done.wait(every_s / 3) and time.monotonic() < until:
                try:
                    self._prolong(name, every_s, turn.fence)
                except (StorageError, SQLAlchemyError) as error:
                    log.warning("push.storage", doing=f"keep {name}", reason=str(error))

        keeper = threading.Thread(target=keep, name=f"timer-{name}", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join(timeout=5)

    def _written(self, db: Session, name: str, until: datetime, now: datetime, fence: int) -> bool:
        """False when somebody else was quicker."""
        writing(db)
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(Lease)
        values = {"holder": self._holder, "until": until, "beat_at": now, "fence": fence + 1}
        taken = insert.values(name=PREFIX + name, **values).on_conflict_do_update(
            index_elements=[Lease.name], set_=values, where=Lease.fence == fence
        )
        return db.execute(taken.returning(Lease.fence)).first() is not None

    def _prolong(self, name: str, every_s: float, fence: int) -> None:
        with self._database.session() as db:
            writing(db)
            until = leases.instant(db) + timedelta(seconds=every_s)
            ours = update(Lease).where(Lease.name == PREFIX + name, Lease.fence == fence, Lease.holder == self._holder)
            db.execute(ours.values(until=until, beat_at=self._now()))
            db.commit()


def _wait_s(row: Lease | None, at: datetime, now: datetime, every_s: float) -> float:
    if row is None:
        return 0.0
    left = row.until - at
    if left > timedelta(seconds=2 * every_s):  # from before a reboot: the clock of leases began anew
        return 0.0
    passed = timedelta(seconds=every_s) - left
    if abs(now - row.beat_at - passed) > JUMP:
        return 0.0
    return max(0.0, left.total_seconds())
