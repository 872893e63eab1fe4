"""Parametric QR codes: creating them, and the picture behind a ticket."""

from __future__ import annotations

import io
import secrets
from typing import Any

import segno
from flask import Response

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World

MAX_SECONDS = 2_592_000
DEFAULT_SECONDS = 60
MAX_PERMANENT = 100_000
UINT32 = 4_294_967_295


@endpoint("POST", "/cgi-bin/qrcode/create", right="qrcode")
def create(world: World, call: Call) -> Answer:
    action = str(call.body.get("action_name", ""))
    if action not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
        raise ApiError(40035)
    scene = _scene(action, (call.body.get("action_info") or {}).get("scene") or {})
    permanent = "LIMIT" in action
    seconds = call.body.get("expire_seconds", DEFAULT_SECONDS)
    if not permanent and (not isinstance(seconds, int) or not 1 <= seconds <= MAX_SECONDS):
        raise ApiError(40035)
    with world.state.lock:
        codes = world.state.shelf("qrcodes")
        ticket = _same_permanent(codes, scene) if permanent else ""
        if not ticket:
            if permanent and sum(one["permanent"] for one in codes.values()) >= MAX_PERMANENT:
                raise ApiError(45029, "qrcode count out of limit")
            ticket = "gQ" + secrets.token_urlsafe(64)
            ends = None if permanent else world.clock.time() + seconds
            url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
            codes[ticket] = {"scene": scene, "permanent": permanent, "ends": ends, "url": url}
            world.state.touch("qrcodes")
        answer: dict[str, Any] = {"ticket": ticket, "url": codes[ticket]["url"]}
    return answer if permanent else {**answer, "expire_seconds": seconds}


def _scene(action: str, scene: dict[str, Any]) -> int | str:
    if "STR" in action:
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= 64:
            raise ApiError(40053, "invalid action info")
        return text
    number = scene.get("scene_id")
    most = MAX_PERMANENT if "LIMIT" in action else UINT32
    if not isinstance(number, int) or not 1 <= number <= most:
        raise ApiError(40053, "invalid action info")
    return number


def _same_permanent(codes: dict[str, Any], scene: int | str) -> str:
    """A permanent code of the same scene is the same code."""
    return next((ticket for ticket, one in codes.items() if one["permanent"] and one["scene"] == scene), "")


@endpoint("GET", "/cgi-bin/showqrcode", token=False)
def show(world: World, call: Call) -> Answer:
    """The picture; on the real platform it lives on mp.weixin.qq.com and needs no token."""
    with world.state.lock:
        code = world.state.shelf("qrcodes").get(call.query.get("ticket", ""))
    if code is None:
        return Response("", status=404)
    picture = io.BytesIO()
    segno.make(code["url"], error="m").save(picture, kind="png", scale=10, border=4)
    return Response(picture.getvalue(), mimetype="image/png")


@endpoint("POST", "/cgi-bin/shorten/gen")
def shorten(world: World, call: Call) -> Answer:
    if not call.body.get("long_data"):
        raise ApiError(40097)
    with world.state.lock:
        key = secrets.token_urlsafe(11)
        world.state.shelf("shortened")[key] = str(call.body["long_data"])
        world.state.touch("shortened")
    return {**OK, "short_key": key}


@endpoint("POST", "/cgi-bin/shorten/fetch")
def lengthen(world: World, call: Call) -> Answer:
    with world.state.lock:
        kept = world.state.shelf("shortened").get(str(call.body.get("short_key", "")))
    if kept is None:
        raise ApiError(40097)
    return {**OK, "long_data": kept, "create_time": int(world.clock.time()), "expire_seconds": MAX_SECONDS}


@endpoint("POST", "/cgi-bin/shorturl")
def short_url(world: World, call: Call) -> Answer:
    """Retired by WeChat; SDKs still call it."""
    raise ApiError(48001)
