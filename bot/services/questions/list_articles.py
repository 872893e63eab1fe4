"""A signed list of problems on its way into WeChat's draft box: due → asking → done or failed; never two drafts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.services import audience
from bot.services.announcements import notify
from bot.services.questions.problem_lists import READERS
from bot.storage.database import locked, writing
from bot.storage.models import ProblemList

AGAIN = timedelta(minutes=10)
"""Longer than any call: whoever was asking then is gone."""


def waiting(db: Session, now: datetime) -> Sequence[int]:
    """Ids of lists that WeChat has to be asked about now."""
    quiet = or_(ProblemList.article_at.is_(None), ProblemList.article_at <= now - AGAIN)
    found = select(ProblemList.id).where(ProblemList.article.in_(("due", "asking")), quiet)
    return db.scalars(found.order_by(ProblemList.id)).all()


def begin(db: Session, list_id: int, now: datetime) -> tuple[bool, ProblemList] | None:
    """(whether WeChat may have a draft already, the list). None when somebody else is at it. Commit before the call."""
    writing(db)
    row = locked(db, ProblemList, list_id)
    if row is None or row.id not in waiting(db, now):
        return None
    in_doubt = row.article == "asking"
    row.article, row.article_at = "asking", now
    db.flush()
    return in_doubt, row


def done(db: Session, list_id: int, article_id: str, now: datetime) -> None:
    row = _asked(db, list_id, "done", now)
    row.article_id = article_id[:128]
    _tell(db, row, "list_article", now)


def later(db: Session, list_id: int, now: datetime) -> None:
    """Nothing reached WeChat, or it has no time: once more in some minutes."""
    _asked(db, list_id, "due", now)


def in_doubt(db: Session, list_id: int, now: datetime) -> None:
    """No answer came: the box is looked into before it is asked again."""
    _asked(db, list_id, "asking", now)


def fail(db: Session, list_id: int, now: datetime) -> None:
    """WeChat refuses it: people read that the page has it all the same."""
    _tell(db, _asked(db, list_id, "failed", now), "list_article", now)


def _asked(db: Session, list_id: int, article: str, now: datetime) -> ProblemList:
    writing(db)
    row = locked(db, ProblemList, list_id)
    assert row is not None
    row.article, row.article_at = article, now
    db.flush()
    return row


def _tell(db: Session, row: ProblemList, what: str, now: datetime) -> None:
    for openid in audience.of_roles(db, READERS):
        notify(db, openid, f"questions.{what}", f"{row.month}:{openid}", now, list_id=row.id)
