"""Pictures as evidence: wanted from WeChat within its three days, kept encrypted, shown to who may see the question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from bot.services import actors, authority, documents
from bot.services.questions import sight, telling
from bot.services.questions.cleaning import Cleaned
from bot.services.refusals.questions import QuestionUnknown, TooManyPictures
from bot.services.rules import USUAL, Rules
from bot.storage import audit
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import locked, writing
from bot.storage.models import Question, QuestionEntry, QuestionPicture, Staff

MOST = 20
"""Of one question."""
GIVE_UP_AFTER = timedelta(days=2)
"""WeChat keeps a picture for three days: whoever hears of it now can still look at it in WeChat's own console."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
PROBLEMS = {
    "": "正在从微信取",
    "unreachable": "微信暂时取不到，会再试",
    "no_space": "服务器存不下，会再试",
    "quota": "图片存满了，会再试",
    "gone": "微信那边已经没有了",
    "no_right": "公众号没有取图片的权限",
    "no_picture": "不是能打开的图片",
    "too_large": "图片太大",
}
KIND = "picture"
ENDED = ("closed", "declined", "transferred", "withdrawn")


def want(db: Session, row: Question, entry: QuestionEntry, now: datetime) -> QuestionPicture:
    """The worker is to fetch it. Raises TooManyPictures."""
    have = db.scalars(select(func.count()).where(QuestionPicture.question_id == row.id)).one()
    if have >= MOST:
        raise TooManyPictures(MOST)
    wanted = QuestionPicture(question_id=row.id, entry_id=entry.id, state="wanted", sent_at=now, next_at=now)
    db.add(wanted)
    db.flush()
    return wanted


# -- fetching ------------------------------------------------------------------------------------------


def due(db: Session, now: datetime, limit: int) -> Sequence[tuple[int, str]]:
    """(id, WeChat's media id) of what is to be fetched now, the oldest first."""
    waiting = (
        select(QuestionPicture.id, QuestionEntry.media_id)
        .join(QuestionEntry, QuestionEntry.id == QuestionPicture.entry_id)
        .where(QuestionPicture.state == "wanted", QuestionPicture.next_at <= now, QuestionEntry.media_id != "")
    )
    return [(id, media_id) for id, media_id in db.execute(waiting.order_by(QuestionPicture.id).limit(limit))]


def keep(db: Session, cipher: Cipher, picture_id: int, cleaned: Cleaned, now: datetime, rules: Rules = USUAL) -> bool:
    """False when it is not wanted any more, or there is no room for it."""
    row = _wanted(db, picture_id)
    if row is None:
        return False
    used = db.scalars(select(func.coalesce(func.sum(QuestionPicture.size), 0))).one()
    if used + len(cleaned.content) > rules.voice.pictures_mb * 1024 * 1024:
        _again(db, row, "quota", now, rules)
        telling.administrators(db, db.get_one(Question, row.question_id), "pictures_full", now, rules)
        return False
    row.content_encrypted, row.size = cipher.encrypt_bytes(cleaned.content), len(cleaned.content)
    row.state, row.problem, row.code = "kept", "", cleaned.code
    db.flush()
    return True


def again(db: Session, picture_id: int, problem: str, now: datetime, rules: Rules = USUAL) -> None:
    """With growing pauses; in the end whoever works on the question hears of it."""
    row = _wanted(db, picture_id)
    if row is not None:
        _again(db, row, problem, now, rules)


def fail(db: Session, picture_id: int, problem: str, now: datetime, rules: Rules = USUAL) -> None:
    """It will never be here; whoever works on the question asks for another one."""
    row = _wanted(db, picture_id)
    if row is not None:
        _fail(db, row, problem, now, rules)


def _wanted(db: Session, picture_id: int) -> QuestionPicture | None:
    writing(db)
    row = locked(db, QuestionPicture, picture_id)
    return row if row is not None and row.state == "wanted" else None


