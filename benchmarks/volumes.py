"""My hours and the list of activities in a big county (100,000 people, a million entries), and in one a tenth of it."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from benchmarks import tables
from bot.services import hours, listings
from bot.storage.database import Database, writing
from bot.storage.models import Activity, LedgerEntry, Person, Registration, Shift

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)
SIZES = {"a tenth": (10_000, 500, 100_000), "whole": (100_000, 5_000, 1_000_000)}
ROUNDS = 200
PAGE = 20_000
SEATS = 20


def fill(db: Session, people: int, shifts: int, entries: int) -> None:
    """Two thirds of the shifts are past, as after some years; every coming one has ten people."""
    writing(db)
    for start in range(0, people, PAGE):
        ids = range(start + 1, min(start + PAGE, people) + 1)
        db.execute(insert(Person), [{"id": id, "name": f"张{id}", "created_at": NOW, "skills": []} for id in ids])
    dates = [NOW + timedelta(hours=6 * (number - shifts * 2 // 3)) for number in range(shifts)]
    db.execute(insert(Activity), [
        {"id": n + 1, "code": f"X{n + 1}", "title": f"活动{n}", "place": "江滨公园", "created_at": NOW,
         "updated_at": NOW}
        for n in range(shifts)
    ])  # fmt: skip
    db.execute(insert(Shift), [
        {"id": n + 1, "activity_id": n + 1, "starts_at": at, "ends_at": at + timedelta(hours=2), "capacity": SEATS,
         "needs": {}}
        for n, at in enumerate(dates)
    ])  # fmt: skip
    db.execute(insert(Registration), [
        {"shift_id": n + 1, "person_id": (n * 10 + k) % people + 1, "openid": "o", "state": "confirmed",
         "state_since": NOW, "created_at": NOW}
        for n in range(shifts) for k in range(10)
    ])  # fmt: skip
    for start in range(0, entries, PAGE):
        db.execute(insert(LedgerEntry), [
            {"person_id": n % people + 1, "kind": "credit", "minutes": 60 + n % 150, "title": f"活动{n % shifts}",
             "effective_on": date(2024, 1, 1) + timedelta(days=n % 780), "detail": {}, "rule_since": date(2017, 1, 1),
             "entered_by": "system", "created_at": NOW, "external_id": str(n), "source": "bench"}
            for n in range(start, min(start + PAGE, entries))
        ])  # fmt: skip
    db.commit()


def milliseconds(work: Callable[[int], object]) -> tuple[float, float]:
    """Median and 99th percentile of one call."""
    took = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        work(number)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


def measured(name: str) -> tuple[list[str], list[str]]:
    people, shifts, entries = SIZES[name]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'county.db'}")
        database.upgrade()
        with database.session() as db:
            fill(db, people, shifts, entries)
            assert db.scalars(select(func.count()).select_from(LedgerEntry)).one() == entries
        year = date(2026, 1, 1)
        with database.session() as db:
            works: dict[str, Callable[[int], object]] = {
                "我的时长": lambda n: hours.total(db, n * 97 % people + 1),
                "今年的时长": lambda n: hours.total(db, n * 97 % people + 1, first=year),
                "活动列表": lambda n: listings.listed(db, NOW, limit=6),
            }
            cells = []
            for work in works.values():
                middle, worst = milliseconds(work)
                cells.append(f"{middle:.2f} / {worst:.2f}")
            plans = [plan(db, "SELECT kind, sum(minutes) FROM ledger_entries WHERE person_id IN (SELECT id FROM people"
                              " WHERE id = 7 OR merged_into = 7) GROUP BY kind")]  # fmt: skip
        database.dispose()
    return cells, plans


def plan(db: Session, statement: str) -> str:
    return "; ".join(row[3] for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}")))


def main() -> None:
    rows = {}
    for name, (people, shifts, entries) in SIZES.items():
        cells, plans = measured(name)
        rows[f"{people:,} people, {shifts:,} shifts, {entries:,} entries"] = cells
    page = tables.table(["p50 / p99 ms on SQLite", "我的时长", "今年的时长", "活动列表"], rows)
    page += f"\n\nThe plan of 我的时长: `{plans[0]}`."
    print(page)
    if "--write" in sys.argv:
        tables.write("volumes", page)


if __name__ == "__main__":
    main()
