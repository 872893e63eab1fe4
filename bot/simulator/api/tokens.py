"""Access tokens, quota tools, the address lists and the JS-SDK ticket."""

from __future__ import annotations

import secrets

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World


@endpoint("ANY", "/cgi-bin/token", token=False)
def token(world: World, call: Call) -> Answer:
    """The old endpoint: SDKs call it by GET, some by POST with a form."""
    given = call.query if call.method == "GET" else call.request.values
    _check_credentials(world, call, given.get("appid"), given.get("secret"), given.get("grant_type"))
    issued = world.tokens.issue_plain()
    return {"access_token": issued["token"], "expires_in": world.tokens.remaining_s(issued)}


@endpoint("POST", "/cgi-bin/stable_token", token=False)
def stable_token(world: World, call: Call) -> Answer:
    body = call.body
    _check_credentials(world, call, body.get("appid"), body.get("secret"), body.get("grant_type"))
    issued = world.tokens.issue_stable(force=body.get("force_refresh") is True)
    return {"access_token": issued["token"], "expires_in": world.tokens.remaining_s(issued)}


def _check_credentials(world: World, call: Call, app_id: object, secret: object, grant_type: object) -> None:
    """The app id is looked at first: even a missing grant_type yields 40013 when it is wrong."""
    if not app_id:
        raise ApiError(41002)
    if app_id != world.config.app_id:
        raise ApiError(40013)
    if grant_type != "client_credential":
        raise ApiError(40002)
    if not secret:
        raise ApiError(41004)
    if world.faults["secret_frozen"]:
        raise ApiError(40243)
    if world.faults["ip_blocked"]:
        raise ApiError(40164, f"invalid ip {call.ip} ipv6 ::ffff:{call.ip}, not in whitelist")
    if secret != world.config.app_secret:
        raise ApiError(40125)


@endpoint("POST", "/cgi-bin/clear_quota")
def clear_quota(world: World, call: Call) -> Answer:
    if call.body.get("appid") != world.config.app_id:
        raise ApiError(40013)
    world.quotas.clear()
    return OK


@endpoint("POST", "/cgi-bin/clear_quota/v2", token=False)
def clear_quota_by_secret(world: World, call: Call) -> Answer:
    if call.body.get("appid") != world.config.app_id:
        raise ApiError(40013)
    if call.body.get("appsecret") != world.config.app_secret:
        raise ApiError(40125)
    world.quotas.clear()
    return OK


@endpoint("POST", "/cgi-bin/openapi/quota/get")
def quota(world: World, call: Call) -> Answer:
    return {**OK, **world.quotas.report(_cgi_path(call))}


@endpoint("POST", "/cgi-bin/openapi/quota/clear")
def clear_one_quota(world: World, call: Call) -> Answer:
    world.quotas.clear(_cgi_path(call))
    return OK


def _cgi_path(call: Call) -> str:
    path = str(call.body.get("cgi_path", ""))
    if not path.startswith("/"):
        raise ApiError(76003)
    return path


@endpoint("POST", "/cgi-bin/openapi/rid/get")
def rid(world: World, call: Call) -> Answer:
    found = world.calls.by_rid(str(call.body.get("rid", "")))
    if found is None:
        raise ApiError(76001, "rid not found")
    return {
        **OK,
        "request": {
            "invoke_time": found["seq"],
            "cost_in_ms": found["ms"],
            "request_url": found["path"],
            "request_body": str(found["body"]),
            "response_body": found["errmsg"],
            "client_ip": found["ip"],
        },
    }


@endpoint("GET", "/cgi-bin/getcallbackip")
def callback_ips(world: World, call: Call) -> Answer:
    return {"ip_list": ["127.0.0.1"]}


@endpoint("GET", "/cgi-bin/get_api_domain_ip")
def api_ips(world: World, call: Call) -> Answer:
    return {"ip_list": ["127.0.0.1"]}


@endpoint("POST", "/cgi-bin/callback/check")
@endpoint("POST", "/cgi-bin/callbacks/check")  # one SDK writes it so
def callback_check(world: World, call: Call) -> Answer:
    if call.body.get("action") not in ("all", "dns", "ping"):
        raise ApiError(40035)
    line = {"ip": "127.0.0.1", "package_loss": "0%", "time": "0.05ms", "from_operator": "DEFAULT"}
    return {"dns": [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}], "ping": [line]}


@endpoint("GET", "/cgi-bin/ticket/getticket")
def ticket(world: World, call: Call) -> Answer:
    kind = call.query.get("type", "")
    if kind not in ("jsapi", "wx_card"):
        raise ApiError(40097)
    with world.state.lock:
        shelf, now = world.state.shelf("tickets"), world.clock.time()
        if shelf.get(kind, {}).get("ends", 0) <= now:
            shelf[kind] = {"ticket": secrets.token_urlsafe(64), "ends": now + 7200}
            world.state.touch("tickets")
        kept = shelf[kind]
        return {**OK, "ticket": kept["ticket"], "expires_in": min(7200, int(kept["ends"] - now))}
