"""The stage, on both databases or on SQLite alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import Valkey
from tests.push.account import settings_for
from tests.push.stage import Simulated, Stage, simulated


@pytest.fixture(scope="session")
def _wechat() -> Iterator[Simulated]:
    with simulated() as wechat:
        yield wechat


@pytest.fixture
def wechat(_wechat: Simulated) -> Simulated:
    _wechat.ask("/sim/reset", {})
    _wechat.faults(mark_fail=False)
    return _wechat


@pytest.fixture
def stage(database: Database, cipher: Cipher, valkey: Valkey, wechat: Simulated) -> Stage:
    return Stage(database, cipher, valkey, wechat, settings_for(wechat.url))


@pytest.fixture
def lite(sqlite_database: Database, cipher: Cipher, valkey: Valkey, wechat: Simulated) -> Stage:
    """For tests whose subject is not the database."""
    return Stage(sqlite_database, cipher, valkey, wechat, settings_for(wechat.url))
