"""Conversations with people: asked for, taken by one of those on duty, written in by both, ended by one or silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from bot.services import actors, conversation_messages, duty, office_hours
from bot.services.announcements import notify, supersede
from bot.services.conversation_messages import Kind, Line
from bot.services.refusals.conversations import (
    ConversationEnded,
    ConversationTaken,
    ConversationUnknown,
    NobodyOnDuty,
    OfficeClosed,
    SaidTooLong,
)
from bot.services.roles import may
from bot.services.rules import USUAL, Rules
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.database import alone, locked, writing
from bot.storage.models import Conversation, Push, Staff

LIVE = ("waiting", "open")
LONGEST_SAID = 600


# -- what the follower does ---------------------------------------------------------------------------


def ask(db: Session, cipher: Cipher, openid: str, text: str, now: datetime, rules: Rules = USUAL) -> Conversation:
    """A person is wanted: those on duty are told, without words. Whoever waits already keeps their place.

    Raises OfficeClosed, NobodyOnDuty.
    """
    writing(db)
    alone(db, f"conversation {openid}")
    known = db.scalars(_live(openid).with_for_update(key_share=True)).one_or_none()
    if known is not None:
        return known
    refuse_if_closed(now, rules)
    listening = on_duty(db)
    if not listening:
        raise NobodyOnDuty
    row = Conversation(openid=openid, state="waiting", opened_at=now, last_message_at=now)
    db.add(row)
    db.flush()
    if text:
        conversation_messages.heard(db, cipher, row, "text", text, now)
    for staff in listening:
        _tell(db, staff, "asked", f"{row.id}:{staff.id}", now, conversation_id=row.id)
    return row


def refuse_if_closed(now: datetime, rules: Rules) -> None:
    """Raises OfficeClosed when nobody is at work."""
    if (opens_at := office_hours.back_at(now, rules)) is not None:
        raise OfficeClosed(opens_at)


def receive(
    db: Session, cipher: Cipher, openid: str, kind: Kind, text: str, now: datetime, media_id: str = ""
) -> Conversation | None:
    """The follower writes while they have a person: kept, and passed on to whoever took it. None: they have nobody."""
    row = _held_by_follower(db, openid)
    if row is None:
        return None
    message = conversation_messages.heard(db, cipher, row, kind, text, now, media_id)
    if row.keeper is not None and not _is_on_its_way(db, row.keeper, row.id):
        _tell(db, row.keeper, "said", f"{row.id}:{message.id}", now, conversation_id=row.id, since=message.id)
    return row


def _is_on_its_way(db: Session, keeper: Staff, number: int) -> bool:
    """What waits to be sent takes the new words along: WeChat lets us write five messages until the reader answers.

    Locked, for the sender must not take it before these words are there.
    """
    told = Push.key.startswith(f"conversations.said:{number}:", autoescape=True)
    due = select(Push.id).where(told, Push.openid == keeper.openid, Push.state.in_(("due", "unreached")))
    return db.scalars(due.limit(1).with_for_update()).first() is not None


def leave(db: Session, openid: str, now: datetime) -> Conversation | None:
    """The follower wants the program back; whoever took it hears so. None: there was nothing to end."""
    row = _held_by_follower(db, openid)
    if row is not None:
        _end(db, row, actors.follower(openid), now)
        if row.keeper is not None:
            _tell(db, row.keeper, "left", str(row.id), now, conversation_id=row.id)
    return row


def _held_by_follower(db: Session, openid: str) -> Conversation | None:
    """Locked and alive."""
    number = db.scalars(_live(openid).with_only_columns(Conversation.id)).one_or_none()
    if number is None:
        return None
    writing(db)
    row = locked(db, Conversation, number)
    return row if row is not None and row.state in LIVE else None


# -- what staff do ------------------------------------------------------------------------------------


def on_duty(db: Session) -> list[Staff]:
    """Who is told that somebody waits: on duty, bound, and of a role that takes conversations."""
    return [staff for staff in duty.on_duty(db) if may(staff.role, "conversations.take")]


def may_attend(db: Session, staff: Staff, number: int | None = None) -> bool:
    """On duty, or off duty again but still in charge of this one."""
    if not may(staff.role, "conversations.take"):
        return False
    row = db.get(Conversation, number) if number is not None else None
    return staff.on_duty or (row is not None and row.taken_by == staff.id)


def may_read(db: Session, staff: Staff, number: int) -> bool:
    """At the desk also, for whoever takes conversations: what a colleague is saying to somebody, not who waits."""
    if may_attend(db, staff, number):
        return True
    row = db.get(Conversation, number)
    return may(staff.role, "conversations.take") and row is not None and row.state == "open"


def take_over(db: Session, number: int, staff_id: int, keeper_id: int, now: datetime) -> Conversation:
    """From a colleague who cannot go on. ``keeper_id``: in whose hands it was when this was asked for.

    They hear of it; what they were still to be told goes to nobody, for it stands in the thread. The follower goes on
    as before. Raises ConversationUnknown, ConversationEnded, ConversationTaken.
    """
    writing(db)
    actors.acting(db, actors.staff(staff_id))
    row, staff = locked(db, Conversation, number), db.get_one(Staff, staff_id)
    if row is None or row.state == "waiting" or not may_attend(db, staff, number):
        raise ConversationUnknown(number)
    if row.ended_at is not None:
        raise ConversationEnded(number, row.ended_at)
    former = row.keeper
    assert former is not None and row.taken_at is not None  # an open one is somebody's
    if former.id == staff_id:
        return row
    if former.id != keeper_id:
        raise ConversationTaken(number, duty.called(former), row.taken_at)
    row.taken_by, row.taken_at = staff_id, now
    db.flush()
    db.refresh(row, ["keeper"])
    supersede(db, f"conversations.said:{row.id}:", now, prefix=True, reason="a colleague has taken over")
    _tell(db, former, "handed", f"{row.id}:{now.isoformat()}", now, conversation_id=row.id, staff_id=staff_id)
    return row


def take(db: Session, number: int, staff_id: int, now: datetime) -> Conversation:
    """From here on it is this person's; saying it twice is the same as once.

    Raises ConversationUnknown, ConversationEnded, ConversationTaken.
    """
    row = _held_by_staff(db, number, staff_id)
    if row.state == "waiting":
        row.state, row.taken_by, row.taken_at, row.last_message_at = "open", staff_id, now, now
        db.flush()
        db.refresh(row, ["keeper"])
        supersede(db, f"conversations.asked:{row.id}:", now, prefix=True, reason="taken")
        notify(db, row.openid, "conversations.taken", str(row.id), now, urgent=True, conversation_id=row.id)
    return row


def say(db: Session, cipher: Cipher, number: int, staff_id: int, text: str, now: datetime) -> Conversation:
    """Words for the follower. Whoever says something first has taken it.

    Raises as `take`, and SaidTooLong.
    """
    words = text.strip()
    if len(words) > LONGEST_SAID:
        raise SaidTooLong(len(words), LONGEST_SAID)
    row = take(db, number, staff_id, now)
    supersede(db, f"conversations.taken:{row.id}", now, reason="the words themselves come")
    said = conversation_messages.said(db, cipher, row, staff_id, words, now)
    notify(db, row.openid, "conversations.answer", str(said.id), now, urgent=True, message_id=said.id)
    return row


def end(db: Session, number: int, staff_id: int, now: datetime) -> Conversation:
    """Staff have said what there was to say; the follower hears that the program is back. Raises as `take`."""
    row = _held_by_staff(db, number, staff_id)
    _end(db, row, actors.staff(staff_id), now)
    notify(db, row.openid, "conversations.ended", str(row.id), now, urgent=True, conversation_id=row.id)
    return row


def _held_by_staff(db: Session, number: int, staff_id: int) -> Conversation:
    """Locked, alive, and nobody else's."""
    writing(db)
    actors.acting(db, actors.staff(staff_id))
    row = locked(db, Conversation, number)
    if row is None:
        raise ConversationUnknown(number)
    if row.ended_at is not None:
        raise ConversationEnded(number, row.ended_at)
    if row.keeper is not None and row.keeper.id != staff_id:
        assert row.taken_at is not None
        raise ConversationTaken(number, duty.called(row.keeper), row.taken_at)
    return row


