"""Alerts: one open for each follower, repeated until somebody takes it, every step with who and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from bot.services import alerts, duty, verification
from bot.services.refusals import AlertClosed, AlertTaken, AlertUnknown
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Alert, AlertNote, Push, Staff
from tests.fixtures.world import NOW

MINUTE = timedelta(minutes=1)


def staff(db: Session, username: str = "li", *, openid: str | None = "o-li", on_duty: bool = True) -> Staff:
    row = Staff(
        username=username, name=f"{username}老师", password_hash="x", role="admin", openid=openid, on_duty=on_duty,
        created_at=NOW,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def opened(db: Session, cipher: Cipher, words: str = "我不想活了", **more: object) -> Alert:
    return alerts.open_alert(db, cipher, str(more.get("openid", "o-1")), "mind", words, more.get("now", NOW))  # type: ignore[arg-type]


def keys(db: Session) -> list[str]:
    return list(db.scalars(select(Push.key).order_by(Push.id)))


def notes(db: Session, cipher: Cipher) -> list[tuple[str, str]]:
    rows = db.scalars(select(AlertNote).order_by(AlertNote.id))
    return [(row.kind, cipher.decrypt(row.text_encrypted) if row.text_encrypted else "") for row in rows]


@pytest.fixture(autouse=True)
def written(db: Session) -> None:
    writing(db)


def test_everybody_on_duty_is_woken_and_nobody_else(db: Session, cipher: Cipher) -> None:
    li, wang = staff(db), staff(db, "wang", openid="o-wang")
    staff(db, "off", openid="o-off", on_duty=False)
    staff(db, "unbound", openid=None)
    alert = opened(db, cipher)
    assert keys(db) == [f"alert:{alert.id}:{li.id}:0", f"alert:{alert.id}:{wang.id}:0"]
    (first, _) = db.scalars(select(Push).order_by(Push.id)).all()
    assert (first.openid, first.kind, first.due_at) == ("o-li", "alert", NOW)
    assert first.payload == {"alert_id": alert.id, "turn": 0}, "no words in the outbox"


def test_the_same_follower_has_one_open_alert_and_each_message_keeps_its_time(db: Session, cipher: Cipher) -> None:
    staff(db)
    first = opened(db, cipher)
    again = opened(db, cipher, "真的不想活了", now=NOW + MINUTE)
    assert again.id == first.id and again.last_message_at == NOW + MINUTE
    times = list(db.scalars(select(AlertNote.at).order_by(AlertNote.id)))
    assert times == [NOW, NOW + MINUTE]
    assert len(keys(db)) == 1, "words before anybody took over come with the next repetition"
    assert opened(db, cipher, openid="o-2").id != first.id


def test_the_words_are_encrypted_at_rest(db: Session, cipher: Cipher) -> None:
    opened(db, cipher, "我想死，电话13900001234")
    sealed = db.execute(text("SELECT text_encrypted FROM alert_notes")).scalar_one()
    assert "我想死".encode() not in bytes(sealed) and b"13900001234" not in bytes(sealed)
    assert notes(db, cipher) == [("said", "我想死，电话13900001234")]


def test_repeated_every_five_minutes_and_never_twice_in_one_turn(db: Session, cipher: Cipher) -> None:
    li = staff(db)
    alert = opened(db, cipher)
    for minutes, new in ((0, 0), (4.9, 0), (5, 1), (5.1, 0), (9.9, 0), (10, 1), (600, 1), (601, 0)):
        assert alerts.repeat(db, NOW + minutes * MINUTE) == new, minutes
    assert [key.rpartition(":")[2] for key in keys(db)] == ["0", "1", "2", "120"], "no flood after an outage"
    assert alerts.repeat(db, NOW - MINUTE) == 0, "a clock that goes back wakes nobody"
    assert all(key.startswith(f"alert:{alert.id}:{li.id}:") for key in keys(db))


def test_who_comes_on_duty_later_hears_of_it_at_once(db: Session, cipher: Cipher) -> None:
    opened(db, cipher)
    assert keys(db) == [] and alerts.repeat(db, NOW + MINUTE) == 0
    li = staff(db, on_duty=False)
    duty.put_on_duty(db, li.id, True)
    assert alerts.repeat(db, NOW + MINUTE) == 1


def test_of_turns_that_reached_nobody_only_the_last_is_kept(db: Session, cipher: Cipher) -> None:
    staff(db)
    opened(db, cipher)
    db.scalars(select(Push)).one().state = "unreached"
    db.flush()
    alerts.repeat(db, NOW + 5 * MINUTE)
    db.expire_all()
    assert [push.state for push in db.scalars(select(Push).order_by(Push.id))] == ["superseded", "due"]


def test_taken_over_once_with_who_and_when_and_the_others_may_rest(db: Session, cipher: Cipher) -> None:
    li, wang = staff(db), staff(db, "wang", openid="o-wang")
    number = opened(db, cipher).id
    for _ in range(2):
        taken = alerts.acknowledge(db, cipher, number, li.id, NOW + MINUTE)
    assert (taken.acknowledged_by, taken.acknowledged_at) == (li.id, NOW + MINUTE)
    with pytest.raises(AlertTaken) as refused:
        alerts.acknowledge(db, cipher, number, wang.id, NOW + 2 * MINUTE)
    assert (refused.value.keeper, refused.value.since) == ("li老师", NOW + MINUTE)
    assert alerts.repeat(db, NOW + 60 * MINUTE) == 0
    told = db.scalars(select(Push).where(Push.kind == "alert_note").order_by(Push.id)).all()
    assert [push.openid for push in told] == ["o-wang", "o-li"]
    db.expire_all()
    assert set(db.scalars(select(Push.state).where(Push.kind == "alert"))) == {"superseded"}
    with pytest.raises(AlertUnknown):
        alerts.acknowledge(db, cipher, number + 9, li.id, NOW)


def test_a_place_wakes_at_once_and_later_words_go_to_whoever_took_it(db: Session, cipher: Cipher) -> None:
    li, wang = staff(db), staff(db, "wang", openid="o-wang")
    number = opened(db, cipher).id
    alerts.hear(db, cipher, number, "place", "我在人民路", NOW + MINUTE)
    assert [push.openid for push in db.scalars(select(Push).where(Push.kind == "alert_note"))] == ["o-li", "o-wang"]
    alerts.acknowledge(db, cipher, number, wang.id, NOW + MINUTE)
    before = len(keys(db))
    alerts.hear(db, cipher, number, "said", "我好怕", NOW + 2 * MINUTE)
    last = db.scalars(select(Push).order_by(Push.id.desc())).first()
    assert len(keys(db)) == before + 1 and last is not None and last.openid == "o-wang"
    assert li.id != wang.id


def test_an_answer_takes_it_over_and_the_outcome_closes_it(db: Session, cipher: Cipher) -> None:
    li = staff(db)
    number = opened(db, cipher).id
    alerts.answer(db, cipher, number, li.id, "我在，你身边有人吗", NOW + MINUTE)
    alert = db.get_one(Alert, number)
    assert (alert.acknowledged_by, alert.answered_at) == (li.id, NOW + MINUTE)
    owed = db.scalars(select(Push).where(Push.kind == "alert_answer")).one()
    assert owed.openid == "o-1" and set(owed.payload) == {"note_id"}
    alerts.close(db, cipher, number, li.id, "家长已接回", NOW + 2 * MINUTE)
    assert (alert.closed_by, alert.closed_at) == (li.id, NOW + 2 * MINUTE)
    assert [kind for kind, _ in notes(db, cipher)] == ["said", "acknowledged", "answered", "closed"]
    for deed in (alerts.close, alerts.answer):
        with pytest.raises(AlertClosed):
            deed(db, cipher, number, li.id, "又来", NOW + 3 * MINUTE)
    assert opened(db, cipher, now=NOW + 4 * MINUTE).id != number, "the next cry is a new alert"
    assert verification.check(db, cipher, now=NOW + 5 * MINUTE) == []


def test_only_those_on_duty_or_in_charge_may_handle_it(db: Session, cipher: Cipher) -> None:
    li, off = staff(db), staff(db, "off", openid="o-off", on_duty=False)
    number = opened(db, cipher).id
    assert alerts.may_handle(db, li, number) and not alerts.may_handle(db, off, number)
    alerts.acknowledge(db, cipher, number, li.id, NOW)
    duty.put_on_duty(db, li.id, False)
    assert alerts.may_handle(db, li, number) and not alerts.may_handle(db, li, None)


def test_counted_by_whether_somebody_took_them(db: Session, cipher: Cipher) -> None:
    li = staff(db)
    number = opened(db, cipher).id
    opened(db, cipher, openid="o-2")
    alerts.acknowledge(db, cipher, number, li.id, NOW)
    assert alerts.counted(db) == (1, 1)


BREACHES = {
    "alert_taken": "UPDATE alerts SET acknowledged_by = NULL",
    "alert_closed": "UPDATE alerts SET closed_by = NULL",
    "alert_untaken": "UPDATE alerts SET acknowledged_by = NULL, acknowledged_at = NULL",
    "alert_unnoted": "DELETE FROM alert_notes WHERE kind = 'said'",
}


@pytest.mark.parametrize("rule", BREACHES)
def test_verify_notices(db: Session, cipher: Cipher, rule: str) -> None:
    li = staff(db)
    alerts.close(db, cipher, opened(db, cipher).id, li.id, "平安", NOW)
    assert verification.check(db, cipher) == []
    db.connection().execute(text(BREACHES[rule]))
    db.expire_all()
    assert rule in {breach.rule for breach in verification.check(db, cipher)}


def test_verify_notices_words_sealed_with_another_key(db: Session, cipher: Cipher) -> None:
    opened(db, cipher)
    found = verification.check(db, Cipher(Cipher.generate_key()))
    assert {breach.rule for breach in found} == {"alert_sealed"}


# -- many at once -------------------------------------------------------------------------------------


def cry_together(database: Database, cipher: Cipher, times: int = 6) -> list[Exception]:
    """The same follower's messages, handled by several processes because Valkey and its locks are away."""
    start, failed = threading.Barrier(times), []

    def cry(number: int) -> None:
        try:
            with database.session() as db:
                start.wait()
                opened(db, cipher, f"我不想活了{number}")
                db.commit()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=cry, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def open_alerts(database: Database) -> tuple[int, int]:
    with database.session() as db:
        return db.query(Alert).count(), db.query(AlertNote).count()


@pytest.fixture
def slowly() -> Iterator[None]:
    """Whoever found no open alert takes a moment to write one."""

    def pause(*_: object) -> None:
        time.sleep(0.1)

    event.listen(Alert, "init", pause)
    yield
    event.remove(Alert, "init", pause)


@pytest.mark.usefixtures("slowly")
def test_cries_at_the_same_moment_are_one_alert(db: Session, database: Database, cipher: Cipher) -> None:
    db.rollback()
    assert cry_together(database, cipher) == []
    assert open_alerts(database) == (1, 6)


@pytest.mark.usefixtures("slowly")
def test_twin_without_the_guard_it_is_more_than_one_alert(
    db: Session, database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock on the follower and no unique index: shows that the test above can fail. SQLite's only writer is alone
    anyway, so there it is its own guard."""
    db.rollback()
    with database.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_alerts_open"))
    monkeypatch.setattr(alerts, "alone", lambda db, subject: None)
    cry_together(database, cipher)
    number, _ = open_alerts(database)
    assert number == 1 if database.is_sqlite else number > 1
