"""Notes among colleagues about a question (备注): in its thread, encrypted, never for the asker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.services import actors
from bot.services.questions.asking import enter
from bot.services.questions.sight import may_see
from bot.services.questions.states import held
from bot.services.refusals.questions import QuestionEmptied, QuestionEmpty, QuestionUnknown
from bot.storage.crypto import Cipher
from bot.storage.models import QuestionEntry, Staff


def write(db: Session, cipher: Cipher, question_id: int, text: str, staff: Staff, now: datetime) -> QuestionEntry:
    """In any state, also after the end. No part of what the asker is given about themselves (PIPL 45): it is about how
    colleagues work, and goes with the rest when the question is emptied.

    Raises QuestionUnknown for what this person may not see, QuestionEmpty, QuestionEmptied.
    """
    row = held(db, question_id, "note", actors.staff(staff.id))
    if not may_see(staff, row):
        raise QuestionUnknown(row.number)
    if not text.strip():
        raise QuestionEmpty("note")
    if row.emptied_at is not None:
        raise QuestionEmptied(row.number)
    return enter(db, cipher, row, "note", actors.staff(staff.id), text, now)
