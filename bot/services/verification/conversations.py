"""Invariants of conversations with people: a state that its times bear out, and whoever took one is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.breaches import Breach
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.models import Conversation, ConversationMessage, Push

Rule = Callable[[Session, Cipher, datetime | None], Iterator[Breach]]


def _states(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for row in db.scalars(select(Conversation).order_by(Conversation.id)):
        taken = row.taken_by is not None and row.taken_at is not None
        fits = {"waiting": row.taken_by is None and row.taken_at is None, "open": taken, "ended": True}
        if not fits.get(row.state, False):
            yield Breach("conversation_state", f"{row.code} is {row.state}, taken by {row.taken_by}", (row.id,))
        if (row.state == "ended") != (row.ended_at is not None and bool(row.ended_by)):
            yield Breach("conversation_ended", f"{row.code} is {row.state}, ended at {row.ended_at}", (row.id,))


def _answers(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Staff's words that are owed are there, and they are staff's."""
    there = set(db.scalars(select(ConversationMessage.id).where(ConversationMessage.direction == "out")))
    owed = select(Push.id, Push.payload).where(
        Push.key.startswith("conversations.answer:", autoescape=True), Push.state.in_(("due", "sending", "unreached"))
    )
    for id, payload in db.execute(owed):
        if payload["message_id"] not in there:
            yield Breach("conversation_silent", f"message {payload['message_id']} is owed and gone", (id,))


def _sealed(db: Session, cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    sealed = select(ConversationMessage.id, ConversationMessage.text_encrypted)
    for id, words in db.execute(sealed.where(ConversationMessage.text_encrypted.is_not(None))):
        try:
            cipher.decrypt(words or b"")
        except Undecipherable:
            yield Breach("conversation_sealed", "cannot be opened with the key of today", (id,))


RULES: tuple[Rule, ...] = (_states, _answers, _sealed)
