"""The worker's job about signed lists of problems: each becomes one draft in WeChat's box, for people to publish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.push import problem_articles
from bot.push.broadcasts_content import cover
from bot.services.questions import list_articles, problem_lists
from bot.settings import Settings
from bot.storage.database import Database
from bot.wechat.client import Client
from bot.wechat.errors import Action, Reach
from bot.wechat.failures import ApiError, CallFailed, UnknownOutcome

log = structlog.get_logger()


def draft(database: Database, client: Client, now: datetime, settings: Settings) -> int:
    """How many drafts were made.

    What is about to be asked is committed first. Whoever finds it so later, because a process was killed or the
    answer was lost, looks into WeChat's box before asking again: two drafts there would be read as two lists.
    """
    with database.session() as db:
        waiting = list_articles.waiting(db, now)
    return sum(_draft(database, client, id, now, settings) for id in waiting)


def _draft(database: Database, client: Client, list_id: int, now: datetime, settings: Settings) -> bool:
    with database.session() as db:
        begun = list_articles.begin(db, list_id, now)
        if begun is None:
            return False
        in_doubt, row = begun
        link = f"{settings.web.public_url.rstrip('/')}/problems/{row.month}"
        author = settings.organisation.short_name
        made = problem_articles.article(row, problem_lists.lines(row), author, link, "")
        db.commit()
    try:
        media_id = _there(client, made["title"], link) if in_doubt else ""
        if not media_id:
            made["thumb_media_id"] = client.material.add("image", ("cover.jpg", cover()))["media_id"]
            media_id = str(client.draft.add([made])["media_id"])
    except CallFailed as failure:
        return _failed(database, list_id, failure, now)
    _write(database, lambda db: list_articles.done(db, list_id, media_id, now))
    return True


def _there(client: Client, title: str, link: str) -> str:
    """The draft that an earlier call has made, known by its title and its link; or nothing."""
    answer = client.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 20, "no_content": 1})
    for item in answer.get("item", []):
        one = item["content"]["news_item"][0]
        if one.get("title") == title and one.get("content_source_url") == link:
            return str(item["media_id"])
    return ""


def _failed(database: Database, list_id: int, failure: CallFailed, now: datetime) -> bool:
    """Refused for what it is: people hear of it. All else comes again with pauses."""
    final = isinstance(failure, ApiError) and (
        failure.action is Action.PAYLOAD or (failure.action is Action.STOP and failure.meaning.reach is Reach.CHANNEL)
    )
    what = failure.meaning.text if isinstance(failure, ApiError) else "连不上微信，过一会儿再试"
    log.warning("problem_list.not_drafted", what=f"问题清单还没放进草稿箱：{what}", reason=str(failure))
    doubt = isinstance(failure, UnknownOutcome)
    work = list_articles.fail if final else list_articles.in_doubt if doubt else list_articles.later
    _write(database, lambda db: work(db, list_id, now))
    return False


def _write(database: Database, work: Callable[[Session], object]) -> None:
    with database.session() as db:
        work(db)
        db.commit()
