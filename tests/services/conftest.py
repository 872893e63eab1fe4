"""Rules are tried on both databases: a session, and a small world in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.database import Database
from tests.fixtures.world import World


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    with database.session() as session:
        yield session


@pytest.fixture
def world(db: Session, cipher: Cipher) -> World:
    return World(db, cipher)
