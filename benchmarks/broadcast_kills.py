"""A broadcast to a county (72,914 followers), its worker killed ten times: who got it how often; time and memory."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from rich.progress import Progress
from sqlalchemy import func, insert, select

from benchmarks import tables
from bot.simulator.followers import Follower as Simulated
from bot.storage.database import Database, writing
from bot.storage.models import Batch, Broadcast, Follower, Recipient
from tests.push.stage import Simulated as WeChat
from tests.push.stage import simulated

COUNTY = 72_914
KILLS = 10
COLUMNS = ("followers", "got it once", "twice", "not", "calls / tries", "s", "worker's peak, MB")
SEED = 20260303
ONE_IN = 100  # wants no broadcasts, so that lists of openids are sent

WORKER = """
import sys
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from bot.push import worker
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import connect
from tests.push.account import client_for, settings_for

database_url, wechat_url, ahead_s, once = sys.argv[1:]
settings = settings_for(wechat_url)
valkey = connect("unix:///nowhere")
parts = SimpleNamespace(
    settings=settings, database=Database(database_url), valkey=valkey, cipher=Cipher(Cipher.generate_key()),
    client=client_for(settings, valkey), now=lambda: datetime.now(timezone.utc) + timedelta(seconds=float(ahead_s)),
)
print("began", flush=True)
if once == "once":
    worker.run(parts, once=True)
    # Not getrusage, which counts the memory of the parent that it was forked from.
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
else:
    worker.run(parts)
"""


@dataclass(frozen=True)
class Result:
    """``seen``: how many followers were shown it how often; ``states`` of recipients; ``calls`` to WeChat."""

    seen: Counter[int]
    states: Counter[str]
    calls: int
    tries: int
    peak_mb: int
    lasted_s: float


def prepare(database: Database, wechat: WeChat, number: int, now: datetime) -> list[str]:
    openids = [f"oQS7k1{n:022}" for n in range(number)]
    state = wechat.world.state
    with state.lock:
        for openid in openids:
            state.keep(Simulated(openid, "", now.timestamp(), following=True, followed_at=now.timestamp()))
    with database.session() as db:
        writing(db)
        rows = [
            {"openid": openid, "followed_at": now, "broadcasts": bool(n % ONE_IN)} for n, openid in enumerate(openids)
        ]
        db.execute(insert(Follower), rows)
        db.add(Broadcast(code="county", title="周六河边见", audience={"all": True}, state="approved", author="staff:1",
                         due_at=now, created_at=now, updated_at=now))  # fmt: skip
        db.commit()
    return openids[0::ONE_IN]


def measure(url: str, number: int, kills: int, progress: Progress) -> Result:
    database = Database(url)
    database.upgrade()
    chance = random.Random(SEED)
    morning = datetime.now(timezone.utc).replace(hour=2, minute=0)  # ten in Beijing: at night nothing would leave
    ahead_s = (morning - datetime.now(timezone.utc)).total_seconds()
    with simulated() as wechat:
        wechat.set_clock(morning)
        refusing = prepare(database, wechat, number, morning)
        began = time.perf_counter()
        task = progress.add_task(f"{number:,} followers, {kills} kills", total=kills + 1)
        for _ in range(kills):
            process = start(url, wechat, ahead_s, "forever")
            time.sleep(chance.uniform(0.2, 2.0))
            process.kill()
            process.wait()
            ahead_s += 62  # the minute that WeChat wants between two calls with one id
            wechat.ask("/sim/clock", {"advance_s": 62})
            progress.advance(task)
        peak = 0
        for wait_s in (0, 62, 62, 660):  # the last: reports that do not come are asked for
            ahead_s += wait_s
            wechat.ask("/sim/clock", {"advance_s": wait_s})
            process = start(url, wechat, ahead_s, "once")
            peak = max(peak, int(process.communicate()[0].split()[-1]) // 1024)
        progress.advance(task)
        lasted = time.perf_counter() - began
        state = wechat.world.state
        shown = {openid: sum(1 for one in state.inbox(openid) if one["kind"] == "mass") for openid in state.followers}
        assert not any(shown[openid] for openid in refusing), "somebody who wants none was told"
        for openid in refusing:
            shown.pop(openid)
        with database.session() as db:
            states = Counter({s: int(n) for s, n in db.execute(
                select(Recipient.state, func.count()).group_by(Recipient.state)
            )})  # fmt: skip
            calls = db.scalar(select(func.count()).select_from(Batch)) or 0
            tries = db.scalar(select(func.sum(Batch.attempts))) or 0
            assert db.scalars(select(Broadcast.state)).one() == "done"
    database.dispose()
    return Result(Counter(shown.values()), states, calls, tries, peak, lasted)


def start(url: str, wechat: WeChat, ahead_s: float, mode: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WORKER, url, wechat.url, str(ahead_s), mode]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=None, text=True)
    assert process.stdout and process.stdout.readline() == "began\n"
    return process


def main() -> int:
    """A tenth of the county and all of it undisturbed, then with kills. Exit 1 when anybody got it twice or not."""
    fine, rows = True, {}
    with tempfile.TemporaryDirectory() as folder, Progress() as progress:
        for number, kills in ((COUNTY // 10, 0), (COUNTY, 0), (COUNTY, KILLS)):
            url = f"sqlite:///{Path(folder) / f'{number}-{kills}.db'}"
            result = measure(url, number, kills, progress)
            fine = fine and set(result.seen) == {1} and result.states == {"sent": result.seen[1]}
            rows[f"{number:,}, {kills} kills"] = (
                f"{result.seen[1]:,}", result.seen[2], result.seen[0], f"{result.calls} / {result.tries}",
                f"{result.lasted_s:.0f}", result.peak_mb,
            )  # fmt: skip
    page = tables.table(COLUMNS, rows)
    print(page)
    if "--write" in sys.argv:
        tables.write("broadcast_kills", page)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
