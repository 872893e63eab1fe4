"""What is said about an alert: to those on duty what happened and what to answer, to the follower staff's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language import dates
from bot.language.masking import mask
from bot.push.fields import Value, cut
from bot.services import duty
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.models import Alert, AlertNote, Follower, Staff

KINDS = ("alert", "alert_note", "alert_answer")
TITLES = {
    "mind": "有人可能想不开", "medical": "有人需要急救", "fire": "有火情或险情", "violence": "有人可能正被伤害",
}  # fmt: skip
# Of a long talk those on duty need the latest; each at a length that is read at a glance.
SHOWN, LONGEST = 5, 200


@dataclass(frozen=True)
class Alarm:
    """``said``: when and what, oldest first, without numbers; ``text``: the one thing that this push says."""

    code: str
    kind: str
    opened_at: datetime
    said: tuple[tuple[datetime, str], ...] = ()
    turn: int = 0
    text: str = ""


def read(db: Session, cipher: Cipher, openid: str, kind: str, payload: Mapping[str, Any]) -> Alarm | str:
    """The alert as it is now, or why it is not said any more."""
    if kind == "alert":
        return _alert(db, cipher, payload)
    note = db.get(AlertNote, payload["note_id"])
    if note is None:
        return "the note is gone"
    alert = db.get(Alert, note.alert_id, populate_existing=True)
    if alert is None or (alert.closed_at is not None and kind == "alert_note"):
        return "the alert is closed"
    said = _opened(cipher, note)
    if kind == "alert_answer":
        text = f"值班老师（{duty.called(note.staff) if note.staff else '团县委'}）：\n{said}"
    elif note.kind == "acknowledged":
        text = _taken_over(db, cipher, alert, note.staff, openid)
    elif alert.keeper is None:
        text = f"【紧急】{alert.code} 对方说了在哪里：{mask(said)}\n接手请回复 收到 {alert.code}"
    elif alert.keeper.openid != openid:
        return "somebody else has taken it over"
    else:
        text = f"{alert.code} 对方说：{said}\n回话请发：回复 {alert.code} 您的话"
    return Alarm(alert.code, alert.kind, alert.opened_at, text=text)


def _alert(db: Session, cipher: Cipher, payload: Mapping[str, Any]) -> Alarm | str:
    alert = db.get(Alert, payload["alert_id"], populate_existing=True)
    if alert is None or alert.closed_at is not None or alert.acknowledged_at is not None:
        return "the alert is in somebody's hands"
    words = select(AlertNote).where(AlertNote.alert_id == alert.id, AlertNote.kind.in_(("said", "place")))
    latest = db.scalars(words.order_by(AlertNote.id.desc()).limit(SHOWN)).all()
    said = tuple((note.at, cut(mask(_opened(cipher, note)), LONGEST)) for note in reversed(latest))
    return Alarm(alert.code, alert.kind, alert.opened_at, said, int(payload["turn"]))


def _taken_over(db: Session, cipher: Cipher, alert: Alert, keeper: Staff | None, openid: str) -> str:
    """To the others that they may rest; to the one in charge how else the follower can be reached."""
    if keeper is None or keeper.openid != openid:
        return f"{alert.code} 已由{duty.called(keeper) if keeper else '同事'}接手，您不用再处理。"
    follower = db.get(Follower, alert.openid)
    person = follower.person if follower else None
    phone = cipher.decrypt(person.phone_encrypted) if person and person.phone_encrypted else ""
    if not person or not phone:
        return f"{alert.code} 的对方没有登记过电话，只能在这里联系：回复 {alert.code} 您的话。"
    return f"{alert.code} 的对方登记过：{person.name} {phone}。只用来救助，请不要转发。"


def _opened(cipher: Cipher, note: AlertNote) -> str:
    try:
        return cipher.decrypt(note.text_encrypted) if note.text_encrypted else ""
    except Undecipherable:  # another security.key: somebody must come all the same
        return "（原话读不出来，请看公众号后台的消息）"


def text(alarm: Alarm, zone: ZoneInfo) -> str:
    if alarm.text:
        return alarm.text
    said = [f"{dates.clock(at.astimezone(zone))} {words}" for at, words in alarm.said]
    again = [f"（第{alarm.turn + 1}次提醒，还没有人接手）"] if alarm.turn else []
    head = [f"【紧急】{alarm.code} {TITLES[alarm.kind]}", f"{dates.moment(alarm.opened_at, zone)}起，对方说："]
    ask = f"您能处理，请马上回复 收到 {alarm.code}；没人接手，每5分钟会再提醒。"
    return "\n".join([*head, *said, *again, ask])


def values(alarm: Alarm) -> Mapping[str, Value]:
    """For the template: it may light up on a locked screen, so what was said stays out of it."""
    return {
        "alert": f"{alarm.code} {TITLES[alarm.kind]}",
        "opened": alarm.opened_at,
        "again": f"第{alarm.turn + 1}次提醒，还没有人接手",
        "hint": f"请回复 收到 {alarm.code}",
    }
