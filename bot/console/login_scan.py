"""Logging in by WeChat: a code shown here, sent and confirmed in chat, and this browser is in."""

from __future__ import annotations

import secrets
from typing import Any

import segno
from flask import Response, make_response, redirect, render_template, request, session, url_for

from bot.console import login_session
from bot.console.desk import Desk
from bot.console.login import ours
from bot.services import scan_login as requests

BROWSER = "scan"  # of the session: the secret that only this browser has


def add(desk: Desk) -> None:
    @desk.app.get("/login/scan")
    def scan_expired() -> Any:
        """Where a reload ends: a code is made by a click only."""
        return redirect(url_for("login"), 303)

    @desk.app.post("/login/scan")
    def scan_login() -> Any:
        browser, wanted = secrets.token_urlsafe(16), request.form.get("next", "")
        with desk.database.session() as db:
            code = requests.ask(db, desk.cipher, browser, desk.address(request), desk.now())
            db.commit()
        if code is None:
            text = "这里试得太多了，请过一刻钟再试，或者用密码登录。"
            return make_response(render_template("login.html", username="", next=wanted, text=text), 429)
        session[BROWSER] = browser
        words = f"登录 {code}"
        picture = segno.make(words, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
        return render_template("login_scan.html", words=words, picture=picture, next=wanted)

    @desk.app.post("/login/scan/waiting")
    def scan_waiting() -> Any:
        """Asked by the page every two seconds; 204 leaves it as it is."""
        browser, now = session.get(BROWSER, ""), desk.now()
        with desk.database.session() as db:
            outcome, staff = requests.collect(db, desk.cipher, browser, now)
            if staff is not None:
                login_session.begin(desk.cipher, staff, now)
            db.commit()
        if outcome == "waiting":
            return Response(status=204)
        at = ours(request.form.get("next", "")) if staff is not None else url_for("login")
        return Response(headers={"HX-Redirect": at})
