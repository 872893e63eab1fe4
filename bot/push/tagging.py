"""Tags in WeChat: made, given and taken fifty followers a call; whom WeChat refuses is named with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from bot.wechat.client import Client
from bot.wechat.errors import Action
from bot.wechat.failures import ApiError

CREATE = "/cgi-bin/tags/create"
GIVE, TAKE = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"
AT_ONCE = 50  # platform §3.10
OF_ONE = (45059, 49003)  # a follower has twenty tags, or is not ours: the others of the call are fine


def ids_of(client: Client) -> dict[str, int]:
    """Name → id of the account's tags. Raises CallFailed."""
    return {tag["name"]: int(tag["id"]) for tag in client.tag.get()}


def create(client: Client, name: str) -> int:
    return int(client.post(CREATE, {"tag": {"name": name}})["tag"]["id"])


def change(client: Client, id: int, openids: Sequence[str], *, given: bool = True) -> dict[str, str]:
    """At most `AT_ONCE`; openid → why, of whom WeChat refuses. Saying it again changes nothing. Raises CallFailed."""
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
        refused |= change(client, id, [openid], given=given)
    return refused
