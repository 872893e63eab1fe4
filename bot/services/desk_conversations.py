"""Conversations with people as the desk shows them: who is in which, a thread that is live, whether words reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, conversation_messages, conversations, reach
from bot.services.conversation_messages import Line
from bot.services.refusals.conversations import ConversationUnknown
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Conversation, Follower, Staff

NOTED_FOR = timedelta(minutes=30)
"""A page that asks for the thread every three seconds is one look."""
ENDED_SHOWN = 10


@dataclass(frozen=True)
class Window:
    """``until``: when WeChat stops passing on what we write, None where it does so now."""

    reaches: bool
    until: datetime | None


def others(db: Session, staff_id: int) -> Sequence[Conversation]:
    """Open ones that colleagues are in."""
    theirs = select(Conversation).where(Conversation.state == "open", Conversation.taken_by != staff_id)
    return db.scalars(theirs.order_by(Conversation.id)).all()


def ended(db: Session, staff_id: int) -> Sequence[Conversation]:
    """The newest that this person was in and that are over."""
    own = select(Conversation).where(Conversation.state == "ended", Conversation.taken_by == staff_id)
    return db.scalars(own.order_by(Conversation.id.desc()).limit(ENDED_SHOWN)).all()


def waiting_number(db: Session) -> int:
    return db.scalars(select(func.count()).where(Conversation.state == "waiting")).one()


def live(db: Session, cipher: Cipher, number: int, staff: Staff, now: datetime) -> tuple[Conversation, list[Line]]:
    """Everything both wrote, for who may read it; noted once in half an hour. Raises ConversationUnknown."""
    row = db.get(Conversation, number)
    if row is None or not conversations.may_read(db, staff, number):
        raise ConversationUnknown(number)
    lately = select(AuditEntry.id).where(
        AuditEntry.subject == f"conversations:{number}", AuditEntry.actor == actors.staff(staff.id),
        AuditEntry.reason == "viewed", AuditEntry.at > now - NOTED_FOR,
    )  # fmt: skip
    if db.scalars(lately.limit(1)).first() is None:
        writing(db)
        actors.acting(db, actors.staff(staff.id))
        audit.note(db, f"conversations:{number}", "viewed")
    return row, conversation_messages.written(db, cipher, number)


def window(db: Session, openid: str, now: datetime, account: str) -> Window:
    """Whether what is written now is read at once, and how long that stays so when they say no more."""
    if not reach.reaches(db, openid, now, account):
        return Window(False, None)
    follower = db.get(Follower, openid)
    spoke = follower.last_message_at if follower is not None else None
    return Window(True, spoke + reach.MESSAGE_WINDOW if spoke is not None else None)
