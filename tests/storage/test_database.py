"""Sessions read until they say they write; writers queue; what goes wrong has a name."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.storage.database import Busy, Database, alone, is_writing, locked, unguarded, writing
from bot.storage.models import Gap, SavedSession, Shift

NOW = datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)


def gap(words: str = "x") -> Gap:
    return Gap(text=words, decision="none", at=NOW)


def count(database: Database) -> int:
    with database.session() as db:
        return db.scalars(select(func.count()).select_from(Gap)).one()


def test_a_reader_may_not_change_rows(database: Database) -> None:
    with database.session() as db:
        db.add(gap())
        with pytest.raises(RuntimeError, match="writing"):
            db.flush()
    with database.session() as db, pytest.raises(RuntimeError, match="writing"):
        db.execute(update(Gap).values(text="y"))
    assert count(database) == 0


def test_a_writer_may(database: Database) -> None:
    with database.session() as db:
        assert not is_writing(db)
        writing(db)
        writing(db)
        assert is_writing(db) and db.info["writing"] is True
        db.add(gap())
        db.commit()
        assert not is_writing(db)
    assert count(database) == 1


def test_writing_begins_before_the_first_change(database: Database) -> None:
    with database.session() as db:
        db.add(gap())
        with pytest.raises(RuntimeError, match="before the first change"):
            writing(db)


def test_what_was_read_before_is_read_anew(database: Database) -> None:
    with database.session() as db:
        writing(db)
        db.add(gap("before"))
        db.commit()
    with database.session() as reader:
        row = reader.scalars(select(Gap)).one()
        with database.session() as other:
            writing(other)
            other.scalars(select(Gap)).one().text = "after"
            other.commit()
        writing(reader)
        assert row.text == "after"


def test_leaving_the_block_rolls_back_and_lets_the_next_write(database: Database) -> None:
    with database.session() as db:
        writing(db)
        db.add(gap())
        db.flush()
    with database.session() as db:
        writing(db)
        db.add(gap())
        db.rollback()
        assert not is_writing(db)
    with pytest.raises(ZeroDivisionError), database.session() as db:
        writing(db)
        1 / 0  # noqa: B018
    with database.session() as db:
        writing(db)
        db.add(gap())
        db.commit()
    assert count(database) == 1


def test_a_broken_constraint_is_the_programs_own_mistake(database: Database) -> None:
    with database.session() as db:
        writing(db)
        for _ in range(2):
            db.add(SavedSession(openid="o", content={}, saved_at=NOW))
        with pytest.raises(IntegrityError):
            db.flush()
    with database.session() as db:
        writing(db)
        db.add(gap())
        db.commit()
    assert count(database) == 1


def test_a_savepoint_does_not_end_the_writing(database: Database) -> None:
    with database.session() as db:
        writing(db)
        with db.begin_nested():
            db.add(gap())
        assert is_writing(db)
        if database.gate:
            with pytest.raises(Busy, match="this process"):
                database.gate.enter(0.01)
        db.commit()
    assert count(database) == 1


def test_the_gate_is_open_as_soon_as_it_is_written(sqlite_database: Database) -> None:
    gate = sqlite_database.gate
    assert gate is not None
    with sqlite_database.session() as db:
        writing(db)
        db.add(gap())
        event.listen(db, "after_commit", lambda _: (gate.enter(0), gate.leave()))
        db.commit()
        writing(db)
        db.rollback()
    gate.enter(0)
    gate.leave()


def test_times_come_back_aware(database: Database) -> None:
    with database.session() as db:
        writing(db)
        db.add(gap())
        db.commit()
    with database.session() as db:
        at = db.scalars(select(Gap.at)).one()
        assert at == NOW and at.utcoffset() is not None
        with pytest.raises(Exception, match="naive"):
            db.scalars(select(Gap).where(Gap.at == datetime(2026, 3, 3))).all()


def test_sqlite_is_as_safe_as_it_can_be(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1300}
    path = Path(str(sqlite_database.url.database))
    assert path.exists()


def test_a_new_file_is_nobody_elses_to_read(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'new.db'}")
    database.upgrade()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "deep").iterdir()}
    assert modes["new.db"] == 0o600
    assert set(modes.values()) == {0o600}
    database.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="needs a file"):
        Database(url)


def test_readers_read_while_somebody_writes(database: Database) -> None:
    with database.session() as writer:
        writing(writer)
        writer.add(gap())
        writer.flush()
        assert count(database) == 0
        writer.commit()
    assert count(database) == 1


def test_writers_pass_one_after_the_other(database: Database) -> None:
    """Each reads a number and writes the next one: together they count without a gap."""

    def add() -> None:
        for _ in range(10):
            with database.session() as db:
                writing(db)
                alone(db, "numbers")
                number = db.scalars(select(func.count()).select_from(Gap)).one()
                db.add(gap(str(number)))
                db.commit()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session() as db:
        assert sorted(int(row) for row in db.scalars(select(Gap.text))) == list(range(80))


def test_twin_without_the_guard_numbers_repeat(database: Database) -> None:
    barrier = threading.Barrier(4)

    def add() -> None:
        with database.session() as db:
            writing(db)
            number = db.scalars(select(func.count()).select_from(Gap)).one()
            barrier.wait(5)
            db.add(gap(str(number)))
            db.commit()

    with unguarded():
        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with database.session() as db:
        assert db.scalars(select(Gap.text)).all() == ["0"] * 4


def test_locked_gives_the_row_as_it_is_now(database: Database) -> None:
    with database.session() as db:
        writing(db)
        assert locked(db, Shift, 4711) is None
        db.add(gap("before"))
        db.commit()
        row = db.scalars(select(Gap)).one()
        writing(db)
        db.connection().execute(text("UPDATE gaps SET text = 'after'"))
        assert row.id is not None and locked(db, Gap, row.id) is row
        assert row.text == "after"


def test_after_a_fork_the_child_opens_its_own_connections(database: Database) -> None:
    assert count(database) == 0
    with database.session() as held:
        writing(held)
        child = os.fork()
        if child == 0:
            try:
                with database.session() as db:
                    found = db.scalars(select(func.count()).select_from(Gap)).one()
                os._exit(0 if found == 0 else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        held.add(gap())
        held.commit()
    assert count(database) == 1
