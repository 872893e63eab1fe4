"""A running program with one certificate in it, and a plain HTTP client that follows nothing by itself."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy.orm import Session

from bot.services import certificates, documents
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from bot.storage.crypto import Cipher
from bot.storage.models import Person
from tests.fixtures.ledger import entry
from tests.fixtures.stack import Follower, Stack
from tests.fixtures.world import NOW, World
from tests.test_chats import wipe

NAME, PHONE, IDENTITY = "欧阳晓雨", "13876543210", "330102201201011234"
"""A minor, with everything that must not be seen by others."""


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def get(url: str, form: dict[str, str] | None = None, **headers: str) -> Got:
    """GET, or POST where there is a form."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    if form is None:
        connection.request("GET", path, headers=headers)
    else:
        typed = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        connection.request("POST", path, urlencode(form), typed)
    answer = connection.getresponse()
    said = answer.getheaders()
    cookies = tuple(value for name, value in said if name.lower() == "set-cookie")
    got = Got(answer.status, {name.lower(): value for name, value in said}, answer.read(), cookies)
    connection.close()
    return got


@dataclass
class Town:
    """The stack, whose person has one certificate and one document with it."""

    stack: Stack
    follower: Follower
    person: int
    number: str
    code: str
    token: str

    def change(self, work: Callable[[Session, Cipher], None]) -> None:
        database = self.stack.database()
        with database.session() as db:
            work(db, self.stack.cipher())
            db.commit()
        database.dispose()


@pytest.fixture
def town(stack: Stack) -> Iterator[Town]:
    wipe(stack)
    stack.set_clock(NOW)
    follower = stack.follow()
    database, cipher = stack.database(), stack.cipher()
    with database.session() as db:
        world = World(db, cipher)
        person = world.person(NAME, follower.openid)
        human = db.get_one(Person, person)
        human.birth_date, human.phone_encrypted = date(2012, 1, 1), cipher.encrypt(PHONE)
        human.id_type, human.id_encrypted = "id_card", cipher.encrypt(IDENTITY)
        shift = world.shift()
        entry(db, person, 148, date(2025, 9, 6), shift=shift)
        entry(db, person, 150, date(2025, 10, 18), shift=shift)
        made = certificates.issue(db, cipher, person, Scope(), NOW, issuer="共青团青山县委员会", rules=USUAL)
        token = documents.keep(
            db, cipher, openid=follower.openid, person_id=person, kind="certificate", filename="志愿服务记录证明.pdf",
            media_type="application/pdf", content=str(made.id).encode(), now=NOW, rules=USUAL,
        )  # fmt: skip
        db.commit()
    database.dispose()
    yield Town(stack, follower, person, made.number, made.code, token)
