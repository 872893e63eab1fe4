"""Migrations: the tables' history, applied by Database.upgrade() under a lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from bot.storage.database import Database

_VERSIONS = Path(__file__).parent / "versions"
_ADVISORY_KEY = 7_307_421  # any number, the same in every process


def upgrade(database: Database, to: str = "head") -> None:
    """To the newest form, or an older one to try what comes after it.

    Several processes may call this at once: one works, the others wait and find it done.
    """
    with _turn(database), database.engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest():
            return
        connection.rollback()
        command.upgrade(_config(connection), to)
        connection.commit()


def draft(database: Database, message: str, folder: Path) -> str:
    """Write the next version into ``folder`` as Alembic guesses it; to be read and corrected, then tried on both."""
    number = f"{int(newest() or 0) + 1:04d}"
    with database.engine.connect() as connection:
        config = _config(connection)
        config.set_main_option("version_locations", os.pathsep.join({str(_VERSIONS), str(folder)}))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        made = command.revision(config, message, autogenerate=True, rev_id=number, version_path=str(folder))
    assert made is not None and not isinstance(made, list)
    return made.path


def newest() -> str | None:
    """The revision the models belong to."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _turn(database: Database) -> Iterator[None]:
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_KEY})
            connection.commit()  # the lock belongs to the connection, not to a transaction left open
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})
                connection.invalidate()  # its lock_timeout was changed
        return
    descriptor = os.open(f"{database.url.database}.upgrade", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
