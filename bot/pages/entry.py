"""/enter: by a link from the chat, or through WeChat, which says who opens the page; then on to the page that was asked for."""

from __future__ import annotations

import secrets
from hmac import compare_digest

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from bot.pages.ground import Ground
from bot.pages.visits import Visit, Visits, inside
from bot.services import page_links, people
from bot.services.page_links import WITH_LOGIN
from bot.storage.models import Person
from bot.wechat.client import WECHAT
from bot.wechat.failures import ApiError

FROM_CHAT = "请从和公众号的聊天里点开：报名回复“活动”，看记录回复“我的时长”，看授权回复“我的同意”。"
SNAPSHOT = "您现在看到的是微信的快照页，认不出是您本人。请先点页面右下角的“使用完整服务”，再打开一次。"
AGAIN = "这次登录已经用过或者过期了，请再点一次。"


class Unknown(Exception):
    """Nobody has said yet who opens this page."""


class Entry:
    """The way in, for pages about one follower."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.visits = Visits(ground.cipher, secure=ground.settings.web.public_url.startswith("https"))

    def visit(self) -> Visit | None:
        return self.visits.current(request, self._ground.now())

    def visitor(self) -> Visit:
        """Raises Unknown: the page leads to the way in."""
        found = self.visit()
        if found is None:
            raise Unknown
        return found

    def own_form(self) -> Visit:
        """For whatever changes something: Unknown without a visit, 403 unless the form was made for this very visit."""
        visit = self.visitor()
        if not self.visits.is_own_form(request, visit):
            abort(403)
        return visit

    def by_wechat(self) -> bool:
        """Whether WeChat can say who this is: the account has the right, and the page is open in WeChat (or in a demo)."""
        real = self._ground.client.transport.base_url == WECHAT
        in_wechat = "MicroMessenger" in request.headers.get("User-Agent", "")
        return self._ground.settings.wechat.account in WITH_LOGIN and (in_wechat or not real)

    def answer(self) -> Answer:
        """What a page answers to who is not known yet. A form sent too late is not repeated by itself: 403."""
        to = request.full_path.rstrip("?")
        if request.method == "GET" and self.by_wechat():
            return self.to_wechat(inside(to))
        onward = inside(to) if self.by_wechat() else ""
        return make_response(
            render_template("notice.html", title="请从公众号打开", text=FROM_CHAT, onward=onward, label="登录"), 403
        )

    def to_wechat(self, to: str) -> Answer:
        nonce = secrets.token_hex(16)
        back = page_links.public(self._ground.settings, "/enter")
        answer = redirect(self._ground.client.authorize_url(back, self.visits.state(nonce)), 302)
        self.visits.open_door(answer, to, nonce, self._ground.now())
        return answer

    def let_in(self, openid: str, to: str) -> Answer:
        """The address that goes on holds nothing private."""
        answer = redirect(inside(to), 303)
        self.visits.begin(answer, openid, self._ground.now())
        self.visits.shut_door(answer)
        return answer


def person_of(db: Session, openid: str) -> Person | None:
    """Who the visitor is, as far as they have said."""
    row = people.follower(db, openid)
    return db.get(Person, row.person_id) if row is not None and row.person_id is not None else None


def add(pages: Blueprint, ground: Ground, entry: Entry) -> None:
    @pages.get("/enter")
    def enter() -> Response | Answer:
        if request.args.get("code"):
            return _from_wechat()
        to = inside(request.args.get("to", ""))
        openid = page_links.holder(ground.cipher, request.args.get("t", ""), ground.now())
        if openid:
            return entry.let_in(openid, to)
        if entry.by_wechat():
            return entry.to_wechat(to)
        if to.startswith(("/a/", "/activities")):  # anybody may read these; signing up asks again
            return redirect(to, 303)
        return make_response(render_template("notice.html", title="链接过期了", text=FROM_CHAT), 403)

    def _from_wechat() -> Answer:
        door = entry.visits.door(request, ground.now())
        if door is None or not compare_digest(request.args.get("state", "").encode(), door.state.encode()):
            return _not_in("请再点一次", AGAIN, door.to if door else "/activities")
        try:
            openid = ground.client.openid_of(request.args["code"][:128])
        except ApiError:  # used already, or too old: a page opened again from the history
            return _not_in("请再点一次", AGAIN, door.to)
        if not openid:
            return _not_in("请先点“使用完整服务”", SNAPSHOT, door.to)
        return entry.let_in(openid, door.to)

    def _not_in(title: str, text: str, to: str) -> Answer:
        answer = make_response(render_template("notice.html", title=title, text=text, onward=to, label="再打开一次"), 403)
        entry.visits.shut_door(answer)
        return answer

    @pages.post("/leave")
    def leave() -> Answer:
        """For a phone that is lent: the cookie goes at once."""
        answer = redirect("/activities", 303)
        entry.visits.end(answer)
        return answer
