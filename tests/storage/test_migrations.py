"""Migrations and models say the same, on both databases; the triggers are the second guard."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, inspect, text

from bot.storage.database import Database
from bot.storage.migrations import draft, newest, upgrade
from bot.storage.models import Alert, Base, EntryCount, Follower, Gap
from tests.fixtures import postgres


def test_models_and_migrations_are_the_same(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == newest()
        assert len(inspect(connection).get_table_names()) == len(Base.metadata.tables) + 1
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_again_changes_nothing(database: Database) -> None:
    with database.session() as db:
        before = db.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    database.upgrade()
    with database.session() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == before == [newest()]


UPGRADE = "import sys; from bot.storage.database import Database; Database(sys.argv[1]).upgrade()"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server: URL = request.getfixturevalue("postgres_server")
    name = f"empty_{tmp_path.name.replace('-', '_').replace('[', '_').replace(']', '_').lower()}"
    postgres.execute(server, f'DROP DATABASE IF EXISTS "{name}"')
    postgres.execute(server, f'CREATE DATABASE "{name}"')
    return server.set(database=name).render_as_string(hide_password=False)


def test_two_processes_may_upgrade_at_once(empty_url: str) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [(start.wait(60), start.communicate()[1]) for start in starts] == [(0, "")] * 3
    with Database(empty_url).session() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest()]


AT_0002 = (
    "INSERT INTO staff (username, name, password_hash, role, openid, created_at) VALUES"
    " ('li', '李老师', 'x', 'admin', 'o-li', :at), ('wang', '王老师', 'x', 'admin', 'o-both', :at),"
    " ('wang2', '王老师', 'x', 'admin', 'o-both', :at), ('chen', '陈老师', 'x', 'admin', NULL, :at)",
    "INSERT INTO gaps (text, decision, candidates, chosen, at)"
    " VALUES ('这个咋弄', 'offer', '[\"insurance\"]', '', :at)",
    "INSERT INTO followers (openid, followed, followed_at, first_scene, message_used, click_used, reminders)"
    " VALUES ('o-li', true, :at, '', 0, 0, true)",
)


def test_a_database_in_use_is_brought_to_the_newest_form(empty_url: str) -> None:
    """From 0002, before alerts and counts: nothing is lost; two who share an account must be bound anew."""
    database = Database(empty_url)
    upgrade(database, "0002")
    with database.engine.begin() as connection:
        for statement in AT_0002:
            connection.execute(text(statement), {"at": "2026-03-03 02:00:00+00:00"})
    database.upgrade()
    with database.session() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest()]
        bound = db.execute(text("SELECT username, openid, on_duty FROM staff ORDER BY id")).all()
        assert bound == [("li", "o-li", False), ("wang", None, False), ("wang2", None, False), ("chen", None, False)]
        assert [gap.candidates for gap in db.query(Gap)] == [["insurance"]]
        assert [reader.openid for reader in db.query(Follower)] == ["o-li"]
        assert db.query(Alert).count() == db.query(EntryCount).count() == 0


def test_the_next_version_is_drafted_from_the_models(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.execute(text("DROP TABLE gaps"))
    folder = tmp_path / "versions"
    folder.mkdir()
    written = Path(draft(sqlite_database, "bring the gaps back", folder))
    assert written.name == f"{int(newest() or 0) + 1:04d}_bring_the_gaps_back.py"
    source = written.read_text("utf-8")
    assert f'down_revision = "{newest()}"' in source
    assert "op.create_table('gaps'" in source
    assert "UTCDateTime" not in source
    compile(source, written.name, "exec")
