"""The worker: sweeps, sends with many threads, says that it lives, and stops without losing or repeating anything."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.push import jobs_articles, jobs_backup, jobs_exports, jobs_pictures, jobs_posters, jobs_tags, leases, outbox
from bot.push.broadcasts import Carrier
from bot.push.bucket import Bucket
from bot.push.chores import Chores
from bot.push.closures import Closures
from bot.push.hands import Hands
from bot.push.sender import BUSY_PAUSES_S, Sender
from bot.push.timers import JUMP
from bot.push.tokens import renew
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import Valkey, ValkeyDown
from bot.wechat.client import Client

log = structlog.get_logger()

WAKE_CHANNEL = "outbox"
# A broadcast's pushes go into the outbox a few thousand at a time; so often it is looked whether there is room.
REFILL_S = 1.0
# The access token and the night's backup are looked at so often.
LOOK_EVERY_S = 60.0
# After SIGTERM: what is in flight ends within its time-outs and is written down.
LAST_WORDS_S = 15.0

_numbers = itertools.count()


class Parts(Protocol):
    """What `bot.parts` holds for us."""

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
    worker = Worker(parts, stop, (lambda: at) if at is not None else parts.now, patient=not once, pauses=busy_pauses_s)
    with _signals_set(stop):
        try:
            worker.once() if once else worker.forever()
        finally:
            worker.hands.close()
    log.info("push.stopped", **worker.hands.counts)
    return dict(worker.hands.counts)


class Worker:
    """One main thread that claims, settles and looks after things, and threads that only send."""

    def __init__(
        self,
        parts: Parts,
        stop: threading.Event,
        now: Callable[[], datetime],
        *,
        patient: bool = True,
        pauses: Sequence[float] = BUSY_PAUSES_S,
    ) -> None:
        settings, holder = parts.settings, leases.holder_name(next(_numbers))
        sender = Sender(
            parts.database, parts.cipher, parts.client, settings, Closures(), now,
            lambda seconds: not stop.wait(seconds), pauses,
        )  # fmt: skip
        self.hands = Hands(
            parts.database, sender, holder, now, lambda: not stop.is_set(),
            threads=settings.push.threads, lease_s=settings.push.lease_s, patient=patient,
            bucket=Bucket(parts.valkey, holder, settings.push.rate),
            zone=ZoneInfo(settings.organisation.timezone),
        )  # fmt: skip
        going = lambda: not stop.is_set()  # noqa: E731
        self._carrier = Carrier(parts.database, parts.client, settings, parts.cipher, holder, now, going)
        self._carrying = Aside("broadcasts", lambda: self._carrier.carry(lambda: not stop.wait(REFILL_S)))
        carry = self._carrying.begin if patient else self._carrier.turn
        self._chores = Chores(parts.database, settings, holder, now, self.hands.prolong, carry)
        account = settings.wechat.account
        self._chores.add("tags", lambda: jobs_tags.tell_wechat(parts.database, parts.client, account, now()))
        database, client, cipher = parts.database, parts.client, parts.cipher
        self._chores.add("pictures", lambda: jobs_pictures.fetch(database, client, cipher, now(), settings))
        exporting = Aside("exports", lambda: jobs_exports.make_due(database, cipher, holder, now, settings))
        one = exporting.begin if patient else lambda: jobs_exports.make_due(database, cipher, holder, now, settings)
        self._chores.add("exports", one, own=True)  # their rows are leased
        self._chores.add("articles", lambda: jobs_articles.draft(database, client, now(), settings))
        self._chores.add("posters", lambda: jobs_posters.fetch(database, client, cipher, now(), settings))
        if patient:
            self._add_timers(parts, holder, now)
        self._parts, self._stop, self._now = parts, stop, now
        self._beside = now() - timedelta(seconds=time.monotonic())  # our clock beside one that nobody can set

    def _add_timers(self, parts: Parts, holder: str, now: Callable[[], datetime]) -> None:
        """What only a worker that stays looks after."""
        database, settings, wall = parts.database, parts.settings, lambda: datetime.now(timezone.utc)
        backing_up = Aside("backup", lambda: jobs_backup.make(database, settings, holder, wall(), now()))

        def look() -> None:
            jobs_backup.look(database, settings, holder, wall(), now(), backing_up.begin)

        self._chores.add("backup", look, every_s=LOOK_EVERY_S, own=True)
        self._chores.add("token", lambda: renew(parts.client), every_s=LOOK_EVERY_S)

    def once(self) -> None:
        """All that is due, then back. Raises what the database says."""
        self._chores.sweep()
        more = 1
        while more:
            while self.hands.round():
                self._chores.keep_hold()
            more = self._carrier.turn()  # what was sent makes room for more of a broadcast, or ends it

    def forever(self) -> None:
        while not self._stop.is_set():
            if self._clock_was_moved():
                self._chores.hurry()
            self._chores.do_what_is_due()
            if not self.hands.round():
                self._rest()
        deadline = time.monotonic() + LAST_WORDS_S
        while (len(self.hands) or self._carrying.busy) and time.monotonic() < deadline:
            self._chores.keep_hold()
            self.hands.round()

    def _rest(self) -> None:
        """Until the next row is due, the next chore, somebody's call, or a jump of the clock."""
        now, since = self._now(), time.monotonic()
        due = self.hands.on_database("look ahead", lambda db: outbox.next_due(db, now))
        rest_s = min(self._chores.due_in_s(), (due - now).total_seconds() if due else float("inf"))
        while not self._stop.is_set():
            passed = time.monotonic() - since
            if self._clock_was_moved():
                return self._chores.hurry()
            if passed >= rest_s or self._called(min(1.0, rest_s - passed)):
                return None

    def _clock_was_moved(self) -> bool:
        """Since this was asked last, whatever was done meanwhile."""
        beside = self._now() - timedelta(seconds=time.monotonic())
        moved = abs(beside - self._beside) > JUMP
        self._beside = beside if moved else self._beside
        return moved

    def _called(self, seconds: float) -> bool:
        try:
            return self._parts.valkey.wait_woken(WAKE_CHANNEL, seconds)
        except ValkeyDown:
            return self._stop.wait(seconds)


class Aside:
    """One piece of work at a time in a thread of its own: a call to many may take longer than a lease can wait."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name, self._work = name, work
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self) -> None:
        """Unless it is under way."""
        if not self.busy:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()


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
