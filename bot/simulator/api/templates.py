"""Template messages: sending with their report, the account's templates, and the legacy one-time subscription."""

from __future__ import annotations

import secrets
from typing import Any

from bot.simulator import templates
from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.followers import Follower
from bot.simulator.world import World

SAME_ID_S = 600.0  # client_msg_id: the same id to the same follower is sent once in ten minutes
MAX_TEMPLATES = 25
MAX_CLIENT_ID = 32
ONE_TIME_TITLE, ONE_TIME_CONTENT = 15, 200


@endpoint("POST", "/cgi-bin/message/template/send", right="template")
def send(world: World, call: Call) -> Answer:
    """Accepted is not delivered: TEMPLATESENDJOBFINISH tells, a moment later."""
    if not call.body:
        raise ApiError(44002)
    client_id = str(call.body.get("client_msg_id") or "")
    if len(client_id) > MAX_CLIENT_ID:
        raise ApiError(45067)
    with world.state.lock:
        follower = world.follower(call.body.get("touser"))
        template = templates.find(world.state, call.body.get("template_id"), "template")
        if not follower.following:
            raise ApiError(43004)
        if follower.blacklisted:
            raise ApiError(43019)
        card = templates.card(template, templates.values(template, call.body.get("data")))
        sent_before = _sent_before(world, follower, client_id)
        if sent_before:
            return {**OK, "msgid": sent_before}
        msgid = world.state.next_id()
        if client_id:
            follower.client_ids[client_id] = [msgid, world.clock.time()]
        result = "user block" if follower.blocks_pushes else world.faults["template_result"]
        if result == "success":
            _show(world, follower, "template", card, call.body)
        world.state.keep(follower)
    status = "success" if result == "success" else f"failed:{result}" if "block" in result else f"failed: {result}"
    world.report(follower.openid, "TEMPLATESENDJOBFINISH", {"MsgID": msgid, "Status": status})
    return {**OK, "msgid": msgid}


def _sent_before(world: World, follower: Follower, client_id: str) -> int:
    now = world.clock.time()
    follower.client_ids = {id: kept for id, kept in follower.client_ids.items() if now - kept[1] < SAME_ID_S}
    return int(follower.client_ids.get(client_id, [0])[0])


def _show(world: World, follower: Follower, kind: str, card: dict[str, Any], body: dict[str, Any]) -> None:
    program = body.get("miniprogram") or {}
    url = "" if program.get("appid") else str(body.get("url") or "")
    shown = {"type": "card", **card, "miniprogram": program.get("pagepath", "")}
    world.state.show(follower.openid, kind, "card", templates.text_of(card), url=url, body=shown)


@endpoint("POST", "/cgi-bin/message/template/subscribe", right="template")
def send_one_time(world: World, call: Call) -> Answer:
    """The legacy one-time subscription: one consent on the page /mp/subscribemsg, one message."""
    body = call.body
    content = ((body.get("data") or {}).get("content") or {}).get("value", "")
    if len(str(body.get("title", ""))) > ONE_TIME_TITLE:
        raise ApiError(45003)
    if not content or len(content) > ONE_TIME_CONTENT:
        raise ApiError(45002)
    with world.state.lock:
        follower = world.follower(body.get("touser"))
        if not follower.one_time.pop(str(body.get("scene", "")), 0):
            raise ApiError(43101)
        card = {"title": str(body.get("title", "")), "rows": [{"name": "content", "label": "内容", "value": content}]}
        _show(world, follower, "subscribe", card, body)
        world.state.keep(follower)
    return OK


# -- the account's templates ------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/template/api_set_industry", right="template")
def set_industry(world: World, call: Call) -> Answer:
    with world.state.lock:
        world.state.shelf("industry").update(call.body)
        world.state.touch("industry")
    return OK


@endpoint("ANY", "/cgi-bin/template/get_industry", right="template")
def get_industry(world: World, call: Call) -> Answer:
    public = {"first_class": "政府与公共事业", "second_class": "公共事业非盈利机构"}
    return {"primary_industry": public, "secondary_industry": public}


@endpoint("POST", "/cgi-bin/template/api_add_template", right="template")
def add(world: World, call: Call) -> Answer:
    short = str(call.body.get("template_id_short", ""))
    if not short:
        raise ApiError(40037)
    with world.state.lock:
        shelf = world.state.shelf("templates")
        if sum(one["kind"] == "template" for one in shelf.values()) >= MAX_TEMPLATES:
            raise ApiError(45026)
        names = call.body.get("keyword_name_list") or ["内容"]
        content = "\n".join(f"{name}：{{{{thing{number}.DATA}}}}" for number, name in enumerate(names, start=1))
        id = secrets.token_urlsafe(32)[:43]
        shelf[id] = {"id": id, "kind": "template", "title": f"模板 {short}", "content": content, "long_term": False}
        world.state.touch("templates")
    return {**OK, "template_id": id}


@endpoint("ANY", "/cgi-bin/template/get_all_private_template", right="template")
def listed(world: World, call: Call) -> Answer:
    with world.state.lock:
        found = [one for one in world.state.shelf("templates").values() if one["kind"] == "template"]
    more = {"primary_industry": "政府与公共事业", "deputy_industry": "公共事业非盈利机构", "example": ""}
    names = (
        {"template_id": one["id"], "title": one["title"], "content": templates.content_of(one), **more} for one in found
    )
    return {"template_list": list(names)}


@endpoint("POST", "/cgi-bin/template/del_private_template", right="template")
def delete(world: World, call: Call) -> Answer:
    with world.state.lock:
        id = templates.find(world.state, call.body.get("template_id"), "template")["id"]
        world.state.shelf("templates").pop(id)
        world.state.touch("templates")
    return OK


@endpoint("POST", "/wxa/sec/queryblocktmplmsg", right="template")
def blocked(world: World, call: Call) -> Answer:
    return {**OK, "msginfo": {"list": [], "largest_id": 0}}
