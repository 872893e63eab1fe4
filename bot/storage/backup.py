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
    """Says to whoever typed the command, in one line, what is wrong; what was there before is still there."""


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
        raise BackupFailed(f"写不了 {file}（{error.strerror}），请换个能写的位置") from error
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path) -> None:
    """Put the copy in the place of all that is in the database now, then bring it to the newest form."""
    if not file.is_file():
        raise BackupFailed(f"没有文件 {file}")
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
        raise BackupFailed(f"还没有数据库 {path}，请先启动一次或执行 db upgrade")
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
        raise BackupFailed(f"{file} 恢复不了：{error}") from error
    finally:
        database.dispose()


def _check(connection: sqlite3.Connection, file: Path) -> None:
    found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise BackupFailed(f"{file} 已损坏：{found}")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        raise BackupFailed(f"{file} 不是本程序的数据库备份")


def _backup_postgresql(source: URL, file: Path) -> None:
    _run("pg_dump", source, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


def _restore_postgresql(target: URL, file: Path) -> None:
    with file.open("rb") as written:
        if written.read(5) != b"PGDMP":
            raise BackupFailed(f"{file} 不是从 PostgreSQL 备份出来的")
    _run(
        "pg_restore", target, "--clean", "--if-exists", "--no-owner", "--no-privileges",
        "--single-transaction", "--exit-on-error", f"--dbname={target.database}", str(file),
    )  # fmt: skip


def _run(program: str, url: URL, *arguments: str) -> None:
    """The password goes through the environment: a command line is everybody's to read."""
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"备份 PostgreSQL 要用 {program}，这台机器上没有，请安装 postgresql-client")
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
