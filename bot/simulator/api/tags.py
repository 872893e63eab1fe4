"""Tags of followers, and the groups that SDKs from before 2016 still ask for."""

from __future__ import annotations

from typing import Any

from bot.simulator.api.users import openid_list, page
from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World

MAX_TAGS, NAME_CHARS, PER_FOLLOWER, BATCH = 100, 30, 20, 50
SYSTEM = {0, 1, 2}
_FIRST = 100


@endpoint("POST", "/cgi-bin/tags/create", right="users")
def create(world: World, call: Call) -> Answer:
    return {"tag": _create(world, _inner(call, "tag"))}


@endpoint("GET", "/cgi-bin/tags/get", right="users")
def listed(world: World, call: Call) -> Answer:
    return {"tags": _tags(world)}


@endpoint("POST", "/cgi-bin/tags/update", right="users")
def update(world: World, call: Call) -> Answer:
    _rename(world, _inner(call, "tag"))
    return OK


@endpoint("POST", "/cgi-bin/tags/delete", right="users")
def delete(world: World, call: Call) -> Answer:
    _delete(world, _inner(call, "tag"))
    return OK


@endpoint("POST", "/cgi-bin/tags/getidlist", right="users")
def of_follower(world: World, call: Call) -> Answer:
    return {"tagid_list": world.follower(call.body.get("openid")).tags}


@endpoint("POST", "/cgi-bin/user/tag/get", right="users")
def members(world: World, call: Call) -> Answer:
    tag = _known(world, call.body.get("tagid"))
    openids = [follower.openid for follower in world.following() if tag in follower.tags]
    answer = page(world, openids, str(call.body.get("next_openid") or ""))
    answer.pop("total")
    return answer


@endpoint("POST", "/cgi-bin/tags/members/batchtagging", right="users")
def tag_members(world: World, call: Call) -> Answer:
    tag, followers = _known(world, call.body.get("tagid")), openid_list(world, call, BATCH)
    with world.state.lock:
        if any(tag not in follower.tags and len(follower.tags) >= PER_FOLLOWER for follower in followers):
            raise ApiError(45059)
        for follower in followers:
            follower.tags = [*[one for one in follower.tags if one != tag], tag]
            world.state.keep(follower)
    return OK


@endpoint("POST", "/cgi-bin/tags/members/batchuntagging", right="users")
def untag_members(world: World, call: Call) -> Answer:
    tag, followers = _known(world, call.body.get("tagid")), openid_list(world, call, BATCH)
    with world.state.lock:
        for follower in followers:
            follower.tags = [one for one in follower.tags if one != tag]
            world.state.keep(follower)
    return OK


# -- groups: one tag per follower --------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/groups/create", right="users")
def create_group(world: World, call: Call) -> Answer:
    return {"group": _create(world, _inner(call, "group"))}


@endpoint("GET", "/cgi-bin/groups/get", right="users")
def groups(world: World, call: Call) -> Answer:
    return {"groups": _tags(world)}


@endpoint("POST", "/cgi-bin/groups/getid", right="users")
def group_of(world: World, call: Call) -> Answer:
    tags = world.follower(call.body.get("openid")).tags
    return {"groupid": tags[0] if tags else 0}


@endpoint("POST", "/cgi-bin/groups/update", right="users")
def rename_group(world: World, call: Call) -> Answer:
    _rename(world, _inner(call, "group"))
    return OK


@endpoint("POST", "/cgi-bin/groups/delete", right="users")
def delete_group(world: World, call: Call) -> Answer:
    _delete(world, _inner(call, "group"))
    return OK


@endpoint("POST", "/cgi-bin/groups/members/update", right="users")
def move(world: World, call: Call) -> Answer:
    return _move(world, [world.follower(call.body.get("openid"))], call)


@endpoint("POST", "/cgi-bin/groups/members/batchupdate", right="users")
def move_many(world: World, call: Call) -> Answer:
    return _move(world, openid_list(world, call, BATCH), call)


def _move(world: World, followers: list[Any], call: Call) -> Answer:
    group = call.body.get("to_groupid")
    tags = [] if group == 0 else [_known(world, group)]
    with world.state.lock:
        for follower in followers:
            follower.tags = list(tags)
            world.state.keep(follower)
    return OK


# -- inside --------------------------------------------------------------------------------------------------


def _inner(call: Call, name: str) -> dict[str, Any]:
    inner = call.body.get(name)
    if not isinstance(inner, dict):
        raise ApiError(47001)
    return inner


def _tags(world: World) -> list[dict[str, Any]]:
    with world.state.lock:
        counts: dict[int, int] = {}
        for follower in world.following():
            for tag in follower.tags:
                counts[tag] = counts.get(tag, 0) + 1
        named = {2: "星标组", **{int(id): name for id, name in world.state.shelf("tags").items()}}
        return [{"id": id, "name": name, "count": counts.get(id, 0)} for id, name in named.items()]


def _create(world: World, tag: dict[str, Any]) -> dict[str, Any]:
    name = _name(world, tag)
    with world.state.lock:
        shelf = world.state.shelf("tags")
        if len(shelf) >= MAX_TAGS:
            raise ApiError(45056)
        id = _FIRST + world.state.next_id("tag") - 1
        shelf[str(id)] = name
        world.state.touch("tags")
    return {"id": id, "name": name}


def _rename(world: World, tag: dict[str, Any]) -> None:
    id = _own(world, tag.get("id"))
    name = _name(world, tag, besides=id)
    with world.state.lock:
        world.state.shelf("tags")[str(id)] = name
        world.state.touch("tags")


def _delete(world: World, tag: dict[str, Any]) -> None:
    id = _own(world, tag.get("id"))
    with world.state.lock:
        world.state.shelf("tags").pop(str(id))
        world.state.touch("tags")
        for follower in world.state.followers.values():
            if id in follower.tags:
                follower.tags = [one for one in follower.tags if one != id]
                world.state.keep(follower)


def _name(world: World, tag: dict[str, Any], besides: int = 0) -> str:
    name = tag.get("name")
    if not isinstance(name, str) or not name:
        raise ApiError(45157)
    if len(name) > NAME_CHARS:
        raise ApiError(45158)
    with world.state.lock:
        taken = {kept for id, kept in world.state.shelf("tags").items() if int(id) != besides} | {"星标组"}
    if name in taken:
        raise ApiError(45157)
    return name


def _own(world: World, id: object) -> int:
    if id in SYSTEM:
        raise ApiError(45058)
    return _known(world, id)


def _known(world: World, id: object) -> int:
    with world.state.lock:
        if not (id == 2 or str(id) in world.state.shelf("tags")):
            raise ApiError(45159)
    return int(str(id))
