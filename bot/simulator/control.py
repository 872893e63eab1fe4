"""The control API under /sim/: followers, messages, inboxes, the clock, the log of calls."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

from flask import Blueprint, Response, current_app, request

from bot.simulator import deeds, media
from bot.simulator.clock import iso, parse_moment
from bot.simulator.endpoints import raw_json
from bot.simulator.followers import Follower
from bot.simulator.messages import BadMessage
from bot.simulator.world import World

blueprint = Blueprint("control", __name__, url_prefix="/sim")


class Refused(Exception):
    """The control was asked for something that cannot be; answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def world() -> World:
    found: World = current_app.extensions["world"]
    return found


@blueprint.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    return raw_json({"error": str(error)}, error.status)


@blueprint.errorhandler(BadMessage)
def _bad_message(error: BadMessage) -> Response:
    return raw_json({"error": str(error)}, 400)


@blueprint.errorhandler(deeds.NotFollowing)
def _not_following(error: deeds.NotFollowing) -> Response:
    return raw_json({"error": f"{error} 没有关注公众号，不能发消息"}, 409)


def body_of_request() -> dict[str, Any]:
    if not request.get_data(cache=True).strip():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object")
    return body


def follower_of(openid: str) -> Follower:
    found = world().state.followers.get(openid)
    if found is None:
        raise Refused(404, f"no follower has the openid {openid}")
    return found


# -- followers ------------------------------------------------------------------------------------------


@blueprint.get("/followers")
def followers() -> Response:
    with world().state.lock:
        return raw_json([_card(follower) for follower in world().state.followers.values()])


@blueprint.post("/followers")
def new_follower() -> Response:
    """Someone new, who follows at once unless ``follow`` is false. Optional: nickname, scene, openid."""
    body = body_of_request()
    follower = deeds.meet(world(), str(body.get("nickname") or ""), str(body.get("openid") or ""))
    if body.get("follow", True) is False:
        return raw_json({"openid": follower.openid, "nickname": follower.nickname})
    outcome = deeds.follow(world(), follower, str(body.get("scene") or ""))
    return raw_json({"openid": follower.openid, "nickname": follower.nickname, **outcome.to_json()})


@blueprint.get("/followers/<openid>")
def one_follower(openid: str) -> Response:
    with world().state.lock:
        return raw_json(follower_of(openid).to_json())


@blueprint.patch("/followers/<openid>")
def change_follower(openid: str) -> Response:
    """Set what the follower does in WeChat's own settings: blocks_pushes, nickname."""
    follower, body = follower_of(openid), body_of_request()
    with world().state.lock:
        follower.blocks_pushes = bool(body.get("blocks_pushes", follower.blocks_pushes))
        follower.nickname = str(body.get("nickname") or follower.nickname)
        world().state.keep(follower)
        return raw_json(_card(follower))


@blueprint.post("/followers/<openid>/messages")
def message(openid: str) -> Response:
    """A message or event; answers when the exchange with the webhook is over."""
    follower, body = follower_of(openid), _with_media(body_of_request())
    outcomes = deeds.say(world(), follower, body)
    answer = deeds.first_answer(outcomes).to_json()
    return raw_json({**answer, "replies": [one.to_json() for one in outcomes]} if len(outcomes) > 1 else answer)


@blueprint.get("/followers/<openid>/inbox")
def inbox(openid: str) -> Response:
    follower_of(openid)
    return raw_json(world().state.inbox(openid, request.args.get("after", 0, int)))


def _card(follower: Follower) -> dict[str, Any]:
    names = ("openid", "nickname", "following", "blacklisted", "blocks_pushes", "remark", "tags", "consents")
    return {name: getattr(follower, name) for name in names}


def _with_media(body: dict[str, Any]) -> dict[str, Any]:
    """Pictures, voices and videos become media of the account: given as base64 ``data``, else a sample."""
    kind = str(body.get("type", ""))
    if kind not in ("image", "voice", "video", "shortvideo") or body.get("media_id"):
        return body
    type = "video" if kind == "shortvideo" else kind
    try:
        data = base64.b64decode(body.get("data") or "", validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refused(400, "data must be base64") from error
    if not data:
        samples = {"image": media.sample_png(int(time.time())), "voice": b"#!AMR\n" + bytes(64)}
        data = samples.get(type, b"\x00\x00\x00\x18ftypmp42" + bytes(32))
    id = media.keep(world(), type, data)
    more = {"media_id": id}
    if kind == "image" and not body.get("pic_url"):
        more["pic_url"] = f"{request.host_url}sim/media/{id}"
    return {**body, **more}


@blueprint.get("/media/<id>")
def picture(id: str) -> Response:
    found = media.find(world(), id)
    data = world().state.media.get(id)
    if found is None or data is None:
        return Response("", status=404)
    return Response(data, mimetype=found["mime"], headers={"X-Content-Type-Options": "nosniff"})


# -- the clock, the log -----------------------------------------------------------------------------------


@blueprint.get("/clock")
def clock() -> Response:
    return raw_json({"now": iso(world().clock.time()), "offset_s": world().clock.offset_s})


@blueprint.post("/clock")
def move_clock() -> Response:
    """``{"now": ISO}`` or ``{"advance_s": seconds}``; answers when processes that follow the clock have noticed."""
    body = body_of_request()
    with world().state.lock:
        try:
            if "now" in body:
                world().clock.set(parse_moment(str(body["now"])))
            elif "advance_s" in body:
                world().clock.advance(float(body["advance_s"]))
            else:
                raise Refused(400, "give now (ISO 8601) or advance_s (seconds)")
        except (TypeError, ValueError) as error:
            raise Refused(400, f"not a time: {error}") from error
    time.sleep(world().config.clock_settle_s)
    return clock()


@blueprint.get("/calls")
def calls() -> Response:
    arguments = request.args
    path = arguments.get("path", "")
    return raw_json(world().calls.listed(arguments.get("after", 0, int), path, arguments.get("limit", 5000, int)))


@blueprint.get("/pushes")
def pushes() -> Response:
    """What was pushed to the webhook and what came of it, newest last."""
    return raw_json(list(world().pusher.recent))


@blueprint.post("/verify")
def verify() -> Response:
    """The GET check of the callback address, as saving the configuration does it."""
    world().verified = world().pusher.verify()
    return raw_json(world().verified)


@blueprint.post("/reset")
def reset() -> Response:
    world().reset()
    return raw_json({"ok": True})
