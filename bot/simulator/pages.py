"""The web pages WeChat itself shows: the authorize page, the one-time subscription, published articles."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from bot.simulator import rights
from bot.simulator.api.oauth import new_code
from bot.simulator.control import world
from bot.simulator.errors import ApiError

blueprint = Blueprint("pages", __name__)
Page = str | tuple[str, int] | Response | WerkzeugResponse

CSP = (
    "default-src 'self'; img-src 'self' data: blob: http: https:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
SCOPES = {"snsapi_base": "静默登录，不再询问", "snsapi_userinfo": "你的昵称、头像"}


@blueprint.after_app_request
def _guarded(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get("/connect/oauth2/authorize")
def authorize() -> Page:
    """Who are you? On a real phone WeChat knows; here one chooses. ``openid=`` answers at once, for tests."""
    mistake = _authorize_mistake()
    if mistake:
        return render_template("notice.html", title="无法打开", text=mistake), 400
    openid = request.args.get("openid", "")
    if openid:
        code = new_code(world(), openid, request.args["scope"], request.args.get("snapshot") == "1")
        return redirect(_back(request.args["redirect_uri"], code=code, state=request.args.get("state", "")))
    return render_template(
        "choose.html",
        title="微信登录",
        question=f"{world().config.name} 申请获得：{SCOPES[request.args['scope']]}",
        people=_people(),
        kept={name: value for name, value in request.args.items() if name not in ("openid", "snapshot")},
        snapshot=True,
    )


def _authorize_mistake() -> str:
    arguments = request.args
    try:
        rights.check(world().config.account, "oauth")
    except ApiError:
        return "Scope 参数错误或没有 Scope 权限"
    if arguments.get("appid") != world().config.app_id:
        return "AppID 参数错误"
    if arguments.get("response_type") != "code":
        return "response_type 参数错误"
    if arguments.get("scope") not in SCOPES:
        return "Scope 参数错误或没有 Scope 权限"
    if urlsplit(arguments.get("redirect_uri", "")).scheme not in ("http", "https"):
        return "redirect_uri 参数错误"
    if not re.fullmatch(r"[A-Za-z0-9]{0,128}", arguments.get("state", "")):
        return "state 参数错误：只能是 128 个以内的字母和数字"
    return ""


@blueprint.get("/mp/subscribemsg")
def subscribe_once() -> Page:
    """The legacy one-time subscription: one consent for one message of this scene."""
    arguments = request.args
    if arguments.get("appid") != world().config.app_id or not arguments.get("redirect_url"):
        return render_template("notice.html", title="无法打开", text="链接的参数不对"), 400
    openid = arguments.get("openid", "")
    if openid not in world().state.followers:
        kept = {name: value for name, value in arguments.items() if name != "openid"}
        question = f"{world().config.name} 想给你发一条服务消息"
        return render_template("choose.html", title="一次性订阅", question=question, people=_people(), kept=kept)
    with world().state.lock:
        follower = world().state.followers[openid]
        follower.one_time[arguments.get("scene", "0")] = 1
        world().state.keep(follower)
    answer = {"openid": openid, "action": "confirm", "scene": arguments.get("scene", "0")}
    more = {name: arguments.get(name, "") for name in ("template_id", "reserved")}
    return redirect(_back(arguments["redirect_url"], **answer, **more))


@blueprint.get("/s/<key>")
def article(key: str) -> Page:
    """A published article, its text without the markup."""
    kept = world().state.shelf("pages").get(key)
    if kept is None:
        return render_template("notice.html", title="内容已不在", text="该内容已被发布者删除"), 404
    text = re.sub(r"<br\s*/?>|</p>|</section>", "\n", kept["content"])
    body = re.sub(r"<[^>]+>", "", text)
    return render_template("article.html", article=kept, body=body, account=world().config.name)


def _people() -> list[Any]:
    with world().state.lock:
        return list(world().state.followers.values())


def _back(url: str, **answer: str) -> str:
    return url + ("&" if "?" in url else "?") + urlencode(answer)
