"""What can go wrong with the database, by name, and trying again when that may help.

StorageError
├── Busy          somebody else is writing, or a deadlock was broken: the same work may be tried again at once
└── Unavailable   the database is gone, restarting, full or read-only
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy.exc import TimeoutError as PoolExhausted

T = TypeVar("T")


class StorageError(Exception):
    """``again`` tells whether another try within seconds may succeed."""

    again = True


class Busy(StorageError):
    """Nothing was written; try again."""


class Unavailable(StorageError):
    """Nothing was written. ``again`` is True while it looks like a restart, False for a full or broken disk."""

    def __init__(self, text: str, again: bool = False) -> None:
        super().__init__(text)
        self.again = again


_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_BROKEN = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_READONLY: "the database file is read-only",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_PERM: "the database file may not be opened",
}
# serialization failure, deadlock, lock timeout, cancelled by statement timeout
_POSTGRES_BUSY = {"40001", "40P01", "55P03", "57014"}
# 08 connection, 53 resources (disk full, too many connections), 57P admin shutdown, 58 system error
_POSTGRES_GONE = ("08", "53", "57P", "58")


def named(error: BaseException | None) -> StorageError | None:
    """Our name for a driver's error, or None when it is the program's own (a broken constraint, bad SQL)."""
    if isinstance(error, sqlite3.Error):
        return _named_sqlite(getattr(error, "sqlite_errorcode", 0), error)
    if isinstance(error, psycopg.Error):
        return _named_postgres(error.sqlstate or "", error)
    return None


def _named_sqlite(code: int, error: sqlite3.Error) -> StorageError | None:
    primary = code & 0xFF
    if primary in _SQLITE_BUSY:
        return Busy(str(error))
    return Unavailable(_SQLITE_BROKEN[primary]) if primary in _SQLITE_BROKEN else None


def _named_postgres(state: str, error: psycopg.Error) -> StorageError | None:
    if state in _POSTGRES_BUSY:
        return Busy(str(error).splitlines()[0])
    if state.startswith(_POSTGRES_GONE):
        return Unavailable(str(error).splitlines()[0], again=not state.startswith("531"))
    # A server that vanished or refuses connections answers without any SQLSTATE.
    if not state and isinstance(error, psycopg.OperationalError):
        return Unavailable("no connection to PostgreSQL", again=True)
    return None


def retrying(work: Callable[[], T], *, times: int = 3, within_s: float = 4.0, pause_s: float = 0.05) -> T:
    """Run ``work`` (one whole transaction, from its own session to its commit) up to ``times`` times.

    Gives up, raising what happened last, when the error will not pass or ``within_s`` are over.
    """
    started = time.monotonic()
    for attempt in range(1, times + 1):
        try:
            return work()
        except PoolExhausted as error:
            failure: StorageError = Busy("every database connection is in use")
            failure.__cause__ = error
        except StorageError as error:
            failure = error
        left = within_s - (time.monotonic() - started)
        pause = pause_s if isinstance(failure, Busy) else pause_s * 8 * attempt
        if not failure.again or attempt == times or left <= pause:
            raise failure
        time.sleep(pause)
    raise ValueError("times must be at least 1")
