"""Large exports: one worker makes a file, another finishes what a kill left, a full disk is a word in the list."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.push import jobs_exports, leases
from bot.services import export_jobs, exports
from bot.services.export_wishes import Wish
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, unguarded, writing
from bot.storage.models import ExportJob, Staff
from tests.fixtures.ledger import entry
from tests.fixtures.world import NOW, World

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import sys, time
from pathlib import Path
from bot.push import jobs_exports, leases
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from tests.fixtures.world import NOW

def still(*_):
    print("in the middle", flush=True)
    time.sleep(60)

jobs_exports._still, jobs_exports.TELL_EVERY = still, 2
database_url, key, folder = sys.argv[1:]
settings = Settings(data_dir=Path(folder))
jobs_exports.make_due(Database(database_url), Cipher(key), leases.holder_name(), lambda: NOW, settings)
"""


@pytest.fixture
def asked(database: Database, cipher: Cipher) -> ExportJob:
    """Somebody wants the hours of five people."""
    with database.session() as db:
        world = World(db, cipher)
        writing(db)
        db.add(Staff(username="chen", role="admin", password_hash="", created_at=NOW))
        for person in world.people(5):
            entry(db, person, 90, date(2026, 3, 1))
        job = export_jobs.ask(db, Wish("hours", date(2026, 3, 1), date(2026, 3, 31)), "csv", 1, NOW)
        db.commit()
        return job


def work(database: Database, cipher: Cipher, folder: Path) -> int:
    return jobs_exports.make_due(database, cipher, leases.holder_name(), lambda: NOW, Settings(data_dir=folder))


def job_of(database: Database) -> ExportJob:
    with database.session() as db:
        return db.get_one(ExportJob, 1)


@contextlib.contextmanager
def meeting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two workers wait for each other between reading the job and taking it; alone they go on soon."""
    barrier, instant = threading.Barrier(2), leases.instant

    def slowly(db):  # type: ignore[no-untyped-def]
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        return instant(db)

    with monkeypatch.context() as patched:
        patched.setattr(leases, "instant", slowly)
        yield


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_two_workers_never_make_the_same_file(
    database_url: str, database: Database, asked: ExportJob, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    workers = [Database(database_url, wait_s=10) for _ in range(2)]
    claim = lambda number: jobs_exports._claim(workers[number], leases.holder_name(number), 60)  # noqa: E731
    with meeting(monkeypatch), contextlib.nullcontext() if guard else unguarded(), ThreadPoolExecutor(2) as threads:
        claims = list(threads.map(claim, range(2)))
    for worker in workers:
        worker.dispose()
    assert sum(claimed is not None for claimed in claims) == (1 if guard else 2), claims
    assert job_of(database).attempts == 1


def test_what_a_killed_worker_left_is_made_by_another(
    database_url: str, database: Database, asked: ExportJob, tmp_path: Path
) -> None:
    key = Cipher.generate_key()
    command = [sys.executable, "-c", WORKER, database_url, key, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout and "in the middle\n" in iter(process.stdout.readline, "")
    assert job_of(database).state == "running" and work(database, Cipher(key), tmp_path) == 0, "it lives: nobody else"
    process.kill()
    process.wait()
    assert len(list((tmp_path / "exports").iterdir())) == 1, "rows about people lie there"
    assert work(database, Cipher(key), tmp_path) == 1
    assert list((tmp_path / "exports").iterdir()) == []
    done = job_of(database)
    assert (done.state, done.attempts, done.progress) == ("ready", 2, 5)
    with database.session() as db:
        assert b"".join(export_jobs.parts(db, Cipher(key), 1)).count(b"1.5") == 5


def test_who_was_given_up_adds_no_part(
    database: Database, asked: ExportJob, cipher: Cipher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else takes the job while the first writes its parts: a file is never of two."""
    monkeypatch.setattr(jobs_exports, "PART", 40)
    keep, kept = export_jobs.keep, []

    def given_up(db, cipher, job, number, content):  # type: ignore[no-untyped-def]
        keep(db, cipher, job, number, content)
        kept.append(number)
        if len(kept) == 2:
            job.attempts += 1

    monkeypatch.setattr(export_jobs, "keep", given_up)
    assert work(database, cipher, tmp_path) == 0 and kept == [0, 1] and job_of(database).state == "running"
    with database.session() as db:
        writing(db)
        db.get_one(ExportJob, 1).leased_until = None
        db.commit()
    assert work(database, cipher, tmp_path) == 1
    with database.session() as db:
        whole = b"".join(export_jobs.parts(db, cipher, 1))
    assert whole.count(b"1.5") == 5 and len(whole) == job_of(database).size > 300


def test_workers_that_are_always_killed_end_a_job(
    database: Database, asked: ExportJob, cipher: Cipher, tmp_path: Path
) -> None:
    with database.session() as db:
        writing(db)
        job = db.get_one(ExportJob, 1)
        job.state, job.attempts = "running", jobs_exports.TRIES
        db.commit()
    assert work(database, cipher, tmp_path) == 0
    assert (job_of(database).state, job_of(database).error) == ("failed", "gone")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the spreadsheet's file is closed late
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_full_disk_is_said_and_not_tried_again(
    database: Database, asked: ExportJob, cipher: Cipher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    write = exports.write

    def onto_a_full_disk(db, reader, path, _form, seen):  # type: ignore[no-untyped-def]
        path.unlink()
        path.symlink_to("/dev/full")
        write(db, reader, path, form, seen)

    monkeypatch.setattr(exports, "write", onto_a_full_disk)
    assert work(database, cipher, tmp_path) == 0
    failed = job_of(database)
    assert (failed.state, failed.error, failed.attempts) == ("failed", "disk", 1)
    assert list((tmp_path / "exports").iterdir()) == []
    gc.collect()


def test_who_was_shut_out_gets_no_file(database: Database, asked: ExportJob, cipher: Cipher, tmp_path: Path) -> None:
    with database.session() as db:
        writing(db)
        db.get_one(Staff, 1).disabled_at = NOW
        db.commit()
    assert work(database, cipher, tmp_path) == 0
    assert (job_of(database).state, job_of(database).error) == ("failed", "refused")


def test_what_lies_beside_the_database_for_a_day_goes(database: Database, tmp_path: Path) -> None:
    settings, left = Settings(data_dir=tmp_path), tmp_path / "exports" / "7-abc"
    left.mkdir(parents=True)
    (left / "export").write_text("rows")
    jobs_exports.expire(database, NOW, settings)
    lies_since = left.stat().st_mtime
    assert left.exists()
    jobs_exports.expire(database, NOW.fromtimestamp(lies_since, NOW.tzinfo) + timedelta(hours=25), settings)
    assert not left.exists()