def _again(db: Session, row: QuestionPicture, problem: str, now: datetime, rules: Rules) -> None:
    if now - row.sent_at >= GIVE_UP_AFTER:
        return _fail(db, row, problem, now, rules)
    row.next_at = now + PAUSES[min(row.tries, len(PAUSES) - 1)]
    row.tries, row.problem = row.tries + 1, problem
    db.flush()
    return None


def _fail(db: Session, row: QuestionPicture, problem: str, now: datetime, rules: Rules) -> None:
    row.state, row.problem = "failed", problem
    db.flush()
    question = db.get_one(Question, row.question_id)
    telling.whoever_works(db, question, "picture_failed", now, rules, picture_id=row.id)


# -- looking -------------------------------------------------------------------------------------------


def of_question(db: Session, question_id: int) -> Sequence[QuestionPicture]:
    """The oldest first; its place in this list is how people call it."""
    own = select(QuestionPicture).where(QuestionPicture.question_id == question_id)
    return db.scalars(own.order_by(QuestionPicture.entry_id)).all()


def link_token(
    db: Session, cipher: Cipher, picture: QuestionPicture, staff: Staff, now: datetime, rules: Rules = USUAL
) -> str:
    """The secret of a link for this person, over after a day; who opens it is asked anew. Raises QuestionUnknown."""
    question = db.get_one(Question, picture.question_id)
    if not sight.may_see(staff, question) or not staff.openid:
        raise QuestionUnknown(question.number)
    return documents.keep(
        db, cipher, openid=staff.openid, person_id=None, kind=KIND, filename=f"{question.number}-{picture.id}.jpg",
        media_type="image/jpeg", content=str(picture.id).encode(), now=now, rules=rules,
    )  # fmt: skip


def open_for(db: Session, cipher: Cipher, picture_id: int, openid: str) -> bytes:
    """The JPEG, for who came by a link. Raises QuestionUnknown."""
    staff = authority.staff_of(db, openid)
    if staff is None:
        raise QuestionUnknown
    return open_(db, cipher, picture_id, staff)


def open_(db: Session, cipher: Cipher, picture_id: int, staff: Staff) -> bytes:
    """The JPEG; every look is noted. Raises QuestionUnknown also for what this person may not see (any more)."""
    row = db.get(QuestionPicture, picture_id)
    question = db.get_one(Question, row.question_id) if row is not None else None
    if row is None or question is None or row.content_encrypted is None or not sight.may_see(staff, question):
        raise QuestionUnknown
    writing(db)
    actors.acting(db, actors.staff(staff.id))
    audit.note(db, f"question_pictures:{row.id}", "viewed")
    try:
        return cipher.decrypt_bytes(row.content_encrypted)
    except Undecipherable:
        raise QuestionUnknown(question.number) from None


# -- the end -------------------------------------------------------------------------------------------


def forget(db: Session, question_ids: Collection[int]) -> None:
    """Nothing of them is left."""
    db.execute(delete(QuestionPicture).where(QuestionPicture.question_id.in_(question_ids)))


def over(db: Session, now: datetime, rules: Rules = USUAL) -> list[int]:
    """Pictures that nobody needs any more: taken back by the asker, ended long ago, or their entry lost its words."""
    since = now - timedelta(days=rules.voice.pictures_days)
    withdrawn = Question.state == "withdrawn"
    old = Question.state.in_(ENDED) & (Question.state_since <= since)
    emptied = exists().where(QuestionEntry.id == QuestionPicture.entry_id, QuestionEntry.media_id == "")
    found = select(QuestionPicture.id).join(Question, Question.id == QuestionPicture.question_id)
    return list(db.scalars(found.where(withdrawn | old | emptied).order_by(QuestionPicture.id)))


def clear(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Returns how many went."""
    ids = over(db, now, rules)
    if ids:
        writing(db)
        db.execute(delete(QuestionPicture).where(QuestionPicture.id.in_(ids)))
    return len(ids)
