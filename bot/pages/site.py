"""The blueprint of the pages: routes, headers, and what is shown when something fails."""

from __future__ import annotations

import hashlib
from pathlib import Path

import structlog
from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from bot.pages import (
    activities,
    activity,
    broadcasts,
    consents,
    documents,
    entry,
    mine,
    problems,
    sign_up,
    verification,
)
from bot.pages.entry import Entry, Unknown
from bot.pages.ground import Ground
from bot.pages.headers import HEADERS
from bot.pages.notices import Notices
from bot.services.refusals import Busy, Refused
from bot.services.refusals.certificates import CannotBePrinted, CertificateRevoked, CertificateUnknown
from bot.storage.database import StorageError
from bot.wechat.failures import CallFailed

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"
"""For a file whose address changes with its content."""
SAID = {404: "这个地址没有内容。", 403: "这个页面开得太久了，请返回刷新后再试一次。", 429: "点得太快了，请一分钟后再试。"}


def create_pages(ground: Ground) -> Blueprint:
    """Everything that is opened in a browser. Who opens a page is asked of WeChat; nothing else calls it."""
    pages = Blueprint("pages", __name__, template_folder="html", static_folder="static", static_url_path="/pages")
    settings, database, cipher, now = ground.settings, ground.database, ground.cipher, ground.now
    way_in = Entry(ground)
    verification.add(pages, settings, database, cipher, now)
    broadcasts.add(pages, settings, database, cipher, now)
    problems.add(pages, database)
    documents.add(pages, settings, database, cipher, ground.client, now)
    entry.add(pages, ground, way_in)
    activities.add(pages, ground, way_in)
    activity.add(pages, ground, way_in)
    sign_up.add(pages, ground, way_in, Notices(ground))
    mine.add(pages, ground, way_in)
    consents.add(pages, ground, way_in)
    versions = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in STATIC.iterdir()}

    @pages.context_processor
    def about_us() -> dict[str, object]:
        return {"organisation": settings.organisation, "versions": versions}

    @pages.after_request
    def guarded(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "pages.static":
            response.headers["Cache-Control"] = "no-store"
        elif request.args.get("v") == versions.get((request.view_args or {}).get("filename", "")):
            response.headers["Cache-Control"] = KEPT
        return response

    @pages.errorhandler(Unknown)
    def unknown(_error: Unknown) -> Answer:
        return way_in.answer()

    @pages.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        code = error.code or 500
        return notice("打不开", SAID.get(code, "这个请求不能处理。"), code)

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        if isinstance(error, Busy):
            return notice("请稍等", "现在打开的人多，请过一会儿刷新。", 503)
        if isinstance(error, CertificateRevoked):
            return notice("证明已作废", f"{error.number} 已作废，请在公众号里重新开具，免费。", 410)
        if isinstance(error, CannotBePrinted):
            log.error("certificate.font", what="字库缺字或没有中文字库，请看 python -m bot check 的“证明字体”一行")
            return notice("打不开", f"证明里有字库打不出来的字，请打 {settings.organisation.phone}。", 503)
        if isinstance(error, CertificateUnknown):
            return notice("链接无效或已过期", "请回到公众号，回复 我的证明 重新取链接。", 404)
        return notice("没有办成", ground.sentence(error), 409)

    @pages.errorhandler(StorageError)
    @pages.errorhandler(CallFailed)
    def away(error: Exception) -> Response:
        log.warning("page.failed", reason=str(error))
        return notice("请稍后再试", "系统正忙，请过一会儿刷新。", 503)

    @pages.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.exception("page.broken")
        return notice("出错了", f"请稍后再试；一直不行请打 {settings.organisation.phone}。", 500)

    return pages


def notice(title: str, text: str, code: int) -> Response:
    return make_response(render_template("notice.html", title=title, text=text), code)
