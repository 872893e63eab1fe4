"""A copy of the whole database in one file while everything runs, and the way back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from bot.storage.database import Database


class BackupFailed(Exception):
    """Says in one line what is wrong; what was there before is still there."""


def backup(url: str, file: Path) -> int:
    """Write a consistent copy to ``file`` (never half of one) and return its size in bytes."""
    source = make_url(url)
    # The name keeps its place in the folder, so that the last step is a rename on the same disk.
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _backup_sqlite(source, partial) if _is_sqlite(source) else _backup_postgresql(source, partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(file)
    except OSError as error:
        raise BackupFailed(f"cannot write {file}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path) -> None:
    """Put the copy in the place of all that is in the database now, then bring it to the newest form."""
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    target = make_url(url)
    _restore_sqlite(target, file) if _is_sqlite(target) else _restore_postgresql(target, file)
    database = Database(url)
    database.upgrade()
    database.dispose()


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _backup_sqlite(source: URL, file: Path) -> None:
    path = Path(source.database or "")
    if not path.is_file():
        raise BackupFailed(f"there is no database {path}")
    try:
        with closing(sqlite3.connect(path, timeout=10)) as live, closing(sqlite3.connect(file)) as copy:
            # In one step, which is one snapshot and stops nobody; in several, each write would begin it anew.
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, no -wal beside it
            _check(copy, file)
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite: {error}") from error


def _restore_sqlite(target: URL, file: Path) -> None:
    database = Database(target.render_as_string(hide_password=False))
    try:
        with closing(sqlite3.connect(f"file:{file.resolve()}?mode=ro&immutable=1", uri=True)) as copy:
            _check(copy, file)
            assert database.gate is not None and target.database
            database.gate.enter(10)
            try:
                with closing(sqlite3.connect(target.database, timeout=10)) as live:
                    copy.backup(live)
                    live.execute("PRAGMA journal_mode = WAL")
            finally:
                database.gate.leave()
    except sqlite3.Error as error:
        raise BackupFailed(f"{file} cannot be restored: {error}") from error
    finally:
        database.dispose()


def _check(connection: sqlite3.Connection, file: Path) -> None:
    found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise BackupFailed(f"{file} is damaged: {found}")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        raise BackupFailed(f"{file} is not a database of this program")


def _backup_postgresql(source: URL, file: Path) -> None:
    _run("pg_dump", source, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


def _restore_postgresql(target: URL, file: Path) -> None:
    with file.open("rb") as written:
        if written.read(5) != b"PGDMP":
            raise BackupFailed(f"{file} is not a copy made from PostgreSQL")
    _run(
        "pg_restore", target, "--clean", "--if-exists", "--no-owner", "--no-privileges",
        "--single-transaction", "--exit-on-error", f"--dbname={target.database}", str(file),
    )  # fmt: skip


def _run(program: str, url: URL, *arguments: str) -> None:
    """The password goes through the environment: a command line is everybody's to read."""
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"{program} is needed for PostgreSQL and not installed here (package postgresql-client)")
    given = {
        "PGHOST": url.host or str(url.query.get("host", "")),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
        "PGOPTIONS": "-c lock_timeout=30s",
    }
    environment = {**os.environ, **{name: value for name, value in given.items() if value}}
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BackupFailed(f"{program}: {lines[0]}")
