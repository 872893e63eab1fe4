"""The outbox under ten kills (kill -9) of its worker: what was called twice, marked or not, and what was lost."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress
from sqlalchemy import select

from benchmarks import tables
from benchmarks.pushes import COUNTY, SMALL, ask, environment, fill, process, settled, slow_wechat
from bot.push.hands import PREFETCH
from bot.storage.database import Database
from bot.storage.models import Push
from tests.fixtures.storage import ValkeyServer

KILLS = 10
THREADS = 100
IN_HAND = THREADS + PREFETCH
SEED = 20260303
COLUMNS = ("reminders", "kills", "sent", "ended otherwise", "never called", "called twice", "of these not marked",
           "for each kill, of those in hand", "s")  # fmt: skip


@dataclass(frozen=True)
class Result:
    """``again``: who was called more than once, and which of them the ledger does not mark."""

    states: Counter[str]
    called: int
    again: int
    unmarked: int
    lasted_s: float


def measure(count: int, kills: int, wechat: str, progress: Progress) -> Result:
    """The worker as it is run; each time it is killed at a moment by chance, in the middle of its work."""
    chance = random.Random(SEED)
    valkey = ValkeyServer(Path(tempfile.mkdtemp(prefix="qs-vk-")))
    valkey.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder}/county.db")
        database.upgrade()
        fill(database, count)
        settings = {**environment(folder, wechat, valkey.url), "BOT_PUSH__THREADS": str(THREADS)}
        began = time.perf_counter()
        bar = progress.add_task(f"{count:,} reminders, {kills} kills", total=count)
        for kill in range(kills + 1):
            with process(["-m", "bot", "work"], settings) as worker:
                # Half of the kill's share, for it goes on until it is noticed: the last kill still meets work.
                until = count if kill == kills else min(count, settled(database) + count // (2 * kills + 2))
                while (done := settled(database)) < until:
                    progress.update(bar, completed=done)
                    time.sleep(0.05)
                time.sleep(chance.uniform(0.0, 0.1) if kill < kills else 0.0)
                worker.kill()
        progress.update(bar, completed=count)
        lasted_s = time.perf_counter() - began
        seen = ask(f"{wechat}/seen")
        with database.session() as db:
            rows = db.execute(select(Push.openid, Push.state, Push.maybe_sent)).all()
        database.dispose()
    valkey.kill()
    marked = {openid for openid, _, maybe in rows if maybe}
    states = Counter(state for _, state, _ in rows)
    return Result(states, seen["openids"], seen["twice"], len(set(seen["again"]) - marked), lasted_s)


def main() -> int:
    """Exit 1 when a row is lost, ends in no end, is called twice unmarked, or more than was in hand is repeated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    parser.add_argument("--small", action="store_true", help=f"{SMALL} instead of {COUNTY}")
    options = parser.parse_args()
    count = SMALL if options.small else COUNTY
    with slow_wechat() as wechat, Progress() as progress:
        found = measure(count, KILLS, wechat, progress)
    row = (
        KILLS, f"{found.states['sent']:,}", count - found.states["sent"], count - found.called, found.again,
        found.unmarked, f"{found.again / KILLS:.0f} of {IN_HAND}", f"{found.lasted_s:.0f}",
    )  # fmt: skip
    page = tables.table(COLUMNS, {f"{count:,}": row})
    print(page)
    if options.write:
        tables.write("push_kills", page)
    whole = found.states == {"sent": count} and found.called == count
    return 0 if whole and not found.unmarked and found.again <= KILLS * IN_HAND else 1


if __name__ == "__main__":
    sys.exit(main())
