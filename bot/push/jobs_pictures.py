"""The worker's job about pictures of questions: fetched from WeChat within its three days, and cleared away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from bot.services.questions import pictures
from bot.services.questions.cleaning import Cleaned, NotUsable, clean
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError
from bot.wechat.client import Client
from bot.wechat.errors import Action, Reach
from bot.wechat.failures import ApiError, CallFailed

log = structlog.get_logger()
T = TypeVar("T")

PAGE = 20  # of one sweep: reminders must not wait long
EXPIRED = (40007, 46001)
NO_RIGHT = 48001


def fetch(database: Database, client: Client, cipher: Cipher, now: datetime, settings: Settings) -> int:
    """How many were fetched. Each picture is a transaction: whoever is killed in between does the rest again."""
    rules, kept = Rules.of(settings), 0
    with database.session() as db:
        waiting = pictures.due(db, now, PAGE)
    for id, media_id in waiting:
        cleaned, problem, for_good = _fetched(client, media_id)
        try:
            kept += _written(database, lambda db: _note(db, cipher, id, cleaned, problem, for_good, now, rules))  # noqa: B023
        except StorageError as error:
            if cleaned is None or error.again:
                raise
            # A full disk may still have room for a word: the next try is a minute away, not the next sweep.
            log.error("picture.not_kept", picture=id, what="图片存不下，请看看数据库的磁盘", reason=str(error))
            _written(database, lambda db: pictures.again(db, id, "no_space", now, rules))  # noqa: B023
    return kept


def clear(database: Database, now: datetime, settings: Settings) -> int:
    with database.session() as db:
        gone = pictures.clear(db, now, Rules.of(settings))
        if gone:
            db.commit()
        return gone


def _fetched(client: Client, media_id: str) -> tuple[Cleaned | None, str, bool]:
    """(the picture, or why not, whether trying again is of no use)."""
    try:
        return clean(client.medium(media_id)), "", False
    except NotUsable as bad:
        return None, bad.problem, True
    except ApiError as failure:
        if failure.code in EXPIRED:
            return None, "gone", True
        if failure.code == NO_RIGHT:
            return None, "no_right", True
        broken = failure.meaning.reach is not Reach.ACCOUNT and failure.action is Action.PAYLOAD
        return None, "gone" if broken else "unreachable", broken
    except CallFailed as failure:
        log.warning("picture.not_fetched", what="图片还没取到，过一会儿再试", reason=str(failure))
        return None, "unreachable", False


def _note(
    db: Session, cipher: Cipher, id: int, cleaned: Cleaned | None, problem: str, for_good: bool, now: datetime,
    rules: Rules,
) -> bool:  # fmt: skip
    if cleaned is not None:
        return pictures.keep(db, cipher, id, cleaned, now, rules)
    (pictures.fail if for_good else pictures.again)(db, id, problem, now, rules)
    return False


def _written(database: Database, work: Callable[[Session], T]) -> T:
    with database.session() as db:
        done = work(db)
        db.commit()
        return done
