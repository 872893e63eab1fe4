"""Web login (OAuth 2): code for token, refresh, and what little a profile still tells."""

from __future__ import annotations

import secrets
from typing import Any

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World

CODE_S, TOKEN_S, REFRESH_S = 300.0, 7200.0, 30 * 24 * 3600.0


def new_code(world: World, openid: str, scope: str, snapshot: bool) -> str:
    """A code for whoever agreed on the authorize page. A snapshot page lends a virtual openid."""
    code = secrets.token_urlsafe(24)
    with world.state.lock:
        virtual = f"oSNAP1{secrets.token_urlsafe(16)}" if snapshot else openid
        _drop_old(world)
        kept = {"openid": virtual, "scope": scope, "snapshot": snapshot, "at": world.clock.time(), "used": False}
        world.state.shelf("oauth_codes")[code] = kept
        world.state.touch("oauth_codes")
    return code


def _drop_old(world: World) -> None:
    now, codes, tokens = world.clock.time(), world.state.shelf("oauth_codes"), world.state.shelf("oauth_tokens")
    for code in [code for code, kept in codes.items() if now - kept["at"] > TOKEN_S]:
        codes.pop(code)
    for token in [token for token, kept in tokens.items() if now > kept["ends"] + TOKEN_S]:
        tokens.pop(token)


@endpoint("ANY", "/sns/oauth2/access_token", right="oauth", token=False)
def access_token(world: World, call: Call) -> Answer:
    given = call.request.values
    if given.get("appid") != world.config.app_id:
        raise ApiError(40013)
    if given.get("secret") != world.config.app_secret:
        raise ApiError(40125)
    if given.get("grant_type") != "authorization_code":
        raise ApiError(40002)
    if not given.get("code"):
        raise ApiError(41008)
    with world.state.lock:
        code = world.state.shelf("oauth_codes").get(given["code"])
        if code is None:
            raise ApiError(40029)
        if code["used"]:
            raise ApiError(40163)
        if world.clock.time() - code["at"] > CODE_S:
            raise ApiError(42003)
        code["used"] = True
        world.state.touch("oauth_codes")
        answer = _issue(world, code["openid"], code["scope"])
    return {**answer, "is_snapshotuser": 1} if code["snapshot"] else answer


@endpoint("ANY", "/sns/oauth2/refresh_token", right="oauth", token=False)
def refresh(world: World, call: Call) -> Answer:
    given = call.request.values
    if given.get("appid") != world.config.app_id:
        raise ApiError(40013)
    with world.state.lock:
        kept = world.state.shelf("oauth_tokens").get(given.get("refresh_token") or "")
        if kept is None or kept["kind"] != "refresh":
            raise ApiError(40030 if given.get("refresh_token") else 41003)
        if world.clock.time() > kept["ends"]:
            raise ApiError(42002)
        answer = _issue(world, kept["openid"], kept["scope"])
    return {**answer, "refresh_token": given["refresh_token"]}


@endpoint("GET", "/sns/userinfo", right="oauth", token=False)
def profile(world: World, call: Call) -> Answer:
    kept = _kept(world, call)
    if kept["scope"] != "snsapi_userinfo":
        raise ApiError(48001)
    follower = world.state.followers.get(kept["openid"])
    grey = "https://thirdwx.qlogo.cn/mmopen/vi_32/0/132"
    empty = {"sex": 0, "language": "", "city": "", "province": "", "country": "", "privilege": []}
    name = follower.nickname if follower else "微信用户"
    return {"openid": kept["openid"], "nickname": name, "headimgurl": grey, **empty}


@endpoint("GET", "/sns/auth", right="oauth", token=False)
def check(world: World, call: Call) -> Answer:
    _kept(world, call)
    return OK


def _kept(world: World, call: Call) -> dict[str, Any]:
    token = call.query.get("access_token")
    if not token:
        raise ApiError(41001)
    with world.state.lock:
        kept = world.state.shelf("oauth_tokens").get(token)
    if kept is None or kept["kind"] != "access":
        raise ApiError(40001, "invalid credential, access_token is invalid or not latest")
    if world.clock.time() > kept["ends"]:
        raise ApiError(42001)
    if call.query.get("openid") != kept["openid"]:
        raise ApiError(40003)
    return dict(kept)


def _issue(world: World, openid: str, scope: str) -> dict[str, Any]:
    """Unrelated to the account's access_token."""
    now, shelf = world.clock.time(), world.state.shelf("oauth_tokens")
    access, refresh_token = secrets.token_urlsafe(64), secrets.token_urlsafe(64)
    for token, kind, seconds in ((access, "access", TOKEN_S), (refresh_token, "refresh", REFRESH_S)):
        shelf[token] = {"kind": kind, "openid": openid, "scope": scope, "ends": now + seconds}
    world.state.touch("oauth_tokens")
    answer = {"access_token": access, "expires_in": int(TOKEN_S), "refresh_token": refresh_token}
    return {**answer, "openid": openid, "scope": scope}
