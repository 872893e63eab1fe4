"""The worker's job about tags: WeChat is told who got one and who lost one, fifty followers a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.push import tagging
from bot.services import tags
from bot.services.reach import RIGHTS
from bot.storage.database import Database
from bot.wechat.client import Client
from bot.wechat.failures import ApiError, CallFailed

log = structlog.get_logger()

PAGE = 500  # of one sweep: ten calls, so that reminders do not wait long


def tell_wechat(database: Database, client: Client, account: str, now: datetime) -> int:
    """How many rows WeChat was told of. What fails on the way is tried again with the next sweep."""
    if "mass" not in RIGHTS[account]:
        return 0  # accounts without this right have no tags
    with database.session() as db:
        waiting = tags.untold(db, PAGE)
    if not waiting:
        return 0
    done = 0
    try:
        ids = tagging.ids_of(client)
        for (name, given), openids in waiting.items():
            if name not in ids and given:
                ids[name] = tagging.create(client, name)
            for start in range(0, len(openids), tagging.AT_ONCE):
                page = openids[start : start + tagging.AT_ONCE]
                id = ids.get(name)  # a tag that WeChat does not have cannot be taken away
                refused = tagging.change(client, id, page, given=given) if id is not None else {}
                _note(database, name, given, page, refused, now)
                done += len(page)
    except CallFailed as failure:
        what = failure.meaning.text if isinstance(failure, ApiError) else "连不上微信，下一轮再试"
        log.warning("tags.not_told", what=f"标签还没有全部告诉微信：{what}", reason=str(failure))
    return done


def _note(
    database: Database, name: str, given: bool, page: Sequence[str], refused: dict[str, str], now: datetime
) -> None:
    with database.session() as db:
        for openid, why in refused.items():
            tags.refused(db, name, [openid], why)
        tags.told(db, name, given, [openid for openid in page if openid not in refused], now)
        db.commit()
