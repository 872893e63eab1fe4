"""What was written in conversations with people: sealed when it comes, opened for who may read it, and forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from bot.services import actors, duty
from bot.services.announcements import supersede
from bot.storage.crypto import Cipher
from bot.storage.models import Conversation, ConversationMessage

Kind = Literal["text", "picture", "voice", "video", "place", "link", "other"]
LONGEST = 2000
ELSEWHERE = {
    "picture": "（图片，请到公众号后台的消息里看）", "voice": "（语音，请到公众号后台的消息里听）",
    "video": "（视频，请到公众号后台的消息里看）", "other": "（看不了的消息，请到公众号后台看）",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing written; ``staff`` is empty when the follower wrote it."""

    direction: str
    kind: str
    text: str
    staff: str
    at: datetime


def heard(
    db: Session, cipher: Cipher, row: Conversation, kind: Kind, text: str, now: datetime, media_id: str = ""
) -> ConversationMessage:
    """The follower wrote this."""
    sealed = cipher.encrypt(text[:LONGEST]) if text else None
    message = ConversationMessage(
        conversation_id=row.id, direction="in", kind=kind, text_encrypted=sealed, media_id=media_id[:128], at=now
    )
    return _kept(db, row, message)


def said(
    db: Session, cipher: Cipher, row: Conversation, staff_id: int, text: str, now: datetime
) -> ConversationMessage:
    """This member of staff wrote that."""
    message = ConversationMessage(
        conversation_id=row.id, direction="out", text_encrypted=cipher.encrypt(text), staff_id=staff_id, at=now
    )
    return _kept(db, row, message)


def _kept(db: Session, row: Conversation, message: ConversationMessage) -> ConversationMessage:
    row.last_message_at = message.at
    db.add(message)
    db.flush()
    return message


def written(db: Session, cipher: Cipher, number: int, *, heard_since: int | None = None) -> list[Line]:
    """All of it, oldest first; or what the follower wrote from the message ``heard_since`` on."""
    wanted = select(ConversationMessage).where(ConversationMessage.conversation_id == number)
    if heard_since is not None:
        wanted = wanted.where(ConversationMessage.direction == "in", ConversationMessage.id >= heard_since)
    return [_opened(cipher, message) for message in db.scalars(wanted.order_by(ConversationMessage.id))]


def _opened(cipher: Cipher, message: ConversationMessage) -> Line:
    return Line(
        direction=message.direction,
        kind=message.kind,
        text=cipher.decrypt(message.text_encrypted) if message.text_encrypted else "",
        staff=duty.called(message.staff) if message.staff is not None else "",
        at=message.at,
    )


def shown(line: Line) -> str:
    """As colleagues read it: what is no text is looked at in WeChat's own console."""
    what = ELSEWHERE.get(line.kind, "")
    return f"{line.text}{what}" if line.text or what else "（没有文字）"


def ended_before(moment: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Messages, then conversations, of what was over by then: kept for as long as the settings say, then deleted."""
    old = Conversation.ended_at < moment
    return ConversationMessage.conversation_id.in_(select(Conversation.id).where(old)), old


def forget(db: Session, openid: str, now: datetime) -> None:
    """Whose it was and every word goes; that there was one, when and how it ended, stays for as long as others."""
    own = db.scalars(select(Conversation).where(Conversation.openid == openid).order_by(Conversation.id)).all()
    for row in own:
        if row.ended_at is None:
            row.state, row.ended_at, row.ended_by = "ended", now, actors.SYSTEM
        if row.ended_by == actors.follower(openid):
            row.ended_by = "follower:"
        row.openid = ""
        for notice in ("asked", "said"):
            supersede(db, f"conversations.{notice}:{row.id}:", now, prefix=True, reason="erased")
    db.flush()
    words = update(ConversationMessage).where(ConversationMessage.conversation_id.in_([row.id for row in own]))
    db.execute(words.values(text_encrypted=None, media_id=""))
