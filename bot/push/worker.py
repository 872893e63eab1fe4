"""The worker: sweeps, sends with many threads, says that it lives, and stops without losing or repeating anything."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.push import leases, outbox
from bot.push.chores import Chores
from bot.push.closures import Closures
from bot.push.outbox import Claimed, Settlement
from bot.push.sender import BUSY_PAUSES_S, Sender, put_off
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, retrying
from bot.storage.valkey import Valkey, ValkeyDown
from bot.wechat.client import Client

log = structlog.get_logger()
T = TypeVar("T")

WAKE_CHANNEL = "outbox"
# A clock that jumps by more than this between two looks was moved by somebody: look at once what is due now.
JUMP = timedelta(seconds=2)
# Rows claimed ahead of free threads; a kill -9 leaves so many, and those in flight, marked as maybe sent.
PREFETCH = 25
# After SIGTERM: what is in flight ends within its time-outs and is written down.
LAST_WORDS_S = 15.0

_numbers = itertools.count()


class Parts(Protocol):
    """What `bot.app` joins for us."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def valkey(self) -> Valkey: ...
    @property
    def cipher(self) -> Cipher: ...
    @property
    def client(self) -> Client: ...
    @property
    def now(self) -> Callable[[], datetime]: ...


def run(
    parts: Parts,
    *,
    once: bool = False,
    at: datetime | None = None,
    stop: threading.Event | None = None,
    busy_pauses_s: Sequence[float] = BUSY_PAUSES_S,
) -> dict[str, int]:
    """Work until told to stop; with ``once`` do all that is due (at ``at``, or now) and return what became of it."""
    stop = stop or threading.Event()
    worker = Worker(parts, stop, (lambda: at) if at is not None else parts.now, busy_pauses_s)
    with _signals_set(stop):
        try:
            worker.once() if once else worker.forever()
        finally:
            worker.close()
    log.info("push.stopped", **worker.counts)
    return dict(worker.counts)


