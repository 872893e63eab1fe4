"""Alerts: somebody may be in danger. One open alert for each follower, repeated to those on duty until one takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import duty
from bot.services.announcements import announce_all, supersede
from bot.services.refusals import AlertClosed, AlertTaken, AlertUnknown
from bot.storage.crypto import Cipher
from bot.storage.database import alone, locked, writing
from bot.storage.models import Alert, AlertNote, Push, Staff

REPEATED_EVERY = timedelta(minutes=5)
HEEDED_FOR = timedelta(hours=1)
ANSWER_LIVES = timedelta(hours=48)
LONGEST = 1000


# -- what the follower does ---------------------------------------------------------------------------


def open_alert(db: Session, cipher: Cipher, openid: str, kind: str, text: str, now: datetime) -> Alert:
    """The follower's words point to danger: a new alert, or one more word for the one that is open."""
    writing(db)
    alone(db, f"alert {openid}")
    still_open = select(Alert).where(Alert.openid == openid, Alert.closed_at.is_(None))
    known = db.scalars(still_open.with_for_update(key_share=True)).one_or_none()
    if known is not None:
        hear(db, cipher, known.id, "said", text, now)
        return known
    alert = Alert(openid=openid, kind=kind, opened_at=now, last_message_at=now)
    db.add(alert)
    db.flush()
    _note(db, cipher, alert, "said", text, now)
    _wake(db, [alert], duty.on_duty(db), now)
    return alert


def hear(db: Session, cipher: Cipher, alert_id: int, kind: str, text: str, now: datetime) -> None:
    """The follower says more (``said``), or where they are (``place``).

    Whoever took the alert over hears it at once. Until then a place wakes everybody, other words come with the next
    repetition: WeChat lets us send five messages until the reader writes again.
    """
    writing(db)
    alert = locked(db, Alert, alert_id)
    assert alert is not None
    alert.last_message_at = now
    note = _note(db, cipher, alert, kind, text, now)
    if alert.keeper is not None:
        _tell(db, note, [alert.keeper], now)
    elif kind == "place":
        _tell(db, note, duty.on_duty(db), now)


def is_heeded(alert: Alert, now: datetime) -> bool:
    """Whether what the follower says next may still be about it."""
    return now - max(alert.last_message_at, alert.answered_at or alert.opened_at) <= HEEDED_FOR


def in_conversation(alert: Alert, now: datetime) -> bool:
    """Somebody on duty has just written to the follower: what they say next is meant for that person."""
    return alert.answered_at is not None and now - alert.answered_at <= HEEDED_FOR


# -- what those on duty do ----------------------------------------------------------------------------


def may_handle(db: Session, staff: Staff, number: int | None) -> bool:
    """On duty, or off duty again but still in charge of this one."""
    alert = db.get(Alert, number) if number is not None else None
    return staff.on_duty or (alert is not None and alert.acknowledged_by == staff.id)


def unheard(db: Session) -> list[Alert]:
    """Nobody has taken these over, oldest first."""
    waiting = select(Alert).where(Alert.closed_at.is_(None), Alert.acknowledged_at.is_(None))
    return list(db.scalars(waiting.order_by(Alert.id)))


def acknowledge(db: Session, cipher: Cipher, number: int, staff_id: int, now: datetime) -> Alert:
    """Taken over: nobody is woken any more. Saying it twice is the same as once. AlertTaken if somebody was first."""
    alert = _held(db, number)
    if alert.keeper is not None and alert.keeper.id != staff_id:
        assert alert.acknowledged_at is not None
        raise AlertTaken(alert.id, duty.called(alert.keeper), alert.acknowledged_at)
    _take(db, cipher, alert, staff_id, now)
    return alert


def answer(db: Session, cipher: Cipher, number: int, staff_id: int, text: str, now: datetime) -> Alert:
    """Words for the follower. Whoever answers first has taken the alert over."""
    alert = _held(db, number)
    if alert.keeper is None:
        _take(db, cipher, alert, staff_id, now)
    alert.answered_at = now
    note = _note(db, cipher, alert, "answered", text, now, staff_id)
    row = _row(f"alert-answer:{note.id}", alert.openid, "alert_answer", {"note_id": note.id}, now)
    announce_all(db, [{**row, "expires_at": now + ANSWER_LIVES}], now)
    return alert


