"""Human customer-service agents: accounts, sessions with followers, the record of what was said."""

from __future__ import annotations

from typing import Any

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.followers import Follower
from bot.simulator.world import World

MAX_AGENTS = 100
NICK_CHARS = 16


@endpoint("POST", "/customservice/kfaccount/add", right="agents")
def add(world: World, call: Call) -> Answer:
    account = str(call.body.get("kf_account", ""))
    if "@" not in account:
        raise ApiError(65401)
    with world.state.lock:
        agents = world.state.shelf("agents")
        if account in agents:
            raise ApiError(65406)
        if len(agents) >= MAX_AGENTS:
            raise ApiError(65405)
        agents[account] = {"nickname": _nickname(call), "id": 1000 + world.state.next_id("agent"), "wx": ""}
        world.state.touch("agents")
    return OK


@endpoint("POST", "/customservice/kfaccount/update", right="agents")
def update(world: World, call: Call) -> Answer:
    with world.state.lock:
        _agent(world, call.body.get("kf_account"))["nickname"] = _nickname(call)
        world.state.touch("agents")
    return OK


@endpoint("ANY", "/customservice/kfaccount/del", right="agents")
def delete(world: World, call: Call) -> Answer:
    """SDKs disagree about the verb; the account is in the query, in some also in the body."""
    account = str(call.query.get("kf_account") or call.body.get("kf_account", ""))
    with world.state.lock:
        _agent(world, account)
        world.state.shelf("agents").pop(account)
        world.state.touch("agents")
    return OK


@endpoint("POST", "/customservice/kfaccount/inviteworker", right="agents")
def invite(world: World, call: Call) -> Answer:
    """The simulated person accepts at once."""
    with world.state.lock:
        _agent(world, call.body.get("kf_account"))["wx"] = str(call.body.get("invite_wx", ""))
        world.state.touch("agents")
    return OK


@endpoint("POST", "/customservice/kfaccount/uploadheadimg", right="agents")
def picture(world: World, call: Call) -> Answer:
    _agent(world, call.query.get("kf_account"))
    if not call.request.files:
        raise ApiError(41005)
    return OK


@endpoint("GET", "/cgi-bin/customservice/getkflist", right="agents")
@endpoint("GET", "/customservice/getkflist", right="agents")  # one SDK writes it so
def listed(world: World, call: Call) -> Answer:
    with world.state.lock:
        agents = world.state.shelf("agents").items()
        rows = [
            {
                "kf_account": account,
                "kf_nick": one["nickname"],
                "kf_id": one["id"],
                "kf_headimgurl": "",
                "kf_wx": one["wx"],
            }
            for account, one in agents
        ]
    return {"kf_list": rows}


@endpoint("GET", "/cgi-bin/customservice/getonlinekflist", right="agents")
@endpoint("GET", "/customservice/getonlinekflist", right="agents")
def online(world: World, call: Call) -> Answer:
    """Whoever has accepted the invitation is online."""
    with world.state.lock:
        rows = [
            {
                "kf_account": account,
                "status": 1,
                "kf_id": one["id"],
                "accepted_case": sum(f.agent == account for f in world.state.followers.values()),
            }
            for account, one in world.state.shelf("agents").items()
            if one["wx"]
        ]
    return {"kf_online_list": rows}


# -- sessions -----------------------------------------------------------------------------------------------------


@endpoint("POST", "/customservice/kfsession/create", right="agents")
def open_session(world: World, call: Call) -> Answer:
    with world.state.lock:
        account, follower = _pair(world, call)
        if not _agent(world, account)["wx"]:
            raise ApiError(65415)
        if follower.agent and follower.agent != account:
            raise ApiError(65414)
        follower.agent, follower.agent_since = account, world.clock.time()
        world.state.keep(follower)
    world.report(follower.openid, "kf_create_session", {"KfAccount": account}, 0.0)
    return OK


@endpoint("POST", "/customservice/kfsession/close", right="agents")
def close_session(world: World, call: Call) -> Answer:
    with world.state.lock:
        account, follower = _pair(world, call)
        if follower.agent != account:
            raise ApiError(65413)
        follower.agent = ""
        world.state.keep(follower)
    world.report(follower.openid, "kf_close_session", {"KfAccount": account}, 0.0)
    return OK


@endpoint("GET", "/customservice/kfsession/getsession", right="agents")
def session(world: World, call: Call) -> Answer:
    follower = world.follower(call.query.get("openid"))
    return {**OK, "kf_account": follower.agent, "createtime": int(follower.agent_since) if follower.agent else 0}


@endpoint("GET", "/customservice/kfsession/getsessionlist", right="agents")
def sessions(world: World, call: Call) -> Answer:
    with world.state.lock:
        mine = [f for f in world.state.followers.values() if f.agent == call.query.get("kf_account") and f.agent]
    return {"sessionlist": [{"createtime": int(f.agent_since), "openid": f.openid} for f in mine]}


@endpoint("GET", "/customservice/kfsession/getwaitcase", right="agents")
def waiting(world: World, call: Call) -> Answer:
    return {"count": 0, "waitcaselist": []}


@endpoint("POST", "/customservice/msgrecord/getmsglist", right="agents")
def record(world: World, call: Call) -> Answer:
    if not call.body.get("starttime") or not call.body.get("endtime"):
        raise ApiError(65416)
    if int(call.body["endtime"]) - int(call.body["starttime"]) > 24 * 3600:
        raise ApiError(65417)
    return {"recordlist": [], "number": 0, "msgid": call.body.get("msgid", 1)}


def _agent(world: World, account: object) -> dict[str, Any]:
    agent: dict[str, Any] | None = world.state.shelf("agents").get(str(account or ""))
    if agent is None:
        raise ApiError(65401)
    return agent


def _pair(world: World, call: Call) -> tuple[str, Follower]:
    account = str(call.body.get("kf_account", ""))
    _agent(world, account)
    return account, world.follower(call.body.get("openid"))


def _nickname(call: Call) -> str:
    nickname = str(call.body.get("nickname", ""))
    if not 1 <= len(nickname) <= NICK_CHARS:
        raise ApiError(65403, "invalid nickname")
    return nickname
