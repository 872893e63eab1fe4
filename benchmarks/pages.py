"""The first paint of every page of the console in Chromium, served as it is, in a county of 100,000 people."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from playwright.sync_api import Page, sync_playwright
from rich.progress import track
from sqlalchemy import func, insert, select

from benchmarks.tables import table, write
from bot.processes import demo
from bot.services.samples.county import demo_password
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import (
    Activity,
    AuditEntry,
    Base,
    Follower,
    LedgerEntry,
    Person,
    Push,
    Question,
    QuestionClock,
    Registration,
    Shift,
)
from tests.fixtures.chromium import ARGUMENTS, CHROMIUM
from tests.fixtures.stack import eventually, free_ports
from tests.fixtures.storage import ValkeyServer

ROOT = Path(__file__).resolve().parents[1]
BOT = [sys.executable, "-m", "bot"]
PEOPLE, SHIFTS, SEATS, ENTRIES, QUESTIONS, PUSHES, CHANGES = 100_000, 5_000, 40, 1_000_000, 20_000, 300_000, 500_000
BASE = 1_000_000  # the ids of what is added to the demo's county begin here
PAGE = 20_000
LOADS = 5
MOST_MS = 300
PAINTED = """() => new Promise(done => {
  const told = () => performance.getEntriesByName('first-contentful-paint')[0]
  const ask = () => told() ? done(told().startTime) : setTimeout(ask, 10)
  ask()
})"""
# What is a file and no page.
FILES = re.compile(r"\.(xlsx|csv|ics|pdf|png|svg|yaml)$|/logout|/static/|/picture|/download|/file")


def fill(database: Database, now: datetime) -> None:
    """Beside the demo's few hundred people: a county that has been at work for years."""
    add(database, Person, (
        {"id": BASE + n, "name": f"{'王李张刘陈'[n % 5]}{n}", "created_at": now, "skills": [], "area": "城东街道"}
        for n in range(PEOPLE)
    ), PEOPLE)  # fmt: skip
    add(database, Follower, (
        {"openid": f"o-{n}", "person_id": BASE + n, "followed_at": now - timedelta(days=n % 700)} for n in range(PEOPLE)
    ), PEOPLE)  # fmt: skip
    starts = [now + timedelta(hours=6 * (n - SHIFTS * 2 // 3)) for n in range(SHIFTS)]
    add(database, Activity, (
        {"id": BASE + n, "code": f"X{n}", "title": f"活动{n}", "place": "江滨公园", "state": "open", "created_at": now,
         "updated_at": now} for n in range(SHIFTS)
    ), SHIFTS)  # fmt: skip
    add(database, Shift, (
        {"id": BASE + n, "activity_id": BASE + n, "starts_at": at, "ends_at": at + timedelta(hours=2),
         "capacity": SEATS, "needs": {}, "settled_at": at + timedelta(days=1) if at < now - timedelta(days=3) else None}
        for n, at in enumerate(starts)
    ), SHIFTS)  # fmt: skip
    add(database, Registration, (
        {"shift_id": BASE + n // SEATS, "person_id": BASE + n * 7 % PEOPLE, "openid": f"o-{n * 7 % PEOPLE}",
         "state": "completed" if starts[n // SEATS] < now else "confirmed", "state_since": now,
         "created_at": starts[n // SEATS] - timedelta(days=5)} for n in range(SHIFTS * SEATS)
    ), SHIFTS * SEATS)  # fmt: skip
    add(database, LedgerEntry, (
        {"person_id": BASE + n % PEOPLE, "kind": "credit", "minutes": 60 + n % 150, "title": f"活动{n % SHIFTS}",
         "effective_on": date(2024, 11, 1) + timedelta(days=n % 700), "detail": {}, "rule_since": date(2017, 1, 1),
         "entered_by": "system", "created_at": now, "external_id": str(n), "source": "bench"} for n in range(ENTRIES)
    ), ENTRIES)  # fmt: skip
    asked = [now - timedelta(minutes=40 * n) for n in range(QUESTIONS)]
    add(database, Question, (
        {"id": BASE + n, "number": f"QX{n}", "openid": f"o-{n}", "category": ("rights", "league")[n % 2],
         "state": "accepted" if n < 100 else "closed", "state_since": at, "submitted_at": at, "reviewed_at": at,
         "answered_at": None if n < 100 else at} for n, at in enumerate(asked)
    ), QUESTIONS)  # fmt: skip
    add(database, QuestionClock, (
        {"question_id": BASE + n, "kind": "reply", "started_at": at, "warn_at": at + timedelta(days=2),
         "due_at": at + timedelta(days=3), "stopped_at": None if n < 100 else at} for n, at in enumerate(asked)
    ), QUESTIONS)  # fmt: skip
    states = ("sent", "sent", "sent", "sent", "delivered", "expired", "unreached", "failed")
    add(database, Push, (
        {"key": f"bench:{n}", "openid": f"o-{n % PEOPLE}", "kind": "reminder", "payload": {}, "state": states[n % 8],
         "due_at": now - timedelta(minutes=n), "created_at": now - timedelta(minutes=n), "settled_at": now}
        for n in range(PUSHES)
    ), PUSHES)  # fmt: skip
    add(database, AuditEntry, (
        {"at": now - timedelta(seconds=50 * n), "actor": "system", "subject": f"registrations:{n}", "before": {},
         "after": {"state": "confirmed"}} for n in range(CHANGES)
    ), CHANGES)  # fmt: skip


def add(database: Database, model: type[Base], rows: Iterator[dict[str, object]], total: int) -> None:
    with database.session() as db:
        writing(db)
        page: list[dict[str, object]] = []
        table_of: Any = model.__table__
        for row in track(rows, description=model.__tablename__, total=total):
            page.append(row)
            if len(page) == PAGE:
                db.connection().execute(insert(table_of), page)  # past the audit log: nobody did this
                page = []
        if page:
            db.connection().execute(insert(table_of), page)
        db.commit()


def make_county(folder: Path, port: int) -> None:
    demo.prepare(folder, port)
    env = environment(folder)
    subprocess.run([*BOT, "prepare", "--demo"], cwd=ROOT, env=env, check=True, stderr=subprocess.DEVNULL)
    database = Database(f"sqlite:///{folder}/qingsheng.db")
    with database.session() as db:
        before = db.scalars(select(func.count()).select_from(Person)).one()
    fill(database, datetime.now(timezone.utc))
    with database.session() as db:
        assert db.scalars(select(func.count()).select_from(Person)).one() == before + PEOPLE
    database.dispose()


def environment(folder: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    return {**env, "BOT_DATA_DIR": str(folder), "BOT_CLOCK_URL": "", "BOT_LOG_LEVEL": "ERROR"}


@contextmanager
def served(folder: Path, port: int) -> Iterator[tuple[str, str]]:
    """The console's address and the demo's password."""
    valkey = ValkeyServer(Path(tempfile.mkdtemp(prefix="qs-vk-")))
    valkey.start()
    env = {**environment(folder), "BOT_REDIS__URL": valkey.url}
    made = yaml.safe_load((folder / "demo.yaml").read_text("utf-8"))
    server = subprocess.Popen([*BOT, "serve", "--port", str(port)], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port), 120, "the web starts")
        yield f"http://127.0.0.1:{port}/console", demo_password(Cipher(made["security"]["key"]))
    finally:
        server.terminate()
        server.wait(timeout=30)
        valkey.kill()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except OSError:
        return False


@dataclass
class Painted:
    """Milliseconds from the click, each the median of a few loads."""

    path: str
    first_byte: float
    first_paint: float


def shape(path: str) -> str:
    """One page of many: numbers, codes and names of entries left out."""
    return re.sub(r"/entries/[^/]+|/[^/]*\d[^/]*", "/…", urlsplit(path).path)


def walk(page: Page, url: str) -> Iterator[Painted]:
    """Every kind of page that a link leads to, from today's page on."""
    waiting, known = [f"{url}/"], {shape("/console/")}
    while waiting:
        address = waiting.pop(0)
        firsts, paints = [], []
        for _ in range(LOADS):
            answer = page.goto(address)
            assert answer is not None and answer.ok, (address, answer and answer.status)
            paints.append(float(page.evaluate(PAINTED)))
            firsts.append(float(page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")))
            page.wait_for_load_state("networkidle")  # nobody asks again before the page is whole
        yield Painted(urlsplit(address).path, statistics.median(firsts), statistics.median(paints))
        for link in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            inside = link.startswith(url) and not FILES.search(urlsplit(link).path)
            if inside and shape(link) not in known:
                known.add(shape(link))
                waiting.append(link.partition("#")[0])


def measure(url: str, password: str) -> list[Painted]:
    painted = []
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS).new_page()
        page.goto(f"{url}/login")
        page.get_by_label("登录名").fill("demo-admin")
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/console/")
        for one in walk(page, url):
            painted.append(one)
            print(f"{one.first_byte:6.0f} {one.first_paint:6.0f} ms  {one.path}", flush=True)
    return sorted(painted, key=lambda one: -one.first_paint)


def main() -> int:
    """Exit 1 when a page is painted later than promised."""
    port = free_ports()
    with tempfile.TemporaryDirectory() as folder:
        make_county(Path(folder), port)
        with served(Path(folder), port) as (url, password):
            painted = measure(url, password)
    middle = statistics.median(one.first_paint for one in painted)
    rows = {f"`{one.path}`": [f"{one.first_byte:.0f}", f"{one.first_paint:.0f}"] for one in painted[:10]}
    rows[f"the median of {len(painted)} kinds of pages"] = ["", f"{middle:.0f}"]
    text = table(["the slowest pages", "first byte ms", "first paint ms"], rows)
    print(text)
    if "--write" in sys.argv:
        write("pages", text)
    return 0 if painted[0].first_paint < MOST_MS else 1


if __name__ == "__main__":
    sys.exit(main())
