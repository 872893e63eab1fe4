"""Logging in and out of the console."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, session, url_for

from bot.console import login_session
from bot.console.dates import moment
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import sign_in

WORDS = {
    "password": "登录名或密码不对。",
    "code": "验证码不对，或者已经用过了：每个只能用一次。请输验证器里现在的六位数字。",
    "disabled": "这个帐号已停用，请找管理员。",
}


def add(desk: Desk) -> None:
    @desk.app.get("/login")
    def login() -> Any:
        return render_template("login.html", username="", next=request.args.get("next", ""))

    @desk.app.post("/login")
    def log_in() -> Any:
        username, now = request.form.get("username", ""), desk.now()
        with desk.database.session() as db:
            outcome = sign_in.sign_in(
                db, desk.cipher, username, request.form.get("password", ""), request.form.get("code", ""),
                desk.address(request), now,
            )  # fmt: skip
            if outcome.staff is not None:
                login_session.begin(desk.cipher, outcome.staff, now)
            db.commit()
        wanted = request.form.get("next", "")
        if outcome.why == "in":
            return redirect(ours(wanted), 303)
        text = WORDS.get(outcome.why, "")
        if outcome.again_at is not None:
            text = _(
                "试得太多了，请在%(when)s以后再试，或者请管理员重设密码。", when=moment(outcome.again_at, desk.zone)
            )
        asks_code = outcome.why in ("code", "code_needed")
        page = render_template("login.html", username=username, next=wanted, text=text, asks_code=asks_code)
        return make_response(page, 200 if outcome.why == "code_needed" else 429 if outcome.again_at else 401)

    @desk.app.post("/logout")
    def logout() -> Any:
        login_session.end()
        return redirect(url_for("login"), 303)

    @desk.app.post("/language")
    def choose_language() -> Any:
        session["language"] = "en" if request.form.get("language") == "en" else "zh"
        return redirect(ours(request.form.get("next", "")), 303)


def ours(wanted: str) -> str:
    """Only ever a page of this console, whatever the link said."""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return url_for("today")
    return request.script_root + wanted
