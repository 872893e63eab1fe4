"""Every export of a county (72,914 people) and of a tenth of it, made by a worker: time, memory, statements."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.progress import Progress
from sqlalchemy import event, func, select

from benchmarks import county, tables
from bot.push import jobs_exports
from bot.services import export_jobs, exports
from bot.services.export_wishes import Wish
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import ExportJob, ExportPart, Staff

KEY = "c2V2ZW4gdGltZXMgc2V2ZW4gaXMgZm9ydHkgbmluZS4="
COLUMNS = ("rows", "csv, s", "xlsx, s", "peak, MB: a tenth", "county", "statements: a tenth", "county")


def made(url: str, folder: str, kind: str, form: str) -> dict[str, Any]:
    """One export by a worker of its own, in this process, whose memory nothing else has used."""
    database, cipher = Database(url), Cipher(KEY)
    with database.session() as db:
        writing(db)
        wish = Wish(kind, *county.YEAR)
        job_id = export_jobs.ask(db, wish, form, 1, county.NOW).id
        db.commit()
    statements = 0

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal statements
        statements += statement.startswith("SELECT") and "export_" not in statement and "FROM staff" not in statement

    before = peak_mb()
    event.listen(database.engine, "before_cursor_execute", count)
    began = time.perf_counter()
    jobs_exports.make_due(database, cipher, "bench/0/0/0", lambda: county.NOW, Settings(data_dir=Path(folder)))
    took = time.perf_counter() - began
    with database.session() as db:
        job = db.get_one(ExportJob, job_id)
        assert job.state == "ready", job.state
        parts = db.scalars(select(func.count()).where(ExportPart.job_id == job_id)).one()
        found = {"rows": job.progress, "s": took, "mb": job.size / 1e6, "parts": parts, "statements": statements}
    with database.session() as db:  # the next begins with as large a database
        export_jobs.expire(db, county.NOW + timedelta(days=2))
        db.commit()
    return {**found, "peak_mb": peak_mb(), "before_mb": before}


def peak_mb() -> int:
    """Of this process; not getrusage, which counts the memory of the parent that it was forked from."""
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024


def measured(size: county.Size, forms: tuple[str, ...], progress: Progress) -> dict[str, dict[str, dict[str, Any]]]:
    """Kind → form → what `made` found."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'county.db'}"
        database = Database(url)
        database.upgrade()
        with database.session() as db:
            writing(db)
            db.add(Staff(username="chen", role="admin", password_hash="", created_at=county.NOW))
            db.commit()
        county.fill(database, Cipher(KEY), size, progress)
        database.dispose()
        task = progress.add_task("exports", total=len(exports.KINDS) * len(forms))
        for kind in exports.KINDS.values():
            for form in (*forms, *(("ics",) if "ics" in kind.forms else ())):
                command = [sys.executable, "-m", "benchmarks.exports", "--one", url, folder, kind.key, form]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                found.setdefault(kind.key, {})[form] = json.loads(done.stdout.splitlines()[-1])
                progress.advance(task)
    return found


def page(tenth: dict[str, dict[str, dict[str, Any]]], whole: dict[str, dict[str, dict[str, Any]]]) -> str:
    lines = {}
    for key, forms in whole.items():
        small, csv, xlsx = tenth[key]["csv"], forms["csv"], forms["xlsx"]
        lines[exports.KINDS[key].title] = [
            f"{csv['rows']:,}", f"{csv['s']:.1f}", f"{xlsx['s']:.1f}", small["peak_mb"],
            f"{csv['peak_mb']} / {xlsx['peak_mb']}", small["statements"], csv["statements"],
        ]  # fmt: skip
        if "ics" in forms:
            small, calendar = tenth[key]["ics"], forms["ics"]
            lines[f"{exports.KINDS[key].title}, a calendar"] = [
                f"{calendar['rows']:,}", f"{calendar['s']:.1f}", "–", small["peak_mb"], calendar["peak_mb"],
                small["statements"], calendar["statements"],
            ]  # fmt: skip
    started = whole["teams"]["csv"]["before_mb"]
    return tables.table(["export", *COLUMNS], lines) + f"\n\nA worker that has made nothing yet stands at {started} MB."


def main() -> None:
    if "--one" in sys.argv:
        print(json.dumps(made(*sys.argv[2:])))
        return
    with Progress() as progress:
        tenth = measured(county.COUNTY.part(10), ("csv",), progress)
        whole = measured(county.COUNTY, ("csv", "xlsx"), progress)
    text = page(tenth, whole)
    print(text)
    if "--write" in sys.argv:
        tables.write("exports", text)


if __name__ == "__main__":
    main()