# -- silence ------------------------------------------------------------------------------------------


def sweep(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """End what fell silent, and what nobody took; returns how many."""
    over = _silent(now, rules)
    numbers = db.scalars(select(Conversation.id).where(over).order_by(Conversation.id)).all()
    if not numbers:
        return 0
    writing(db)
    still = select(Conversation).where(Conversation.id.in_(numbers), over).order_by(Conversation.id)
    rows = db.scalars(still.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    for row in rows:
        _end(db, row, actors.SYSTEM, now)
        notify(db, row.openid, "conversations.ended", str(row.id), now, urgent=True, conversation_id=row.id)
    return len(rows)


def _silent(now: datetime, rules: Rules) -> ColumnElement[bool]:
    """Who waits does not prolong the waiting by writing: there the time since they asked counts."""
    since = now - timedelta(minutes=rules.conversation.silence_minutes)
    waited = and_(Conversation.state == "waiting", Conversation.opened_at <= since)
    return or_(waited, and_(Conversation.state == "open", Conversation.last_message_at <= since))


# -- looking ------------------------------------------------------------------------------------------


def waiting(db: Session) -> Sequence[Conversation]:
    """Nobody took these yet, the oldest first."""
    return db.scalars(select(Conversation).where(Conversation.state == "waiting").order_by(Conversation.id)).all()


def of_staff(db: Session, staff_id: int) -> Sequence[Conversation]:
    """Those this person is in, the oldest first."""
    own = select(Conversation).where(Conversation.state == "open", Conversation.taken_by == staff_id)
    return db.scalars(own.order_by(Conversation.id)).all()


def thread(db: Session, cipher: Cipher, number: int, staff: Staff) -> tuple[Conversation, list[Line]]:
    """Everything both wrote, oldest first; that this person looked is noted.

    Raises ConversationUnknown also for what this person may not see.
    """
    row = db.get(Conversation, number)
    if row is None or not may_attend(db, staff, number):
        raise ConversationUnknown(number)
    writing(db)
    actors.acting(db, actors.staff(staff.id))
    audit.note(db, f"conversations:{row.id}", "viewed")
    return row, conversation_messages.written(db, cipher, row.id)


# -- rows ---------------------------------------------------------------------------------------------


def _live(openid: str) -> Select[Conversation]:
    return select(Conversation).where(Conversation.openid == openid, Conversation.state.in_(LIVE))


def _tell(db: Session, staff: Staff, notice: str, key: str, now: datetime, **ids: Any) -> None:
    if staff.openid:
        notify(db, staff.openid, f"conversations.{notice}", key, now, urgent=True, **ids)


def _end(db: Session, row: Conversation, by: str, now: datetime) -> None:
    row.state, row.ended_at, row.ended_by = "ended", now, by
    db.flush()
    supersede(db, f"conversations.asked:{row.id}:", now, prefix=True, reason="ended")
    supersede(db, f"conversations.taken:{row.id}", now, reason="ended")
