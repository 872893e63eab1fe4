"""What WeChat's own browser adds to pages: its script (JS-SDK), the check of a signature, the button for notices."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from bot.simulator import deeds
from bot.simulator.control import world

blueprint = Blueprint("jssdk", __name__, url_prefix="/open")
SCRIPT = "js/jweixin.js"
MOST = 3
"""Templates that one button may ask for."""


@blueprint.get("/js/jweixin-1.6.0.js")
def script() -> Response:
    return current_app.send_static_file(SCRIPT)


@blueprint.get("/jsapi")
def check() -> Response:
    """What wx.config asks WeChat: is this page signed for its own address with the ticket that was given out?"""
    given, kept = request.args, world().state.shelf("tickets").get("jsapi", {})
    said = "&".join(f"{name}={given.get(name, '')}" for name in ("noncestr", "timestamp", "url"))
    signed = hashlib.sha1(f"jsapi_ticket={kept.get('ticket', '')}&{said}".encode()).hexdigest()
    ok = bool(kept) and signed == given.get("signature") and given.get("appid") == world().config.app_id
    answer = jsonify({"errMsg": "config:ok" if ok else "config:invalid signature"})
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@blueprint.get("/subscribe")
def subscribe() -> str | tuple[str, int]:
    """The button was tapped: on a real phone WeChat knows whose it is; here one chooses."""
    ids = [id for id in request.args.get("template", "").split(",") if id][:MOST]
    known = world().state.shelf("templates")
    if not ids or any(known.get(id, {}).get("kind") != "notice" for id in ids):
        return render_template("notice.html", title="无法订阅", text="模板 ID 不是这个帐号的订阅通知"), 400
    titles = "、".join(known[id]["title"] for id in ids)
    follower = world().state.followers.get(request.args.get("openid", ""))
    if follower is None:
        people = list(world().state.followers.values())
        question = f"{world().config.name} 想给你发送：{titles}"
        kept = {"template": ",".join(ids)}
        return render_template("choose.html", title="订阅通知", question=question, people=people, kept=kept)
    choices = [{"template_id": id, "status": "accept", "scene": 1} for id in ids]
    deeds.say(world(), follower, {"type": "event", "event": "subscribe_msg_popup_event", "choices": choices})
    told = f"{follower.nickname} 会收到：{titles}。可以关掉这一页了。"
    return render_template("notice.html", title="已允许", text=told)
