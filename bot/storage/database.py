"""The database: SQLite by default, PostgreSQL by URL; sessions that read until they say they write."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Select,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, sessionmaker

from bot.storage import audit
from bot.storage.errors import Busy, StorageError, Unavailable, named, retrying
from bot.storage.gate import Gate
from bot.storage.models import Base

__all__ = [
    "Busy",
    "Database",
    "StorageError",
    "Unavailable",
    "alone",
    "fresh",
    "is_writing",
    "locked",
    "retrying",
    "rows",
    "unguarded",
    "writing",
]

Row = TypeVar("Row", bound=Base)
_guard_on = True


class Database:
    """``wait_s`` bounds how long a writer waits for others: three tries fit into WeChat's five seconds."""

    def __init__(self, url: str, *, wait_s: float = 1.3) -> None:
        self.url = make_url(url)
        self.wait_s = wait_s
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.gate: Gate | None = None
        self.engine = self._sqlite() if self.is_sqlite else self._postgresql()
        event.listen(self.engine, "handle_error", _name_error)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info={"database": self})
        event.listen(self._sessions, "before_flush", _refuse_flush)
        event.listen(self._sessions, "do_orm_execute", _refuse_statement)
        event.listen(self._sessions, "after_commit", _committed)
        event.listen(self._sessions, "after_transaction_end", _stop_writing)
        audit.watch(self._sessions)
        _after_fork(self)

    def session(self) -> Session:
        """A reader. ``with database.session() as db: …``; the edge commits, leaving the block otherwise rolls back."""
        return self._sessions()

    def upgrade(self) -> None:
        """Bring the tables to the newest form; safe when several processes start at once."""
        from bot.storage.migrations import upgrade  # alembic takes 0.2 s to import and only starts need it

        upgrade(self)

    def dispose(self) -> None:
        self.engine.dispose()

    def forget_connections(self) -> None:
        """After a fork, in the child: the parent's connections stay the parent's. Called by itself on os.fork()."""
        self.engine.dispose(close=False)
        if self.gate:
            self.gate.reset()

    def _sqlite(self) -> Engine:
        if not self.url.database or self.url.database == ":memory:":
            raise ValueError("a SQLite database needs a file: several threads and processes share it")
        path = Path(self.url.database).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        # Created by us so that nobody else on the machine reads it; -wal and -shm inherit the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.gate = Gate(path)
        engine = create_engine(self.url, pool_size=16, max_overflow=48, pool_timeout=3)
        event.listen(engine, "connect", self._prepare_sqlite)
        event.listen(engine, "begin", self._begin_sqlite)
        return engine

    def _prepare_sqlite(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; _begin_sqlite does
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout = {int(self.wait_s * 1000)}")

    def _begin_sqlite(self, connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if not _guard_on:
            # The driver's default, for the twins: reads see each moment anew, a write begins without asking.
            driver.isolation_level = ""
            return
        driver.isolation_level = None
        deadline = connection.get_execution_options().get("writes_by")
        if deadline is None:
            connection.exec_driver_sql("BEGIN")
            return
        assert self.gate is not None
        self.gate.enter(max(0.0, deadline - time.monotonic()))  # last of all: whoever holds it keeps all others waiting
        try:
            left_ms = max(50, int((deadline - time.monotonic()) * 1000))
            driver.execute(f"PRAGMA busy_timeout = {left_ms}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            self.gate.leave()
            raise

    def _postgresql(self) -> Engine:
        options = "-c lock_timeout=3s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
        return create_engine(
            self.url,
            isolation_level="READ COMMITTED",
            pool_size=16,
            max_overflow=16,
            pool_timeout=3,
            pool_pre_ping=True,
            connect_args={"options": options, "connect_timeout": 3},
        )


def writing(db: Session) -> None:
    """First line of every use case that writes; what was loaded before is loaded anew afterwards.

    SQLite cannot turn a read snapshot into a writer once somebody else has written, so the snapshot ends here
    and the transaction begins again as a writer. PostgreSQL needs no more than `locked` rows.
    """
    if is_writing(db):
        return
    if db.new or db.dirty or db.deleted:
        raise RuntimeError("writing() must come before the first change")
    database: Database = db.info["database"]
    if not database.gate or not _guard_on:
        db.expire_all()
        db.info["writing"] = True
        return
    db.rollback()
    try:
        db.connection(execution_options={"writes_by": time.monotonic() + database.wait_s})
    except BaseException:
        db.rollback()
        raise
    db.info["gate"] = database.gate
    db.info["writing"] = True


def is_writing(db: Session) -> bool:
    return bool(db.info.get("writing"))


def locked(db: Session, model: type[Row], key: Any) -> Row | None:
    """The row as it is now, nobody else's to change until the commit. Take persons before shifts, small ids first."""
    return db.scalars(_by_key(model, _guard_on), {"key": key}).one_or_none()


def fresh(db: Session, model: type[Row], key: Any) -> Row:
    """The row as it is now, which somebody else may change; a foreign key or a lock says that it is there."""
    return db.scalars(_by_key(model, False), {"key": key}).one()


@cache
def _by_key(model: type[Row], lock: bool) -> Select[Row]:
    """Built once for each table: every use case that writes begins with one."""
    query = select(model).where(model.__mapper__.primary_key[0] == bindparam("key"))
    query = query.execution_options(populate_existing=True)
    return query.with_for_update(key_share=True) if lock else query


def rows(db: Session, statement: Executable, parameters: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Plain columns of a statement built once; the ORM around it would take as long again as the database does."""
    db.flush()
    return db.connection().execute(statement, parameters)


def alone(db: Session, subject: str) -> None:
    """Until the commit nobody else passes here with the same subject (SQLite's only writer is alone anyway)."""
    if not db.info["database"].is_sqlite:
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(subject, 0))))


@contextmanager
def unguarded() -> Iterator[None]:
    """For tests only: no gate, no BEGIN IMMEDIATE, no row locks. Shows that the guard is what keeps seats exact."""
    global _guard_on
    _guard_on = False
    try:
        yield
    finally:
        _guard_on = True


def _refuse_flush(db: Session, *_: Any) -> None:
    changed = db.new or db.deleted or any(db.is_modified(row) for row in db.dirty)
    if changed and not is_writing(db):
        raise RuntimeError("a reader changes rows: the use case must call writing(db) first")


def _refuse_statement(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not is_writing(state.session):
        raise RuntimeError("a reader changes rows: the use case must call writing(db) first")


def _committed(db: Session) -> None:
    """The next in turn need not wait until this one has put its connection away."""
    if not db.in_nested_transaction():
        _open_gate(db)


def _stop_writing(db: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        db.info.pop("writing", None)
        _open_gate(db)


def _open_gate(db: Session) -> None:
    gate = db.info.pop("gate", None)
    if gate is not None:
        gate.leave()


def _name_error(context: ExceptionContext) -> StorageError | None:
    error = named(context.original_exception)
    if error is None and context.is_disconnect:
        error = Unavailable("the connection to the database broke", again=True)
    return error


def _after_fork(database: Database) -> None:
    known = weakref.ref(database)

    def forget() -> None:
        alive = known()
        if alive is not None:
            alive.forget_connections()

    os.register_at_fork(after_in_child=forget)
