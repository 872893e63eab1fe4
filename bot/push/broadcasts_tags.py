"""A tag in WeChat for one broadcast: an account that may send to no list tags its audience, and sends to the tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from bot.wechat.client import Client
from bot.wechat.errors import Action
from bot.wechat.failures import ApiError, CallFailed

log = structlog.get_logger()

AT_ONCE = 50  # platform §3.10
TAGS_FULL = 45059  # this follower has twenty tags already
NOT_OURS = 49003


def name_of(broadcast_id: int) -> str:
    return f"群发{broadcast_id}"


def tagged(client: Client, name: str, openids: Sequence[str], hold: Callable[[], object]) -> tuple[int, list[str]]:
    """The tag's id, and who could not be tagged. Saying it again changes nothing. Raises CallFailed.

    ``hold`` is called now and then, for a county is fifteen hundred calls.
    """
    id, left_out = _find(client, name) or _create(client, name), list[str]()
    for start in range(0, len(openids), AT_ONCE):
        some = openids[start : start + AT_ONCE]
        hold()
        if not _tag(client, id, some):
            left_out += [openid for openid in some if not _tag(client, id, [openid])]
    return id, left_out


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


def _create(client: Client, name: str) -> int:
    return int(client.post("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])


def _tag(client: Client, id: int, openids: Sequence[str]) -> bool:
    """False when WeChat refuses because of somebody among them."""
    try:
        client.post("/cgi-bin/tags/members/batchtagging", {"openid_list": list(openids), "tagid": id})
    except ApiError as refusal:
        if refusal.code in (TAGS_FULL, NOT_OURS) or refusal.action is Action.DROP:
            return False
        raise
    return True
