"""/b/<code>: the link of a broadcast. Counts who opened it and goes on to where the broadcast leads, nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from bot.language.dates import span
from bot.pages.throttle import Throttle, visitor
from bot.services import broadcast_links
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError
from bot.storage.models import Activity

log = structlog.get_logger()


def add(
    pages: Blueprint, settings: Settings, database: Database, cipher: Cipher, now: Callable[[], datetime]
) -> None:  # fmt: skip
    throttle = Throttle(30, 60)
    zone = ZoneInfo(settings.organisation.timezone)

    def counted(code: str, token: str) -> None:
        """What cannot be counted must not keep anybody from where the link leads."""
        if request.method != "GET" or not throttle.allows(visitor(request), now().timestamp()):
            return
        try:
            with database.session() as db:
                if broadcast_links.note_opened(db, cipher, code, token, now()):
                    db.commit()
        except StorageError as error:
            log.warning("broadcast.not_counted", reason=str(error))

    @pages.get("/b/<code>")
    def broadcast(code: str) -> Response | Answer:
        with database.session() as db:
            target = broadcast_links.target(db, code)
            if target is None or not (target.link or target.activity):
                abort(404)
            shown = _shown(target.activity, now(), zone) if target.activity is not None else {}
        counted(code, request.args.get("t", ""))
        if target.link:
            return redirect(target.link, 302)
        return make_response(render_template("broadcast.html", title=target.title, **shown))


def _shown(activity: Activity, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """What the page says of it; no time once nobody can come any more."""
    shown = {"name": activity.title, "place": activity.place, "code": activity.code}
    coming = next((shift for shift in activity.shifts if shift.starts_at > now), None)
    if activity.state == "open" and coming is not None:
        shown["when"] = span(coming.starts_at, coming.ends_at, zone)
    return shown
