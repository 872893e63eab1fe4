"""Sessions survive a restart of Valkey's clients and an outage of Valkey, expire, and hold no phone in clear."""

from __future__ import annotations

import time

from bot.conversation.session import Choice, OpenForm, Session, Sessions
from bot.storage.crypto import Cipher
from bot.storage.database import Database, is_writing
from bot.storage.valkey import Valkey, connect


def filled() -> Session:
    session = Session(form=OpenForm("sign_up", {"phone": "13800001234", "shift_id": 7}, "name", ["phone"]))
    session.expect([Choice("排队", "sign_up.queue", {"shift_id": 7}, ["排"])], fleeting=True)
    session.shown, session.focus, session.rest = [1, 2], 1, "下文"
    return session


def test_what_was_saved_is_loaded(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    sessions = Sessions(valkey, database, cipher, 30)
    sessions.save("oA", filled())
    with database.session() as db:
        loaded = Sessions(valkey, database, cipher, 30).load(db, "oA")
        assert not loaded.durable
        assert sessions.load(db, "oB") == Session()
    loaded.saved_at = 0.0
    assert loaded == filled()


def test_valkey_sees_no_phone_number(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    Sessions(valkey, database, cipher, 30).save("oA", filled())
    assert "13800001234" not in str(valkey.load_session("oA"))


def test_an_outage_of_valkey_loses_nothing(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    sessions = Sessions(connect("unix:///nonexistent/valkey.sock"), database, cipher, 30)
    sessions.save("oA", filled())
    with database.session() as db:
        assert sessions.load(db, "oA").focus == 1


def test_after_an_outage_the_newer_session_counts(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    sessions = Sessions(valkey, database, cipher, 30)
    old = filled()
    old.focus = 99
    sessions.save("oA", old)
    time.sleep(0.01)
    sessions._valkey = connect("unix:///nonexistent/valkey.sock")
    sessions.save("oA", filled())
    sessions._valkey = valkey
    with database.session() as db:
        assert sessions.load(db, "oA").focus == 1


def test_an_open_form_survives_a_valkey_that_forgets(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    sessions = Sessions(valkey, database, cipher, 30)
    older = filled()
    older.focus = 99
    sessions.save("oA", older)
    with database.session() as db:
        sessions.keep(db, "oA", filled())
        db.commit()
    with database.session() as db:
        left = sessions.load(db, "oA")
        assert left.focus == 1
        left.form = None
        sessions.keep(db, "oA", left)
        db.commit()
    with database.session() as db:
        assert sessions.load(db, "oA").focus == 99


def test_a_session_without_a_form_costs_no_write(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        Sessions(valkey, database, cipher, 30).keep(db, "oA", Session(focus=1))
        assert not is_writing(db)


def test_it_is_forgotten_after_its_time(valkey: Valkey, database: Database, cipher: Cipher) -> None:
    sessions = Sessions(valkey, database, cipher, 30)
    sessions.save("oA", filled())
    sessions._ttl_s = -1
    with database.session() as db:
        assert sessions.load(db, "oA") == Session()


def test_a_session_of_another_key_or_an_older_shape_begins_anew(
    valkey: Valkey, database: Database, cipher: Cipher
) -> None:
    sessions = Sessions(valkey, database, cipher, 30)
    other = Cipher("c2Vjb25kIGtleSBvZiB0aGlydHktdHdvIGJ5dGVzISE=")
    Sessions(valkey, database, other, 30).save("oA", filled())
    sealed = cipher.encrypt('{"shape": "of another version"}').hex()
    valkey.save_session("oB", {"sealed": sealed}, 60)
    with database.session() as db:
        assert sessions.load(db, "oA") == Session()
        assert sessions.load(db, "oB") == Session()
