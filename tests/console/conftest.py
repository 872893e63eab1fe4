"""The console on a small county, asked through Flask's own client: staff of every role, logged in at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import TestResponse

from bot.app import create_console
from bot.knowledge.library import Shelf
from bot.parts import Parts
from bot.services.roles import ROLES
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Staff
from bot.storage.valkey import Valkey
from tests.fixtures.world import NOW, World

PASSWORD = "green-voice-2026"


@dataclass
class Visitor:
    """A browser of one colleague. ``get`` and ``post`` speak below /console; forms carry their token by themselves."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(f"/console{path}", **more)

    def post(
        self, path: str, fields: dict[str, Any] | None = None, *, follow: bool = True, **more: Any
    ) -> TestResponse:
        data = {"csrf_token": self.token(), **(fields or {})}
        return self.client.post(f"/console{path}", data=data, follow_redirects=follow, **more)

    def token(self) -> str:
        page = self.get("/me", follow_redirects=True).text  # the login form for whoever is not logged in
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]


@dataclass
class Office:
    """The console, its database and a clock that tests set."""

    app: Flask
    database: Database
    cipher: Cipher
    now: datetime = NOW
    _visitors: dict[str, Visitor] = field(default_factory=dict)

    def visitor(self) -> Visitor:
        """Somebody who is not logged in."""
        return Visitor(self.app.test_client())

    def as_(self, role: str) -> Visitor:
        """The colleague of this role, logged in."""
        if role not in self._visitors:
            visitor = self.visitor()
            answer = visitor.post("/login", {"username": role, "password": PASSWORD}, follow=False)
            assert answer.status_code == 303, answer.text
            self._visitors[role] = visitor
        return self._visitors[role]

    def change(self, work: Callable[[Session, World], Any]) -> Any:
        """Rows made with the world's helpers, committed; what ``work`` returns."""
        with self.database.session() as db:
            made = work(db, World(db, self.cipher, self.now))
            db.commit()
            return made

    def read(self, look: Callable[[Session], Any]) -> Any:
        with self.database.session() as db:
            return look(db)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # cheap, as verified


FAQ = """
topic: 志愿服务
entries:
  - id: insurance
    ask: [活动期间有保险吗, 志愿者有没有意外险, 受伤了怎么赔]
    answer: 有的，每场活动都投保意外险。
  - id: bring
    ask: [参加活动要带什么, 需要自己带水吗, 去活动要准备什么]
    answer: 带水杯和帽子就好。
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two entries, which are learnt at once; the real library takes ten seconds."""
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "volunteering.yaml").write_text(FAQ, encoding="utf-8")
    return Shelf(folder, {"organisation": "团县委"})


@pytest.fixture
def office(
    sqlite_database: Database, cipher: Cipher, valkey: Valkey, password_hash: str, shelf: Shelf, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:  # fmt: skip
    """A colleague of each role, named as the role; nothing else in the county."""
    with sqlite_database.session() as db:
        writing(db)
        db.add_all(
            Staff(username=role, name=name, role=role, password_hash=password_hash, created_at=NOW)
            for role, name in ROLES.items()
        )
        db.commit()
    made = Office(Flask("front"), sqlite_database, cipher)
    parts = Parts(Settings(data_dir=tmp_path, faq_dir=shelf.directory))
    for name, value in {"database": sqlite_database, "cipher": cipher, "valkey": valkey, "shelf": shelf}.items():
        parts.__dict__[name] = value
    monkeypatch.setattr("bot.clock.now", lambda: made.now)
    made.app.wsgi_app = DispatcherMiddleware(made.app.wsgi_app, {"/console": create_console(parts)})  # type: ignore[method-assign]
    yield made


