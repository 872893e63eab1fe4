"""A county's reminders through the outbox to a WeChat that takes 80 ms, beside bare calls and wechatpy in one run."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rich.progress import Progress
from sqlalchemy import func, insert, select

from benchmarks.load import Measured, run
from benchmarks.tables import table, write
from benchmarks.webhook import APP_ID, KEY, ROOT, TOKEN, messages
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Activity, Follower, Person, Push, Registration, Shift
from tests.fixtures.stack import free_ports
from tests.fixtures.storage import ValkeyServer

COUNTY, SMALL = 72_914, 6_000
IN_FLIGHT = 200
PAUSE_S = 0.08
PAGE = 10_000
PER_SHIFT = 1_500  # as many as a marathon needs
AT_LEAST, WORST_MS = 0.70, 300
WEBHOOK_EVERY_S = 0.05


@dataclass
class Result:
    """Of one run of the outbox. ``rss``: MB of all workers at start, in the middle, at the end."""

    per_s: float
    rss: list[float] = field(default_factory=list)
    webhook: list[float] = field(default_factory=list)
    sent: int = 0
    twice: int = 0


def fill(database: Database, count: int) -> None:
    """Everybody follows, has a seat in one of tomorrow's shifts, and is owed the reminder now."""
    now = datetime.now(timezone.utc)
    starts_at = now + timedelta(hours=24)
    with database.session() as db:
        writing(db)
        activity = {"id": 1, "code": "A1", "title": "江滨公园清洁", "place": "江滨公园南门", "state": "open"}
        db.execute(insert(Activity), [{**activity, "created_at": now, "updated_at": now}])
        shift = {"activity_id": 1, "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
        shifts = range(1, count // PER_SHIFT + 2)
        db.execute(insert(Shift), [{**shift, "id": id, "capacity": PER_SHIFT, "needs": {}} for id in shifts])
        for start in range(1, count + 1, PAGE):
            ids = range(start, min(start + PAGE, count + 1))
            people = [{"id": id, "name": f"张{id}", "created_at": now, "skills": []} for id in ids]
            followers = [{"openid": f"o-{id}", "person_id": id, "followed_at": now} for id in ids]
            seats = [
                {"id": id, "shift_id": (id - 1) // PER_SHIFT + 1, "person_id": id, "openid": f"o-{id}",
                 "state": "confirmed", "state_since": now, "created_at": now}
                for id in ids
            ]  # fmt: skip
            owed = [
                {"key": f"reminder:{id}:24:{starts_at:%Y%m%dT%H%M%SZ}", "openid": f"o-{id}", "kind": "reminder",
                 "due_at": now, "created_at": now, "expires_at": starts_at,
                 "payload": {"registration_id": id, "starts_at": starts_at.isoformat()}}
                for id in ids
            ]  # fmt: skip
            for model, rows in ((Person, people), (Follower, followers), (Registration, seats), (Push, owed)):
                db.connection().execute(insert(model.__table__), rows)  # past the audit log: nobody did this
        db.commit()


def environment(folder: Path, wechat: str, valkey: str) -> dict[str, str]:
    config = folder / "config.yaml"
    config.write_text(f"push: {{templates: {{reminder: {{template: '{'reminder'.ljust(43, '0')}'}}}}}}\n", "utf-8")
    return {
        **os.environ,
        "BOT_CONFIG": str(config), "BOT_DATA_DIR": str(folder), "BOT_REDIS__URL": valkey,
        "BOT_DATABASE__URL": f"sqlite:///{folder}/county.db", "BOT_SECURITY__KEY": Cipher.generate_key(),
        "BOT_WECHAT__API_BASE_URL": wechat, "BOT_WECHAT__APP_ID": APP_ID, "BOT_WECHAT__APP_SECRET": "s" * 32,
        "BOT_WECHAT__TOKEN": TOKEN, "BOT_WECHAT__ENCODING_AES_KEY": KEY, "BOT_WECHAT__MODE": "secure",
        "BOT_PUSH__RATE": "100000", "BOT_PUSH__SWEEP_S": "10", "BOT_LOG_LEVEL": "WARNING",
    }  # fmt: skip


@contextmanager
def process(arguments: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment or dict(os.environ), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.terminate()
        started.wait(timeout=30)


@contextmanager
def slow_wechat() -> Iterator[str]:
    port = free_ports()
    with process(["-m", "benchmarks.slow_wechat", str(port)]) as server:
        assert server.stdout and server.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}"


def ask(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def resident(pids: Sequence[int]) -> float:
    """MB of all these processes."""
    lines = [Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0] for pid in pids]
    return sum(map(int, lines)) / 1024


@contextmanager
def webhook(environment: dict[str, str], latencies: list[float]) -> Iterator[None]:
    """The web as it is served, asked twenty times a second all the while."""
    port, over = free_ports(), threading.Event()
    with process(["-m", "bot", "serve", "--port", str(port)], environment):
        deadline = time.monotonic() + 180
        while True:
            try:
                ask(f"http://127.0.0.1:{port}/readyz")
                break
            except OSError as error:
                if getattr(error, "code", 0) == 503:
                    break  # it answers; no worker yet
                assert time.monotonic() < deadline, "the web did not start"
                time.sleep(0.2)
        run(port, messages(100), 2)

        def keep_asking() -> None:
            for request in messages(20_000):
                if over.wait(WEBHOOK_EVERY_S):
                    return
                measured: Measured = run(port, [request], 1)
                latencies.extend(measured.latencies)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            yield
        finally:
            over.set()
            asking.join()


def outbox(count: int, workers: int, wechat: str, progress: Progress) -> Result:
    """From the first row taken to the last row settled."""
    valkey = ValkeyServer(Path(tempfile.mkdtemp(prefix="qs-vk-")))
    valkey.start()
    result = Result(0.0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder}/county.db")
        database.upgrade()
        fill(database, count)
        settings = {**environment(folder, wechat, valkey.url), "BOT_PUSH__THREADS": str(IN_FLIGHT // workers)}
        bar = progress.add_task(f"{workers} worker{'s' * (workers > 1)}", total=count)
        with webhook(settings, result.webhook):
            started = [process(["-m", "bot", "work"], settings) for _ in range(workers)]
            pids = [each.__enter__().pid for each in started]
            began, done = 0.0, 0
            while done < count:
                time.sleep(0.05 if not done else 0.5)
                done = settled(database)
                progress.update(bar, completed=done)
                if done and not began:
                    began, first = time.perf_counter(), done
                for share in (0.0, 0.5, 1.0):
                    if done and done >= share * count and len(result.rss) == share * 2:
                        result.rss.append(resident(pids))
            result.per_s = (done - first) / (time.perf_counter() - began)
            for each in started:
                each.__exit__(None, None, None)
        with database.session() as db:
            result.sent = db.scalars(select(func.count()).where(Push.state == "sent")).one()
        database.dispose()
    valkey.kill()
    result.twice = int(ask(f"{wechat}/seen")["twice"])
    return result


def settled(database: Database) -> int:
    with database.session() as db:
        return db.scalars(select(func.count()).where(Push.state.not_in(("due", "sending")))).one()


def alone(name: str, wechat: str, count: int) -> float:
    arguments = ["-m", "benchmarks.senders", name, wechat, str(IN_FLIGHT), str(count)]
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    ask(f"{wechat}/seen")
    return float(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    parser.add_argument("--small", action="store_true", help=f"{SMALL} instead of {COUNTY}")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    count = SMALL if options.small else COUNTY
    with slow_wechat() as wechat, Progress() as progress:
        bar = progress.add_task("bare calls, wechatpy", total=2)
        rates = {}
        for name in ("bare", "wechatpy"):
            rates[name] = alone(name, wechat, min(count, PAGE))
            progress.advance(bar)
        results = {workers: outbox(count, workers, wechat, progress) for workers in options.workers}
    page = report(count, rates, results)
    print(page)
    if options.write:
        write("pushes", page)
    best = max(result.per_s for result in results.values())
    return 0 if best >= AT_LEAST * rates["bare"] else 1


def report(count: int, rates: dict[str, float], results: dict[int, Result]) -> str:
    ideal = IN_FLIGHT / PAUSE_S
    rows: dict[str, list[object]] = {
        "200 / 80 ms, if the machine cost nothing": [f"{ideal:,.0f}", "", "", "", ""],
        "bare calls, 200 threads, nothing written": [f"{rates['bare']:,.0f}", "1.00", "", "", ""],
        "wechatpy, 200 threads, nothing written": [
            f"{rates['wechatpy']:,.0f}", f"{rates['wechatpy'] / rates['bare']:.2f}", "", "", "",
        ],
    }  # fmt: skip
    for workers, result in results.items():
        assert result.sent == count, f"{result.sent} of {count} were sent"
        worst = sorted(result.webhook)[int(0.99 * len(result.webhook))] * 1000
        rows[f"Qingsheng, {workers} × {IN_FLIGHT // workers} threads, ledger written"] = [
            f"{result.per_s:,.0f}", f"{result.per_s / rates['bare']:.2f}", f"{result.twice}", f"{worst:.0f}",
            " / ".join(f"{each:.0f}" for each in result.rss),
        ]  # fmt: skip
    columns = [f"{count:,} reminders", "a second", "beside bare calls", "said twice", "webhook p99 ms",
               "MB at start / middle / end"]  # fmt: skip
    return table(columns, rows)


if __name__ == "__main__":
    sys.exit(main())
