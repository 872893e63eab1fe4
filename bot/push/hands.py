"""The rows in one worker's hands: taken under a lease, sent by threads, written down many at a time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import metrics
from bot.push import alarms, facts, outbox, stops
from bot.push.bucket import Bucket
from bot.push.closures import Stop
from bot.push.outbox import Claimed, Settlement
from bot.push.sender import Prepared, Sender, put_off
from bot.storage.database import Database, StorageError, retrying

log = structlog.get_logger()
T = TypeVar("T")
Work = tuple[Claimed, Prepared | None, float]
"""A row, what was read of it, and when (monotonic)."""

# Rows claimed ahead of free threads, so that no thread waits while others are written down; a kill -9 leaves so many,
# and those in flight, marked as maybe sent.
PREFETCH = 100
# Written down together: so many that WeChat has answered may be said once more after a kill -9.
MARKED_AT_ONCE = 100
# The state behind a row is read with its page; one that had to wait longer than this for a thread is read again.
STALE_S = 1.0
# What finishes within this of another is written down with it.
GATHER_S = 0.02
# Over the rate of all workers: looked at again after this long.
HELD_BACK_S = 0.05


class Hands:
    """Only the worker's main thread calls these methods; its threads send and write nothing.

    ``patient``: when the database does not want to, wait and keep everything in hand, instead of raising.
    """

    def __init__(
        self,
        database: Database,
        sender: Sender,
        holder: str,
        now: Callable[[], datetime],
        may_go_on: Callable[[], bool],
        *,
        threads: int,
        lease_s: float,
        bucket: Bucket,
        patient: bool,
        zone: ZoneInfo = facts.BEIJING,
    ) -> None:
        self._database, self._sender, self._holder, self._now = database, sender, holder, now
        self._may_go_on, self._lease_s, self._patient = may_go_on, lease_s, patient
        self._zone, self._bucket, self._held_back = zone, bucket, False
        self._room = threads + min(threads, PREFETCH)
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._threads = [Thread(target=self._send, name=f"push-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()
        self._sending: dict[int, Claimed] = {}
        self._finished: SimpleQueue[Settlement] = SimpleQueue()
        self._unsettled: list[Settlement] = []
        self._ours_until: dict[int, float] = {}
        self.counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._sending) + len(self._unsettled)

    def round(self) -> bool:
        """Settle what is finished and take what is due. False when there was nothing to do."""
        if self._sending:
            self._wait()
        self._turn_over()
        if not len(self) and self._held_back:
            time.sleep(HELD_BACK_S)
        return bool(len(self)) or self._held_back

    def _wait(self) -> None:
        """For the first that is finished, and a moment more for others: many are written down at a time."""
        with suppress(Empty):
            self._gather(self._finished.get(timeout=0.25))
            until = time.monotonic() + GATHER_S
            while self._finished.qsize() < min(MARKED_AT_ONCE, len(self._sending)) and time.monotonic() < until:
                time.sleep(GATHER_S / 5)  # not a wakening for each of them
            while len(self._unsettled) < MARKED_AT_ONCE:
                self._gather(self._finished.get_nowait())

    def _gather(self, settlement: Settlement) -> None:
        del self._sending[settlement.claimed.id]
        self._unsettled.append(settlement)

    def prolong(self) -> None:
        """All that is in hand stays ours for another lease."""
        ids, since = list(self._ours_until), time.monotonic()
        if not ids:
            return
        prolonged = self.on_database("prolong", lambda db: outbox.extend(db, ids, self._holder, self._lease_s))
        if prolonged is not None:
            self._ours_until.update(dict.fromkeys(ids, since + self._lease_s))

    def close(self) -> None:
        """What no thread has begun is left to the next worker, when the lease is over."""
        with suppress(Empty):
            while True:
                self._work.get_nowait()
        for _ in self._threads:
            self._work.put(None)

    def _turn_over(self) -> None:
        """One transaction: what became of those that are finished, and as many others in their place."""
        finished, since, now = list(self._unsettled), time.monotonic(), self._now()
        allowed, stopped = self._allowed(), self._sender.closures.untold()
        if not finished and not allowed:
            return

        def write(db: Session) -> tuple[list[Settlement], list[Claimed]]:
            written = outbox.settle(db, finished, now, zone=self._zone) if finished else []
            stops.tell(db, stopped if finished else (), now)
            if not allowed:
                return written, []
            return written, outbox.claim(db, holder=self._holder, now=now, lease_s=self._lease_s, limit=allowed)

        done = self.on_database("settle and claim", write)
        written, claimed = done or ([], [])
        self._bucket.give_back(allowed - len(claimed))
        if done is None:
            return  # what is finished stays in hand, under a lease that is prolonged, until the database is back
        if finished:
            self._forget(finished, stopped)
            self._report(finished, {one.claimed.id for one in written})
        if claimed:
            self._begin(claimed, since)

    def _allowed(self) -> int:
        """How many may be taken now: threads that wait for work, and the rate of all workers."""
        self._held_back = False
        free = self._room - len(self._sending)
        if free <= 0 or not self._may_go_on() or self._sender.closures.everything(self._now()):
            return 0
        allowed = self._bucket.take(free)
        self._held_back = not allowed
        return allowed

    def _forget(self, finished: Sequence[Settlement], stopped: Sequence[Stop]) -> None:
        self._sender.closures.told(stopped)
        self._unsettled.clear()
        for one in finished:
            self._ours_until.pop(one.claimed.id, None)

    def _begin(self, claimed: Sequence[Claimed], since: float) -> None:
        self._ours_until.update(dict.fromkeys((one.id for one in claimed), since + self._lease_s))
        read_at, prepared = time.monotonic(), self._prepared(claimed)
        for one, found in zip(claimed, prepared, strict=True):
            self._sending[one.id] = one
            self._work.put((one, found, read_at))

    def _prepared(self, claimed: Sequence[Claimed]) -> Sequence[Prepared | None]:
        try:
            return self._sender.prepare(claimed)
        except (StorageError, SQLAlchemyError) as error:
            log.warning("push.storage", doing="read", reason=str(error))
            return [None] * len(claimed)  # each is read again by its thread

    def _send(self) -> None:
        """A thread's life. Queues and plain threads: a Future for each row costs a tenth of the sending."""
        while work := self._work.get():
            claimed, prepared, read_at = work
            stale = time.monotonic() - read_at > STALE_S
            self._finished.put(self.deliver(claimed, None if stale else prepared))

    def deliver(self, claimed: Claimed, prepared: Prepared | None = None) -> Settlement:
        """In a thread. Whatever goes wrong becomes a settlement."""

        def still_ours() -> bool:
            return self._may_go_on() and time.monotonic() < self._ours_until.get(claimed.id, 0.0)

        if not still_ours():
            return put_off(claimed, None, "")
        try:
            return self._sender.deliver(claimed, still_ours, prepared)
        except (StorageError, SQLAlchemyError) as error:
            log.warning("push.storage", push=claimed.id, reason=str(error))
            return put_off(claimed, self._now() + timedelta(seconds=10), type(error).__name__)
        except Exception as error:  # one row that cannot be read must not stop the others
            log.exception("push.broken", push=claimed.id, kind=claimed.kind)
            return Settlement(claimed, "failed", error=f"{type(error).__name__}: {error}")

    def _report(self, finished: Sequence[Settlement], ours: set[int]) -> None:
        for one in finished:
            if one.claimed.id not in ours:
                log.warning("push.too_late", push=one.claimed.id, state=one.state)
                continue
            self.counts[one.state] += 1
            metrics.pushed(one.claimed.kind, one.channel, one.state)
            if one.state in ("failed", "unknown", "unreached"):
                say = log.error if one.claimed.kind in alarms.KINDS else log.warning
                say("push.not_sent", push=one.claimed.id, kind=one.claimed.kind, state=one.state, why=one.error)

    def on_database(self, what: str, work: Callable[[Session], T]) -> T | None:
        """One transaction, tried again if that may help; None, after a moment, if it did not."""

        def transaction() -> T:
            with self._database.session() as db:
                result = work(db)
                db.commit()
                return result

        try:
            return retrying(transaction)
        except (StorageError, SQLAlchemyError) as error:
            if not self._patient:
                raise
            log.error("push.storage", doing=what, reason=str(error))
            time.sleep(0.5)
            return None