def close(db: Session, cipher: Cipher, number: int, staff_id: int, outcome: str, now: datetime) -> Alert:
    """Dealt with, in a word on how. Nothing closes an alert by itself."""
    alert = _held(db, number)
    if alert.keeper is None:
        _take(db, cipher, alert, staff_id, now)
    alert.closed_at, alert.closed_by = now, staff_id
    _note(db, cipher, alert, "closed", outcome, now, staff_id)
    return alert


def _held(db: Session, number: int) -> Alert:
    writing(db)
    alert = locked(db, Alert, number)
    if alert is None:
        raise AlertUnknown(number)
    if alert.closed_at is not None:
        raise AlertClosed(number, alert.closed_at)
    return alert


def _take(db: Session, cipher: Cipher, alert: Alert, staff_id: int, now: datetime) -> None:
    if alert.acknowledged_at is not None:
        return
    alert.acknowledged_at, alert.acknowledged_by = now, staff_id
    supersede(db, f"alert:{alert.id}:", now, prefix=True, reason="taken over")
    note = _note(db, cipher, alert, "acknowledged", "", now, staff_id)
    db.refresh(alert, ["keeper"])
    others = [staff for staff in duty.on_duty(db) if staff.id != staff_id]
    _tell(db, note, [*others, *([alert.keeper] if alert.keeper else [])], now)


# -- waking -------------------------------------------------------------------------------------------


def repeat(db: Session, now: datetime) -> int:
    """Wake those on duty again for what nobody took over. Found by looking, so a restart loses nothing; by a key for
    each turn, so nothing is said twice however often this runs. Returns how many messages are owed anew."""
    waiting, staff = unheard(db), duty.on_duty(db)
    if not _missing(db, waiting, staff, now):
        return 0
    writing(db)
    return _wake(db, unheard(db), duty.on_duty(db), now)


def _wake(db: Session, waiting: Sequence[Alert], staff: Sequence[Staff], now: datetime) -> int:
    rows = _missing(db, waiting, staff, now)
    for row in rows:  # of several turns that found no way, only the last is worth keeping
        supersede(db, row["key"].rpartition(":")[0] + ":", now, prefix=True, reason="repeated")
    announce_all(db, rows, now)
    return len(rows)


def _missing(db: Session, waiting: Sequence[Alert], staff: Sequence[Staff], now: datetime) -> list[dict[str, Any]]:
    rows = {}
    for alert in waiting:
        turn = max(0, (now - alert.opened_at) // REPEATED_EVERY)
        for each in staff:
            key, payload = f"alert:{alert.id}:{each.id}:{turn}", {"alert_id": alert.id, "turn": turn}
            rows[key] = _row(key, str(each.openid), "alert", payload, now)
    owed = set(db.scalars(select(Push.key).where(Push.key.in_(rows)))) if rows else set()
    return [row for key, row in rows.items() if key not in owed]


def _tell(db: Session, note: AlertNote, staff: Sequence[Staff], now: datetime) -> None:
    rows = [
        _row(f"alert-note:{note.id}:{each.id}", each.openid, "alert_note", {"note_id": note.id}, now)
        for each in staff
        if each.openid
    ]
    announce_all(db, rows, now)


def _row(key: str, openid: str, kind: str, payload: dict[str, int], now: datetime) -> dict[str, Any]:
    return {"key": key, "openid": openid, "kind": kind, "payload": payload, "due_at": now, "expires_at": None}


# -- rows ---------------------------------------------------------------------------------------------


def _note(
    db: Session, cipher: Cipher, alert: Alert, kind: str, text: str, now: datetime, staff_id: int | None = None
) -> AlertNote:
    sealed = cipher.encrypt(text[:LONGEST]) if text else None
    note = AlertNote(alert_id=alert.id, staff_id=staff_id, kind=kind, text_encrypted=sealed, at=now)
    db.add(note)
    db.flush()
    return note


def counted(db: Session) -> tuple[int, int]:
    """(open alerts that nobody took over, open alerts that somebody did)."""
    waiting = func.count().filter(Alert.acknowledged_at.is_(None))
    taken = func.count().filter(Alert.acknowledged_at.is_not(None))
    row = db.execute(select(waiting, taken).select_from(Alert).where(Alert.closed_at.is_(None))).one()
    return row[0], row[1]