@dataclass
class Worker:
    """One main thread that claims, settles and looks after things, and threads that only send.

    All writes to the outbox are the main thread's, many rows in one transaction.
    """

    parts: Parts
    stop: threading.Event
    now: Callable[[], datetime]
    busy_pauses_s: Sequence[float] = BUSY_PAUSES_S
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        settings = self.parts.settings
        self.holder = leases.holder_name(next(_numbers))
        self.closures = Closures()
        self._sender = Sender(
            self.parts.database, self.parts.client, settings, self.closures, self.now, self._pause, self.busy_pauses_s
        )
        threads = settings.push.threads
        self._room = threads + min(threads, PREFETCH)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="push")
        self._sending: dict[Future[Settlement], Claimed] = {}
        self._unsettled: list[Settlement] = []
        self._ours_until: dict[int, float] = {}
        self._chores = Chores(self.parts.database, settings, self.holder, self.now, self._prolong)
        self._patient = True

    def once(self) -> None:
        """All that is due, then back. Raises what the database says."""
        self._patient = False
        self._chores.sweep()
        while self._round():
            self._chores.stay_alive()

    def forever(self) -> None:
        while not self.stop.is_set():
            self._chores.do_what_is_due()
            if not self._round():
                self._rest()
        deadline = time.monotonic() + LAST_WORDS_S
        while self._in_hand() and time.monotonic() < deadline:
            self._chores.stay_alive()
            self._round()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    # -- a round: settle what is finished, take more ------------------------------------------------------

    def _round(self) -> bool:
        """False when there was nothing to do."""
        took = self._take()
        if self._sending:
            wait(self._sending, timeout=0.25, return_when=FIRST_COMPLETED)
        self._settle()
        return bool(took or self._in_hand())

    def _in_hand(self) -> int:
        return len(self._sending) + len(self._unsettled)

    def _take(self) -> int:
        free = self._room - self._in_hand()
        # A page at a time: not one transaction for each row that was settled.
        if self.stop.is_set() or free * 3 < self._room or self.closures.everything(self.now()):
            return 0
        lease_s, since = self.parts.settings.push.lease_s, time.monotonic()

        def claim() -> list[Claimed]:
            with self.parts.database.session() as db:
                claimed = outbox.claim(db, holder=self.holder, now=self.now(), lease_s=lease_s, limit=free)
                db.commit()
                return claimed

        claimed = self._try("claim", claim) or []
        for one in claimed:
            self._ours_until[one.id] = since + lease_s
            self._sending[self._pool.submit(self._deliver, one)] = one
        return len(claimed)

    def _deliver(self, claimed: Claimed) -> Settlement:
        if not self._still_ours(claimed.id):
            return put_off(claimed, None, "")
        try:
            return self._sender.deliver(claimed, lambda: self._still_ours(claimed.id))
        except (StorageError, SQLAlchemyError) as error:
            log.warning("push.storage", push=claimed.id, reason=str(error))
            return put_off(claimed, self.now() + timedelta(seconds=10), type(error).__name__)
        except Exception as error:  # one row that cannot be read must not stop the others
            log.exception("push.broken", push=claimed.id, kind=claimed.kind)
            return Settlement(claimed, "failed", error=f"{type(error).__name__}: {error}")

    def _still_ours(self, id: int) -> bool:
        return not self.stop.is_set() and time.monotonic() < self._ours_until.get(id, 0.0)

    def _pause(self, seconds: float) -> bool:
        return not self.stop.wait(seconds)

    def _settle(self) -> None:
        for future in [future for future in self._sending if future.done()]:
            self._sending.pop(future)
            self._unsettled.append(future.result())
        if not self._unsettled:
            return
        finished = list(self._unsettled)

        def settle() -> list[Settlement]:
            with self.parts.database.session() as db:
                written = outbox.settle(db, finished, self.now())
                db.commit()
                return written

        written = self._try("settle", settle)
        if written is None:
            return  # kept in hand, under a lease that is prolonged, until the database is back
        self._unsettled = self._unsettled[len(finished) :]
        for one in finished:
            self._ours_until.pop(one.claimed.id, None)
        self._report(finished, written)

    def _report(self, finished: Sequence[Settlement], written: Sequence[Settlement]) -> None:
        ours = {one.claimed.id for one in written}
        for one in finished:
            if one.claimed.id not in ours:
                log.warning("push.too_late", push=one.claimed.id, state=one.state)
                continue
            self.counts[one.state] += 1
            metrics.pushed(one.claimed.kind, one.channel, one.state)
            if one.state in ("failed", "unknown", "unreached"):
                log.warning("push.not_sent", push=one.claimed.id, kind=one.claimed.kind, state=one.state, why=one.error)

    def _prolong(self) -> None:
        """All that is in hand stays ours for another lease."""
        lease_s, since = self.parts.settings.push.lease_s, time.monotonic()
        if not self._in_hand():
            return

        def extend() -> bool:
            with self.parts.database.session() as db:
                outbox.extend(db, self.holder, lease_s)
                db.commit()
                return True

        if self._try("extend", extend):
            for id in list(self._ours_until):
                self._ours_until[id] = since + lease_s

    def _try(self, what: str, work: Callable[[], T]) -> T | None:
        """Work on the database; None, after a moment, when the database does not want to."""
        try:
            return retrying(work)
        except (StorageError, SQLAlchemyError) as error:
            if not self._patient:
                raise
            log.error("push.storage", doing=what, reason=str(error))
            time.sleep(0.5)
            return None

    # -- nothing to do ----------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Until the next row is due, the next chore, somebody's call, or a jump of the clock."""
        now, since = self.now(), time.monotonic()

        def soonest() -> float:
            with self.parts.database.session() as db:
                due = outbox.next_due(db, now)
                return (due - now).total_seconds() if due else float("inf")

        due_in = self._try("look ahead", soonest)
        rest_s = min(self._chores.due_in_s(), due_in if due_in is not None else 1.0)
        while not self.stop.is_set():
            passed = time.monotonic() - since
            if abs(self.now() - now - timedelta(seconds=passed)) > JUMP:
                return self._chores.hurry()
            if passed >= rest_s:
                return
            if self._called(min(1.0, rest_s - passed)):
                return

    def _called(self, seconds: float) -> bool:
        try:
            return self.parts.valkey.wait_woken(WAKE_CHANNEL, seconds)
        except ValkeyDown:
            return self.stop.wait(seconds)


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT end the work in good order; only the main thread can say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
