"""Followers as the API shows them: without names or pictures since 2021; remarks, blacklist, migration."""

from __future__ import annotations

from typing import Any

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.followers import Follower
from bot.simulator.world import World

BATCH = 100
BLACKLIST_BATCH = 20
REMARK_BYTES = 30


@endpoint("GET", "/cgi-bin/user/info", right="users")
def info(world: World, call: Call) -> Answer:
    with world.state.lock:
        return described(world.follower(call.query.get("openid")))


@endpoint("POST", "/cgi-bin/user/info/batchget", right="users")
def infos(world: World, call: Call) -> Answer:
    wanted = call.body.get("user_list")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= BATCH:
        raise ApiError(40032)
    with world.state.lock:
        found = [described(world.follower(one.get("openid") if isinstance(one, dict) else one)) for one in wanted]
    return {"user_info_list": found}


def described(follower: Follower) -> dict[str, Any]:
    """Someone who left has only an openid; ``unionid`` is absent without an Open Platform account."""
    if not follower.following:
        return {"subscribe": 0, "openid": follower.openid}
    return {
        "subscribe": 1,
        "openid": follower.openid,
        "subscribe_time": int(follower.followed_at),
        "remark": follower.remark,
        "groupid": follower.tags[0] if follower.tags else 0,
        "tagid_list": follower.tags,
        "subscribe_scene": follower.subscribe_scene,
        "qr_scene": follower.qr_scene,
        "qr_scene_str": follower.qr_scene_str,
    }


@endpoint("GET", "/cgi-bin/user/get", right="users")
def listed(world: World, call: Call) -> Answer:
    return page(world, [f.openid for f in world.following()], call.query.get("next_openid", ""))


def page(world: World, openids: list[str], after: str) -> dict[str, Any]:
    """One page of openids. Past the end there is no ``data``, though the page before named a next_openid."""
    if after and after not in world.state.followers:
        raise ApiError(40003)
    start = openids.index(after) + 1 if after in openids else 0
    found = openids[start : start + world.config.page_size]
    answer: dict[str, Any] = {"total": len(openids), "count": len(found)}
    return {**answer, **({"data": {"openid": found}} if found else {}), "next_openid": found[-1] if found else ""}


@endpoint("POST", "/cgi-bin/user/info/updateremark", right="users")
def update_remark(world: World, call: Call) -> Answer:
    remark = str(call.body.get("remark", ""))
    if len(remark.encode()) >= REMARK_BYTES:
        raise ApiError(40035)
    with world.state.lock:
        follower = world.follower(call.body.get("openid"))
        follower.remark = remark
        world.state.keep(follower)
    return OK


# -- blacklist ------------------------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/tags/members/getblacklist", right="users")
def blacklist(world: World, call: Call) -> Answer:
    with world.state.lock:
        black = [f.openid for f in world.state.followers.values() if f.blacklisted]
    return page(world, black, str(call.body.get("begin_openid") or ""))


@endpoint("POST", "/cgi-bin/tags/members/batchblacklist", right="users")
def blacken(world: World, call: Call) -> Answer:
    return _blacklist(world, call, True)


@endpoint("POST", "/cgi-bin/tags/members/batchunblacklist", right="users")
def whiten(world: World, call: Call) -> Answer:
    return _blacklist(world, call, False)


def _blacklist(world: World, call: Call, black: bool) -> Answer:
    for follower in openid_list(world, call, BLACKLIST_BATCH):
        with world.state.lock:
            follower.blacklisted = black
            world.state.keep(follower)
    return OK


def openid_list(world: World, call: Call, most: int) -> list[Follower]:
    """The followers of ``openid_list``, all or none."""
    openids = call.body.get("openid_list")
    if not isinstance(openids, list) or not 1 <= len(openids) <= most:
        raise ApiError(40032)
    return [world.follower(openid) for openid in openids]


@endpoint("POST", "/cgi-bin/changeopenid", right="users")
def change_openid(world: World, call: Call) -> Answer:
    openids = call.body.get("openid_list")
    if not isinstance(openids, list) or len(openids) > BATCH:
        raise ApiError(40032)
    rows = [{"ori_openid": openid, "err_msg": "ori_openid error"} for openid in openids]
    return {**OK, "result_list": rows}
