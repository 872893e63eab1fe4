"""The sheet at a shift's entrance: its code is asked for at the console, fetched from WeChat by the worker, printed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import nearby
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.attendance import PosterTooEarly, PosterTooLate
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Poster, Shift

LONGEST = timedelta(days=30)
"""WeChat keeps a temporary code no longer."""


def ask(db: Session, shift_id: int, actor: str, now: datetime, rules: Rules = USUAL) -> Poster:
    """Owe this shift a code. Asking again changes nothing while one is on its way or good until the end of the shift.

    Raises PosterTooEarly, PosterTooLate.
    """
    writing(db)
    shift = locked(db, Shift, shift_id)
    if shift is None or shift.activity.state != "open":
        raise ShiftUnknown
    ends = nearby.closes_at(shift, rules)
    if ends <= now:
        raise PosterTooLate
    if ends - now > LONGEST:
        raise PosterTooEarly(ends - LONGEST)
    poster = of_shift(db, shift_id)
    if poster is None:
        poster = Poster(shift_id=shift_id, asked_by=actor, asked_at=now)
        db.add(poster)
    elif poster.error or not is_good(poster, shift, now, rules):
        poster.asked_by, poster.asked_at, poster.url, poster.good_until, poster.error = actor, now, "", None, ""
    db.flush()
    return poster


def of_shift(db: Session, shift_id: int) -> Poster | None:
    return db.scalars(select(Poster).where(Poster.shift_id == shift_id)).one_or_none()


def is_good(poster: Poster, shift: Shift, now: datetime, rules: Rules = USUAL) -> bool:
    """Whether the code can be scanned until the end; a shift that was moved later outlives it. One that is on its way
    is good until it is known not to be."""
    if poster.good_until is None:
        return not poster.url
    return poster.good_until >= max(now, nearby.closes_at(shift, rules))


def due(db: Session, now: datetime) -> list[tuple[int, int]]:
    """(poster, shift) whose code WeChat has not been asked for, oldest first."""
    owed = (
        select(Poster.id, Poster.shift_id)
        .join(Shift, Poster.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Poster.url == "", Poster.error == "", Activity.state == "open")
        .where(func.coalesce(Shift.ended_at, Shift.ends_at) > now)
    )
    return [(id, shift_id) for id, shift_id in db.execute(owed.order_by(Poster.id).limit(20))]


def seconds(db: Session, shift_id: int, now: datetime, rules: Rules = USUAL) -> int:
    """How long the code must be good for."""
    left = nearby.closes_at(db.get_one(Shift, shift_id), rules) - now
    return max(60, round(min(left, LONGEST).total_seconds()))


def got(db: Session, poster_id: int, url: str, good_until: datetime) -> None:
    writing(db)
    poster = locked(db, Poster, poster_id)
    if poster is not None:
        poster.url, poster.good_until, poster.error = url[:255], good_until, ""
        db.flush()


def failed(db: Session, poster_id: int, why: str) -> None:
    """WeChat said no: somebody reads why and asks again."""
    writing(db)
    poster = locked(db, Poster, poster_id)
    if poster is not None:
        poster.error = why[:255] or "?"
        db.flush()
