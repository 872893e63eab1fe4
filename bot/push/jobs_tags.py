"""The worker's job about tags: WeChat is told who got one and who lost one, fifty followers a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.services import tags
from bot.services.reach import RIGHTS
from bot.storage.database import Database
from bot.wechat.client import Client
from bot.wechat.errors import Action
from bot.wechat.failures import ApiError, CallFailed

log = structlog.get_logger()

CREATE = "/cgi-bin/tags/create"
AT_ONCE = 50  # platform §3.10
PAGE = 500  # of one sweep: ten calls, so that reminders do not wait long
OF_ONE = (45059, 49003)  # a follower has twenty tags, or is not ours: the others of the call are fine
GIVE, TAKE = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"


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
        ids = ids_of(client)
        for (name, given), openids in waiting.items():
            if name not in ids and given:
                ids[name] = create(client, name)
            for start in range(0, len(openids), AT_ONCE):
                page = openids[start : start + AT_ONCE]
                refused = _tell(client, ids.get(name), given, page)
                _note(database, name, given, page, refused, now)
                done += len(page)
    except CallFailed as failure:
        what = failure.meaning.text if isinstance(failure, ApiError) else "连不上微信，下一轮再试"
        log.warning("tags.not_told", what=f"标签还没有全部告诉微信：{what}", reason=str(failure))
    return done


def ids_of(client: Client) -> dict[str, int]:
    """Name → id of the account's tags. Raises CallFailed."""
    return {tag["name"]: int(tag["id"]) for tag in client.tag.get()}


def create(client: Client, name: str) -> int:
    return int(client.post(CREATE, {"tag": {"name": name}})["tag"]["id"])


def _tell(client: Client, id: int | None, given: bool, openids: Sequence[str]) -> dict[str, str]:
    """Of whom WeChat will not hear it, and why; a tag that WeChat does not have cannot be taken away."""
    if id is None:
        return {}
    try:
        client.post(GIVE if given else TAKE, {"openid_list": list(openids), "tagid": id})
        return {}
    except ApiError as refusal:
        if refusal.code not in OF_ONE and refusal.action is not Action.DROP:
            raise
        if len(openids) == 1:
            return {openids[0]: refusal.meaning.text}
    refused: dict[str, str] = {}
    for openid in openids:
        refused |= _tell(client, id, given, [openid])
    return refused


def _note(
    database: Database, name: str, given: bool, page: Sequence[str], refused: dict[str, str], now: datetime
) -> None:
    with database.session() as db:
        for openid, why in refused.items():
            tags.refused(db, name, [openid], why)
        tags.told(db, name, given, [openid for openid in page if openid not in refused], now)
        db.commit()
