"""/verify: is this certificate genuine? Anybody may ask, so nothing is shown that is not on the paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from bot.pages.throttle import Throttle, visitor
from bot.services import certificates, hours
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database

TITLES = {
    "valid": ("证明有效", "good"),
    "revoked": ("证明已作废", "bad"),
    "disagrees": ("与台账不一致", "warn"),
    "damaged": ("与登记的内容不符", "bad"),
    "unknown": ("没有这张证明", "bad"),
}
LONGEST = 64


def add(
    pages: Blueprint, settings: Settings, database: Database, cipher: Cipher, now: Callable[[], datetime]
) -> None:  # fmt: skip
    throttle = Throttle(30, 60)
    zone = ZoneInfo(settings.organisation.timezone)

    @pages.get("/verify")
    def verify_form() -> Response | Answer:
        typed = request.args.get("code", "")[:LONGEST]
        code = certificates.normal_code(typed)
        if code:
            return redirect(url_for("pages.verify", code=certificates.shown_code(code)), 303)
        return make_response(render_template("verify.html", status=None, typed=typed, wrong=bool(typed)))

    @pages.get("/verify/<path:code>")
    def verify(code: str) -> Response:
        if not throttle.allows(visitor(request), now().timestamp()):
            limited = make_response(
                render_template("notice.html", title="查得太快了", text="请一分钟后再查。"), 429
            )  # fmt: skip
            limited.headers["Retry-After"] = "60"
            return limited
        with database.session() as db:
            status = certificates.status(db, cipher, code[:LONGEST])
        title, colour = TITLES[status.state]
        page = render_template(
            "verify.html",
            status=status,
            title=title,
            colour=colour,
            typed=certificates.normal_code(code),
            hours=hours.shown(status.minutes),
            issued_on=status.issued_at.astimezone(zone).date() if status.issued_at else None,
            revoked_on=status.revoked_at.astimezone(zone).date() if status.revoked_at else None,
        )
        return make_response(page, 404 if status.state == "unknown" else 200)
