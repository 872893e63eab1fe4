"""A code of the second factor lets in once, also of two who type it together; without the guard it lets in both."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest

from bot.services import sign_in
from bot.storage.crypto import Cipher
from bot.storage.database import Database, unguarded, writing
from bot.storage.models import Staff
from tests.fixtures.world import NOW

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "green-voice-2026"


@pytest.mark.parametrize("guard", [True, False], ids=["guard", "twin"])
def test_of_two_with_the_same_code_one_gets_in(
    database_url: str, database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    with database.session() as db:
        writing(db)
        secret, hashed = cipher.encrypt(SECRET), sign_in.hashed(PASSWORD)
        db.add(Staff(username="chen", role="admin", password_hash=hashed, totp_encrypted=secret, created_at=NOW))
        db.commit()
    barrier, step_of = threading.Barrier(2), sign_in.step_of

    def slowly(*given):  # type: ignore[no-untyped-def]
        """Both have read the account; alone one goes on soon."""
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        return step_of(*given)

    monkeypatch.setattr(sign_in, "step_of", slowly)
    consoles, code = [Database(database_url, wait_s=10) for _ in range(2)], pyotp.TOTP(SECRET).at(NOW)

    def enter(console: Database) -> str:
        with console.session() as db:
            why = sign_in.sign_in(db, cipher, "chen", PASSWORD, code, "10.0.0.1", NOW).why
            db.commit()
            return why

    with contextlib.nullcontext() if guard else unguarded(), ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(enter, consoles))
    for console in consoles:
        console.dispose()
    assert outcomes == (["code", "in"] if guard else ["in", "in"])
