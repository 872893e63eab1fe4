"""The backup of each night: made once, old ones cleared away; when there is none, those on duty hear why."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.push import jobs_backup
from bot.settings import Backup, Settings
from bot.storage import backup as copies
from bot.storage.database import Database, writing
from bot.storage.models import Lease, Push, Staff
from tests.fixtures.world import NOW

NIGHT = datetime(2026, 3, 3, 19, 30, tzinfo=timezone.utc)  # half past three in Beijing
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, backup=Backup(keep=2))


def look(database: Database, settings: Settings, at: datetime) -> list[Path | None]:
    """As the worker does, only not aside."""
    made: list[Path | None] = []
    start = lambda: made.append(jobs_backup.make(database, settings, "w", at, at))  # noqa: E731
    jobs_backup.look(database, settings, "w", at, at, start)
    return made


def on_duty(database: Database) -> None:
    staff = {"username": "li", "role": "admin", "password_hash": "", "created_at": NOW}
    with database.session() as db:
        writing(db)
        db.add(Staff(**staff, openid="o-li", on_duty=True))
        db.commit()


def told(database: Database) -> list[str]:
    with database.session() as db:
        return [push.payload["why"] for push in db.query(Push).order_by(Push.id)]


def test_one_each_night_and_only_the_newest_stay(database: Database, settings: Settings, tmp_path: Path) -> None:
    suffix = ".db" if database.is_sqlite else ".dump"
    assert look(database, settings, NIGHT - DAY) == [], "of what began this minute the night's is the first"
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "by-hand.db").touch()
    (tmp_path / "backups" / ".qingsheng-2026-03-01.db.partial").touch()
    names = [f"qingsheng-2026-03-0{number}{suffix}" for number in (4, 5, 6)]
    for night, name in enumerate(names):
        (file,) = look(database, settings, NIGHT + night * DAY)
        assert file is not None and file.name == name
        # The turn lasts ten minutes by a clock that nobody can set; the night is over before.
        assert look(database, settings, NIGHT + night * DAY + timedelta(hours=1)) == []
        forget_turn(database)
    kept = {file.name for file in (tmp_path / "backups").iterdir()}
    assert kept == {*names[1:], "by-hand.db"}
    if database.is_sqlite:
        with sqlite3.connect(tmp_path / "backups" / names[-1]) as copy:
            assert copy.execute("SELECT fence FROM leases WHERE name = 'backup'").fetchone() == (2,)


def forget_turn(database: Database) -> None:
    with database.session() as db:
        writing(db)
        db.execute(delete(Lease).where(Lease.name == "timer:backup"))
        db.commit()


def test_of_two_workers_one_makes_it(database: Database, settings: Settings) -> None:
    look(database, settings, NIGHT - DAY)
    assert jobs_backup.make(database, settings, "one", NIGHT, NIGHT) is not None
    assert jobs_backup.make(database, settings, "other", NIGHT, NIGHT) is None


def test_whoever_is_on_duty_hears_once_a_day_that_there_is_none(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(url: str, file: Path) -> int:
        raise copies.BackupFailed("写不了，磁盘已满")

    on_duty(database)
    look(database, settings, NIGHT - DAY)
    monkeypatch.setattr(copies, "backup", full)
    for minutes in (0, 10, 20):
        assert look(database, settings, NIGHT + timedelta(minutes=minutes)) == [None]
        forget_turn(database)
    assert told(database) == ["写不了，磁盘已满"]
    look(database, settings, NIGHT + DAY)
    assert told(database) == ["写不了，磁盘已满", "已经48小时没有做成过备份"]


def test_zero_kept_is_none_made(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, backup=Backup(keep=0))
    assert [look(database, settings, NIGHT + night * DAY) for night in range(2)] == [[], []]
    assert told(database) == []
