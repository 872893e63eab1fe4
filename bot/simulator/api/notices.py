"""Subscription notices (订阅通知): one consent, one message; and the templates behind them."""

from __future__ import annotations

import secrets
from typing import Any

from bot.simulator import templates
from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.world import World

MAX_TEMPLATES = 25
SCENE_CHARS = 15
_REPORTS = {"success": (0, "success"), "user refuse": (43101, "user refuse"), "system failed": (-1, "system failed")}
# the public library one may pick from: tid: (title, 2 one-time | 3 long-term, keyword names by kid)
PUBLIC: dict[int, tuple[str, int, dict[int, tuple[str, str]]]] = {
    1201: (
        "活动开始提醒",
        2,
        {1: ("活动名称", "thing"), 2: ("活动时间", "time"), 3: ("活动地点", "thing"), 4: ("备注", "thing")},
    ),
    1202: (
        "报名结果通知",
        2,
        {1: ("活动名称", "thing"), 2: ("报名结果", "phrase"), 3: ("时间", "time"), 4: ("备注", "thing")},
    ),
    1203: ("活动变更通知", 2, {1: ("活动名称", "thing"), 2: ("变更内容", "thing"), 3: ("新的时间", "time")}),
    1204: ("办事进度通知", 3, {1: ("事项", "thing"), 2: ("进度", "phrase"), 3: ("更新时间", "time")}),
}
CATEGORY = {"id": 616, "name": "政务民生"}


@endpoint("POST", "/cgi-bin/message/subscribe/bizsend", right="notice", alone=True)
def send(world: World, call: Call) -> Answer:
    """Uses up one consent. Two calls to the same follower at the same moment get 43108."""
    if not call.body:
        raise ApiError(44002)
    openid = str(call.body.get("touser", ""))
    with world.state.lock:
        follower = world.follower(openid)
        template = templates.find(world.state, call.body.get("template_id"), "notice")
        if follower.blacklisted:
            raise ApiError(43019)
        if follower.consents.get(template["id"], 0) < 1:
            raise ApiError(43101)
        card = templates.card(template, templates.values(template, call.body.get("data")))
        if not template["long_term"]:
            follower.consents[template["id"]] -= 1
        code, status = _REPORTS[world.faults["notice_result"]]
        if code == 0:
            program = call.body.get("miniprogram") or {}
            url = "" if program.get("appid") else str(call.body.get("page") or "")
            body = {"type": "card", **card, "miniprogram": program.get("pagepath", "")}
            world.state.show(openid, "subscribe", "card", templates.text_of(card), url=url, body=body)
        world.state.keep(follower)
        sent = {"TemplateId": template["id"], "MsgID": world.state.next_id(), "ErrorCode": code, "ErrorStatus": status}
    world.report(openid, "subscribe_msg_sent_event", {"SubscribeMsgSentEvent": {"List": [sent]}})
    return OK


# -- the templates of notices -------------------------------------------------------------------------------


@endpoint("GET", "/wxaapi/newtmpl/getcategory", right="notice")
def categories(world: World, call: Call) -> Answer:
    return {**OK, "data": [CATEGORY]}


@endpoint("GET", "/wxaapi/newtmpl/getpubtemplatetitles", right="notice")
def public_titles(world: World, call: Call) -> Answer:
    start, limit = call.query.get("start", "0"), call.query.get("limit", "30")
    if not start.isdecimal():
        raise ApiError(200016)
    if not limit.isdecimal() or int(limit) > 30:
        raise ApiError(200017)
    if not call.query.get("ids"):
        raise ApiError(200018)
    titles = [
        {"tid": tid, "title": title, "type": type, "categoryId": str(CATEGORY["id"])}
        for tid, (title, type, _) in PUBLIC.items()
    ]
    return {**OK, "count": len(titles), "data": titles[int(start) : int(start) + int(limit)]}


@endpoint("GET", "/wxaapi/newtmpl/getpubtemplatekeywords", right="notice")
def public_keywords(world: World, call: Call) -> Answer:
    _, _, keywords = _public(call.query.get("tid"))
    rows = [{"kid": kid, "name": name, "example": "", "rule": rule} for kid, (name, rule) in keywords.items()]
    return {**OK, "count": len(rows), "data": rows}


@endpoint("POST", "/wxaapi/newtmpl/addtemplate", right="notice")
def add(world: World, call: Call) -> Answer:
    title, type, keywords = _public(call.body.get("tid"))
    kids = call.body.get("kidList")
    if not isinstance(kids, list) or not 2 <= len(kids) <= 5 or any(_number(kid) not in keywords for kid in kids):
        raise ApiError(200020)
    if len(str(call.body.get("sceneDesc") or "")) > SCENE_CHARS:
        raise ApiError(200021)
    chosen = [keywords[_number(kid)] for kid in kids]
    lines = (f"{name}：{{{{{rule}{number}.DATA}}}}" for number, (name, rule) in enumerate(chosen, start=1))
    with world.state.lock:
        shelf = world.state.shelf("templates")
        if sum(one["kind"] == "notice" for one in shelf.values()) >= MAX_TEMPLATES:
            raise ApiError(200012)
        id = secrets.token_urlsafe(32)[:43]
        content = "\n".join(lines)
        shelf[id] = {"id": id, "kind": "notice", "title": title, "content": content, "long_term": type == 3}
        world.state.touch("templates")
    return {**OK, "priTmplId": id}


@endpoint("GET", "/wxaapi/newtmpl/gettemplate", right="notice")
def listed(world: World, call: Call) -> Answer:
    with world.state.lock:
        found = [one for one in world.state.shelf("templates").values() if one["kind"] == "notice"]
    rows: list[dict[str, Any]] = [
        {
            "priTmplId": one["id"],
            "title": one["title"],
            "content": templates.content_of(one),
            "example": "",
            "type": 3 if one["long_term"] else 2,
        }
        for one in found
    ]
    return {**OK, "data": rows}


@endpoint("POST", "/wxaapi/newtmpl/deltemplate", right="notice")
def delete(world: World, call: Call) -> Answer:
    with world.state.lock:
        id = templates.find(world.state, call.body.get("priTmplId"), "notice")["id"]
        world.state.shelf("templates").pop(id)
        world.state.touch("templates")
    return OK


def _public(tid: object) -> tuple[str, int, dict[int, tuple[str, str]]]:
    if _number(tid) not in PUBLIC:
        raise ApiError(200014)
    return PUBLIC[_number(tid)]


def _number(given: object) -> int:
    return int(str(given)) if str(given).isdecimal() else -1
