"""A tag in WeChat for one broadcast: an account that may send to no list tags its audience, and sends to the tag."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.push import tagging
from bot.wechat.client import Client
from bot.wechat.failures import CallFailed

log = structlog.get_logger()


def name_of(broadcast_id: int) -> str:
    return f"群发{broadcast_id}"


def of(client: Client, name: str) -> int:
    """The tag's id; made if there is none. Raises CallFailed."""
    known = tagging.ids_of(client).get(name)
    return known if known is not None else tagging.create(client, name)


def fill(client: Client, id: int, openids: Sequence[str]) -> list[str]:
    """Tags them and returns whom it could not tag. Saying it again changes nothing. Raises CallFailed."""
    left_out: list[str] = []
    for start in range(0, len(openids), tagging.AT_ONCE):
        left_out += tagging.change(client, id, openids[start : start + tagging.AT_ONCE])
    return left_out


def forget(client: Client, name: str) -> None:
    """An account has a hundred tags; this one has done its work. What fails is left for people to clear away."""
    try:
        id = tagging.ids_of(client).get(name)
        if id is not None:
            client.tag.delete(id)
    except CallFailed as failure:
        log.warning("broadcast.tag_left", tag=name, reason=str(failure))
