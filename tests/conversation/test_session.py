"""Sessions: sealed, as young as the younger of two copies, forgotten in time, never a reason to fail."""

from __future__ import annotations

import time

import pytest

from bot.conversation.session import Choice, Left, OpenForm, Session, Sessions
from bot.storage.crypto import Cipher
from bot.storage.database import Database, is_writing
from bot.storage.models import SavedSession


@pytest.fixture
def sessions(database: Database, cipher: Cipher) -> Sessions:
    return Sessions(database, cipher, 30)


def filled(focus: int = 1) -> Session:
    session = Session(form=OpenForm("sign_up", {"phone": "13800001234", "shift_id": 7}, "name", ["phone"]))
    session.expect([Choice("排队", "sign_up.queue", {"shift_id": 7}, ["排"])], fleeting=True)
    session.shown, session.focus, session.rest = [1, 2], focus, "下文"
    return session


def saved(database: Database, openid: str = "oA") -> Left | None:
    with database.session() as db:
        row = db.get(SavedSession, openid)
        return row.content if row else None


def test_what_was_sealed_is_opened(sessions: Sessions) -> None:
    session = filled()
    assert sessions.load(sessions.seal(session), None) == session
    assert sessions.load(None, None) == Session()


def test_a_seal_shows_no_phone_number(sessions: Sessions) -> None:
    assert "13800001234" not in str(sessions.seal(filled()))


def test_of_two_copies_the_younger_counts(sessions: Sessions) -> None:
    older = sessions.seal(filled(focus=1))
    time.sleep(0.01)
    younger = sessions.seal(filled(focus=2))
    assert sessions.load(older, younger).focus == 2
    assert sessions.load(younger, older).focus == 2


def test_an_open_form_is_committed_and_its_row_goes_with_it(sessions: Sessions, database: Database) -> None:
    with database.session() as db:
        sessions.keep(db, "oA", filled())
        db.commit()
    left = sessions.load(None, saved(database))
    assert left.form is not None and left.durable
    left.form = None
    with database.session() as db:
        sessions.keep(db, "oA", left)
        db.commit()
    assert saved(database) is None


def test_a_session_without_a_form_costs_no_write(sessions: Sessions, database: Database) -> None:
    with database.session() as db:
        sessions.keep(db, "oA", Session(focus=1))
        assert not is_writing(db)


def test_while_valkey_is_away_it_is_saved_in_sql(sessions: Sessions, database: Database) -> None:
    sessions.save_in_sql("oA", sessions.seal(Session(focus=3)))
    sessions.save_in_sql("oB", None)
    assert sessions.load(None, saved(database)).focus == 3
    assert saved(database, "oB") is None


def test_it_is_forgotten_after_its_time(sessions: Sessions) -> None:
    left = sessions.seal(filled())
    sessions.ttl_s = -1
    assert sessions.load(left, None) == Session()


def test_another_key_or_an_older_shape_begins_anew(sessions: Sessions, database: Database, cipher: Cipher) -> None:
    other = Sessions(database, Cipher("c2Vjb25kIGtleSBvZiB0aGlydHktdHdvIGJ5dGVzISE="), 30)
    assert sessions.load(other.seal(filled()), None) == Session()
    assert sessions.load({"sealed": cipher.encrypt('{"shape": "of another version"}').hex()}, None) == Session()
    assert sessions.load({"sealed": "not hex"}, {}) == Session()
