"""Notices of conversations with people: to staff that somebody waits and what they say, to the follower staff's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language.dates import clock
from bot.services import conversation_messages, duty
from bot.services.conversations import LIVE
from bot.storage.crypto import Cipher
from bot.storage.models import Conversation, ConversationMessage, Staff
from bot.wechat.limits import split_text

NAME = "conversations"
Ids = Mapping[str, Any]


def _row(db: Session, ids: Ids) -> Conversation | None:
    """None once it was deleted with its time."""
    return db.get(Conversation, int(ids["conversation_id"]), populate_existing=True)


# -- to staff ------------------------------------------------------------------------------------------


def _asked(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row is None or row.state != "waiting":
        return None
    since = clock(row.opened_at.astimezone(zone))
    return f"【转人工】{row.code} 有人从{since}起在等老师。\n您来接待请回复 接待 {row.code}，会看到对方写了什么。"


def _said(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    """All that came since: one message of the few that WeChat allows carries several of theirs."""
    row = _row(db, ids)
    if row is None or not row.openid:
        return None
    lines = conversation_messages.written(db, cipher, row.id, heard_since=int(ids["since"]))
    words = "\n".join(conversation_messages.shown(line) for line in lines)
    how = f"回话请发：回复 {row.code} 您的话" if row.state == "open" else "对话已经结束。"
    rest = f"……\n全部请看：会话 {row.code}。{how}"
    first, more = split_text(f"{row.code} 对方说：\n{words}\n{how}", rest)
    return f"{first}{rest}" if more else first


def _left(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    return f"{row.code} 对方结束了对话，不用再回。" if row is not None else None


def _handed(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row, staff = _row(db, ids), db.get(Staff, int(ids["staff_id"]))
    if row is None or staff is None:
        return None
    return f"{row.code} 由{duty.called(staff)}接手了，对方再说话不会再叫您；要交代什么请直接找{duty.called(staff)}。"


# -- to the follower -----------------------------------------------------------------------------------


def _taken(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row is None or row.state != "open" or row.keeper is None:
        return None
    return f"值班老师（{duty.called(row.keeper)}）来了，您直接说就好。想回到小青请回复 结束。"


def _answer(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    message = db.get(ConversationMessage, int(ids["message_id"]))
    if message is None or message.text_encrypted is None or message.staff is None:
        return None
    return f"值班老师（{duty.called(message.staff)}）：\n{cipher.decrypt(message.text_encrypted)}"


def _ended(db: Session, cipher: Cipher, ids: Ids, now: datetime, zone: ZoneInfo) -> str | None:
    row = _row(db, ids)
    if row is None or row.state != "ended" or _has_another(db, row):
        return None
    if row.taken_at is None:
        return (
            "很抱歉，老师一直没能腾出手，先不让您空等了。\n"
            "把事情写下来更稳妥：回复 我要提问，老师会在时限内答复。也可以过一会儿再回复 人工。"
        )
    silent = row.ended_by == "system"
    why = "有一会儿没有新消息了，这次和老师的对话先到这里。" if silent else "这次和老师的对话结束了。"
    return f"{why}还要找老师随时回复 人工，别的可以直接问小青。"


def _has_another(db: Session, row: Conversation) -> bool:
    live = select(Conversation.id).where(Conversation.openid == row.openid, Conversation.state.in_(LIVE))
    return db.scalars(live.limit(1)).first() is not None


NOTICES: dict[str, Callable[..., str | None]] = {
    "asked": _asked, "said": _said, "left": _left, "handed": _handed, "taken": _taken, "answer": _answer, "ended": _ended,
}  # fmt: skip
