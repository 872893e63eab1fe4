"""A tag in WeChat for one broadcast: an account that may send to no list tags its audience, and sends to the tag."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.wechat.client import Client
from bot.wechat.errors import Action
from bot.wechat.failures import ApiError, CallFailed

log = structlog.get_logger()

CREATE = "/cgi-bin/tags/create"
AT_ONCE = 50  # platform §3.10
TAGS_FULL = 45059  # this follower has twenty tags already
NOT_OURS = 49003


def name_of(broadcast_id: int) -> str:
    return f"群发{broadcast_id}"


def of(client: Client, name: str) -> int:
    """The tag's id; made if there is none. Raises CallFailed."""
    known = _find(client, name)
    return known if known is not None else int(client.post(CREATE, {"tag": {"name": name}})["tag"]["id"])


def fill(client: Client, id: int, openids: Sequence[str]) -> list[str]:
    """Tags them and returns whom it could not tag. Saying it again changes nothing. Raises CallFailed."""
    left_out: list[str] = []
    for start in range(0, len(openids), AT_ONCE):
        some = openids[start : start + AT_ONCE]
        if not _tag(client, id, some):
            left_out += [openid for openid in some if not _tag(client, id, [openid])]
    return left_out


def forget(client: Client, name: str) -> None:
    """An account has a hundred tags; this one has done its work. What fails is left for people to clear away."""
    try:
        id = _find(client, name)
        if id is not None:
            client.tag.delete(id)
    except CallFailed as failure:
        log.warning("broadcast.tag_left", tag=name, reason=str(failure))


def _find(client: Client, name: str) -> int | None:
    return next((int(tag["id"]) for tag in client.tag.get() if tag["name"] == name), None)


def _tag(client: Client, id: int, openids: Sequence[str]) -> bool:
    """False when WeChat refuses because of somebody among them."""
    try:
        client.post("/cgi-bin/tags/members/batchtagging", {"openid_list": list(openids), "tagid": id})
    except ApiError as refusal:
        if refusal.code in (TAGS_FULL, NOT_OURS) or refusal.action is Action.DROP:
            return False
        raise
    return True
