"""The blueprint of the pages: routes, headers, and what is shown when something fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Blueprint, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from bot.pages import broadcasts, documents, verification
from bot.services.refusals import Busy, Refused
from bot.services.refusals_certificates import CannotBePrinted, CertificateRevoked
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError
from bot.wechat.client import Client
from bot.wechat.failures import CallFailed

log = structlog.get_logger()

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of a document is its secret
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_pages(
    settings: Settings, database: Database, cipher: Cipher, client: Client, now: Callable[[], datetime]
) -> Blueprint:
    """``/verify``, ``/d/<token>`` and ``/b/<code>``. The one call to WeChat made here asks who opens a document."""
    pages = Blueprint("pages", __name__, template_folder="html", static_folder="static", static_url_path="/pages")
    verification.add(pages, settings, database, cipher, now)
    broadcasts.add(pages, settings, database, cipher, now)
    documents.add(pages, settings, database, cipher, client, now)

    @pages.context_processor
    def about_us() -> dict[str, object]:
        return {"organisation": settings.organisation}

    @pages.after_request
    def guarded(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.mimetype != "text/css":
            response.headers["Cache-Control"] = "no-store"
        return response

    @pages.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        code = error.code or 500
        text = "这个地址没有内容。" if code == 404 else "这个请求不能处理。"
        return notice("打不开", text, code)

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        if isinstance(error, Busy):
            return notice("请稍等", "现在打开的人多，请过一会儿刷新。", 503)
        if isinstance(error, CertificateRevoked):
            return notice("证明已作废", f"{error.number} 已作废，请在公众号里重新开具，免费。", 410)
        if isinstance(error, CannotBePrinted):
            log.error("certificate.font", what="字库缺字或没有中文字库，请看 python -m bot check 的“证明字体”一行")
            return notice("打不开", f"证明里有字库打不出来的字，请打 {settings.organisation.phone}。", 503)
        return notice("链接无效或已过期", "请回到公众号，回复 我的证明 重新取链接。", 404)

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
