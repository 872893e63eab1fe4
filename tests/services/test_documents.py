"""Documents: a link that lives for a day, opens for nobody else, and leaves only a hash behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.push import jobs
from bot.services import documents
from bot.services.rules import USUAL
from bot.settings import Settings
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import Database
from bot.storage.models import Document
from tests.fixtures.world import NOW

CONTENT = bytes(range(256)) * 9
DAY = timedelta(hours=USUAL.volunteering.document_hours)


def keep(db: Session, cipher: Cipher, content: bytes = CONTENT) -> str:
    return documents.keep(
        db, cipher, openid="o-1", person_id=None, kind="export", filename="我的数据.zip", media_type="application/zip",
        content=content, now=NOW, rules=USUAL,
    )  # fmt: skip


def test_what_was_kept_comes_back(db: Session, cipher: Cipher) -> None:
    token = keep(db, cipher)
    found = documents.open_(db, cipher, token, NOW + DAY - timedelta(seconds=1))
    assert found and (found.content, found.openid, found.filename) == (CONTENT, "o-1", "我的数据.zip")
    assert len(token) == 43
    assert documents.link(Settings(), token) == f"http://127.0.0.1:8000/d/{token}"


def test_only_a_hash_of_the_token_and_no_content_is_stored(db: Session, cipher: Cipher) -> None:
    token = keep(db, cipher)
    row = db.scalars(select(Document)).one()
    everything = repr({name: value for name, value in vars(row).items() if not name.startswith("_")})
    assert token not in everything and token[:20] not in everything
    assert CONTENT[:32] not in row.content_encrypted


def test_over_is_over_and_wrong_is_nothing(db: Session, cipher: Cipher) -> None:
    token = keep(db, cipher)
    assert documents.open_(db, cipher, token, NOW + DAY) is None
    for wrong in ("", "x" * 43, token[:-1], token + "x", "' OR 1=1", "𠮷" * 50, "a" * 10_000):
        assert documents.open_(db, cipher, wrong, NOW) is None
    row = db.scalars(select(Document)).one()
    row.content_encrypted = row.content_encrypted[:-1] + bytes([row.content_encrypted[-1] ^ 1])
    db.flush()
    assert documents.open_(db, cipher, token, NOW) is None


def test_the_first_opening_is_noted(db: Session, cipher: Cipher) -> None:
    keep(db, cipher)
    row = db.scalars(select(Document)).one()
    documents.note_opened(db, row.id, NOW)
    documents.note_opened(db, row.id, NOW + DAY)
    assert db.get_one(Document, row.id, populate_existing=True).opened_at == NOW


def test_a_pass_is_for_one_token_and_ten_minutes(cipher: Cipher) -> None:
    shown = documents.pass_for(cipher, "a" * 43, NOW)
    assert documents.passes(cipher, "a" * 43, shown, NOW + timedelta(minutes=9))
    assert not documents.passes(cipher, "a" * 43, shown, NOW + timedelta(minutes=11))
    assert not documents.passes(cipher, "b" * 43, shown, NOW)
    until, _, signed = shown.partition(".")
    assert not documents.passes(cipher, "a" * 43, f"{int(until) + 600}.{signed}", NOW)
    for wrong in ("", ".", "1", "x.y", f"{until}.", f"²³.{signed}", f"{'9' * 400}.{signed}", f"{until}.{'é' * 64}"):
        assert not documents.passes(cipher, "a" * 43, wrong, NOW)


def test_what_is_over_is_cleared_away(database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        keep(db, cipher)
        db.commit()
    assert jobs.purge(database, NOW + DAY - timedelta(minutes=1), Settings()) == 0
    assert jobs.purge(database, NOW + DAY, Settings()) == 1
    with database.session() as db:
        assert db.scalars(select(Document)).first() is None


def test_bytes_and_text_are_sealed_in_one_form(cipher: Cipher) -> None:
    assert cipher.decrypt_bytes(cipher.encrypt("王晓雨")).decode() == "王晓雨"
    assert cipher.decrypt(cipher.encrypt_bytes("王晓雨".encode())) == "王晓雨"
    assert cipher.decrypt_bytes(cipher.encrypt_bytes(b"")) == b""
    with pytest.raises(Undecipherable):
        cipher.decrypt_bytes(b"\x01" + CONTENT)
