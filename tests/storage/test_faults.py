"""The database locked, full, read-only, restarted, deadlocked: a name for each, nothing half-written, and recovery."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, func, make_url, select, text

from bot.storage.database import Busy, Database, StorageError, Unavailable, locked, retrying, writing
from bot.storage.models import Gap, SavedSession

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)


def add(database: Database, words: str = "x") -> None:
    with database.session() as db:
        writing(db)
        db.add(Gap(text=words, decision="none", at=NOW))
        db.commit()


def count(database: Database) -> int:
    with database.session() as db:
        return db.scalars(select(func.count()).select_from(Gap)).one()


@contextmanager
def another_writer(database: Database) -> Iterator[sqlite3.Connection]:
    """A program that knows nothing of our gate, for instance the sqlite3 shell."""
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        if other.in_transaction:
            other.execute("ROLLBACK")


def test_locked_by_another_writer_is_busy_and_over_when_they_are_done(sqlite_url: str) -> None:
    database = Database(sqlite_url, wait_s=0.1)
    with another_writer(database), pytest.raises(Busy):
        add(database)
    add(database)
    assert count(database) == 1
    database.dispose()


def test_three_tries_outlast_a_writer_of_seconds(sqlite_url: str) -> None:
    database = Database(sqlite_url, wait_s=0.3)
    with another_writer(database) as other:
        threading.Timer(0.6, other.execute, ("ROLLBACK",)).start()
        retrying(lambda: add(database))
    assert count(database) == 1
    database.dispose()


def test_readers_are_not_disturbed_by_a_writer(sqlite_url: str) -> None:
    database = Database(sqlite_url, wait_s=0.1)
    with another_writer(database):
        assert count(database) == 0
    database.dispose()


def test_a_full_disk_is_named_nothing_is_half_written_and_it_recovers(sqlite_database: Database) -> None:
    add(sqlite_database)
    with sqlite_database.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    sqlite_database.dispose()

    def fill() -> None:
        with sqlite_database.session() as db:
            writing(db)
            db.connection().execute(text(f"PRAGMA max_page_count = {pages}"))
            for number in range(50):
                db.add(SavedSession(openid=f"o{number}", content={"x": "y" * 5000}, saved_at=NOW))
            db.commit()

    with pytest.raises(Unavailable, match="full") as full:
        fill()
    assert full.value.again is False
    sqlite_database.dispose()  # the limit belonged to the connection
    with sqlite_database.session() as db:
        assert db.scalars(select(func.count()).select_from(SavedSession)).one() == 0
    add(sqlite_database)
    assert count(sqlite_database) == 2


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"This is not SQLite. " * 500)
    with pytest.raises(Unavailable, match="not a database"):
        count(Database(f"sqlite:///{tmp_path / 'x.db'}"))


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(Unavailable) as gone:
        count(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    assert gone.value.again is True


def disconnect_everybody(url: URL) -> None:
    with psycopg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname="postgres", autocommit=True
    ) as server:
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])


def test_a_restart_of_postgresql_breaks_one_transaction_and_the_next_try_works(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    tries = []

    def work() -> None:
        with database.session() as db:
            writing(db)
            db.add(Gap(text="x", decision="none", at=NOW))
            db.flush()
            tries.append(1)
            if len(tries) == 1:
                disconnect_everybody(make_url(postgresql_url))
            db.commit()

    with pytest.raises(Unavailable) as broken:
        work()
    assert broken.value.again is True
    assert count(database) == 0
    tries.clear()
    retrying(work)
    assert (len(tries), count(database)) == (2, 1)
    database.dispose()


def test_a_deadlock_is_broken_and_tried_again(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    add(database, "first")
    add(database, "second")
    both = threading.Barrier(2)
    failures: list[type[StorageError]] = []

    def swap(order: tuple[int, int]) -> Callable[[], None]:
        waited = []

        def work() -> None:
            with database.session() as db:
                writing(db)
                try:
                    locked(db, Gap, order[0])
                    if not waited:
                        waited.append(1)
                        both.wait(5)
                    row = locked(db, Gap, order[1])
                    assert row is not None
                    row.text += "!"
                    db.commit()
                except StorageError as error:
                    failures.append(type(error))
                    raise

        return work

    threads = [threading.Thread(target=retrying, args=(swap(order),)) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with database.session() as db:
        assert sorted(db.scalars(select(Gap.text))) == ["first!", "second!"]
    assert failures == [Busy]
    database.dispose()


def test_waiting_for_a_lock_ends(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    add(database)
    with database.session() as holder:
        writing(holder)
        locked(holder, Gap, 1)
        with database.session() as other, pytest.raises(Busy):
            writing(other)
            other.connection().execute(text("SET LOCAL lock_timeout = '50ms'"))
            locked(other, Gap, 1)
    database.dispose()


# -- retrying -----------------------------------------------------------------------------------------------


def failing(error: Exception, times: int) -> tuple[Callable[[], int], list[int]]:
    calls: list[int] = []

    def work() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return 42

    return work, calls


def test_retrying_three_times_and_no_more() -> None:
    work, calls = failing(Busy("x"), 2)
    assert (retrying(work, pause_s=0), len(calls)) == (42, 3)
    work, calls = failing(Busy("x"), 3)
    with pytest.raises(Busy):
        retrying(work, pause_s=0)
    assert len(calls) == 3


def test_what_will_not_pass_is_not_tried_again() -> None:
    for error in (Unavailable("the disk is full"), ValueError("a mistake of ours")):
        work, calls = failing(error, 9)
        with pytest.raises(type(error)):
            retrying(work, pause_s=0)
        assert len(calls) == 1


def test_no_try_begins_after_the_time_is_over() -> None:
    work, calls = failing(Busy("x"), 9)
    with pytest.raises(Busy):
        retrying(work, within_s=0)
    assert len(calls) == 1
