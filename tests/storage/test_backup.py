"""A copy while people write, and the way back: what was there is there again, nothing is half done."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.storage import backup
from bot.storage.backup import BackupFailed
from bot.storage.database import Database, retrying, writing
from bot.storage.models import Gap

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)


def add(database: Database, words: str) -> None:
    with database.session() as db:
        writing(db)
        db.add(Gap(text=words, decision="none", at=NOW))
        db.commit()


def words(database: Database) -> list[str]:
    with database.session() as db:
        return list(db.scalars(select(Gap.text).order_by(Gap.id)))


def test_there_and_back(database: Database, database_url: str, tmp_path: Path) -> None:
    add(database, "kept")
    size = backup.backup(database_url, tmp_path / "copy")
    assert size == (tmp_path / "copy").stat().st_size > 1000
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    add(database, "after the copy")
    backup.restore(database_url, tmp_path / "copy")
    assert words(database) == ["kept"]
    add(database, "goes on")
    assert words(database) == ["kept", "goes on"]
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy"]


def test_the_guards_come_back_too(database: Database, database_url: str, tmp_path: Path) -> None:
    backup.backup(database_url, tmp_path / "copy")
    backup.restore(database_url, tmp_path / "copy")
    triggers = "sqlite_master WHERE type = 'trigger'" if database.is_sqlite else "pg_trigger WHERE NOT tgisinternal"
    with database.session() as db:
        assert db.execute(text(f"SELECT count(*) FROM {triggers}")).scalar_one() >= 2


def test_a_copy_under_load_is_one_moment(database: Database, database_url: str, tmp_path: Path) -> None:
    """Each transaction writes two rows: no copy has an odd number."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            retrying(pair, times=9)

    def pair() -> None:
        with database.session() as db:
            writing(db)
            db.add_all([Gap(text="x", decision="none", at=NOW) for _ in range(2)])
            db.commit()

    writers = [threading.Thread(target=work) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for number in range(3):
            backup.backup(database_url, tmp_path / f"copy{number}")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for number in range(3):
        backup.restore(database_url, tmp_path / f"copy{number}")
        assert len(words(database)) % 2 == 0


def test_a_damaged_copy_changes_nothing(sqlite_database: Database, sqlite_url: str, tmp_path: Path) -> None:
    add(sqlite_database, "kept")
    copy = tmp_path / "copy"
    backup.backup(sqlite_url, copy)
    whole = copy.read_bytes()
    for broken in (whole[:-5000], whole[:4096] + os.urandom(len(whole) - 4096), b"nothing", b""):
        copy.write_bytes(broken)
        with pytest.raises(BackupFailed):
            backup.restore(sqlite_url, copy)
        assert words(sqlite_database) == ["kept"]


def test_a_foreign_database_is_not_taken(sqlite_database: Database, sqlite_url: str, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(BackupFailed, match="不是本程序的数据库备份"):
        backup.restore(sqlite_url, tmp_path / "other.db")
    with sqlite_database.session() as db:
        assert db.scalars(select(func.count()).select_from(Gap)).one() == 0


def test_reasons_are_one_line(sqlite_url: str, postgresql_url: str, tmp_path: Path) -> None:
    add_to = tmp_path / "missing" / "copy"
    cases = [
        lambda: backup.restore(sqlite_url, tmp_path / "nothing"),
        lambda: backup.backup(sqlite_url, add_to),
        lambda: backup.backup(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy"),
        lambda: backup.backup("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path / "copy"),
        lambda: backup.restore(postgresql_url, Path(__file__)),
    ]
    for case in cases:
        with pytest.raises(BackupFailed) as failed:
            case()
        assert len(str(failed.value).splitlines()) == 1
    assert not (tmp_path / "copy").exists()


def test_without_the_tools_it_says_what_to_install(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailed, match="postgresql-client"):
        backup.backup(postgresql_url, tmp_path / "copy")
