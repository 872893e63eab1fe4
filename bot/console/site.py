"""The console as a Flask app of its own below /console: pages, headers, static files, and what is shown on failure."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, make_response, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException, NotFound

from bot.console import (
    activities,
    activity_editor,
    activity_leaders,
    broadcasts,
    canned_answers,
    conversations,
    exports,
    faq,
    filters,
    health,
    hours,
    login,
    login_scan,
    login_session,
    me,
    month_report,
    people,
    posters,
    problem_lists,
    question_experts,
    question_figures,
    question_work,
    questions,
    shifts,
    staff,
    teams,
    today,
    translations,
)
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.row_ids import RowId
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import StorageError

log = structlog.get_logger()

FAMILIES = (
    login,
    login_scan,
    today,
    activities,
    activity_editor,
    activity_leaders,
    shifts,
    posters,
    people,
    teams,
    hours,
    questions,
    question_work,
    canned_answers,
    problem_lists,
    question_experts,
    question_figures,
    conversations,
    broadcasts,
    faq,
    exports,
    month_report,
    staff,
    health,
    me,
)
"""Page families; those with a line in the menu, in the menu's order."""

STATIC = Path(__file__).parent / "static"
PACKED = {".css", ".js", ".svg"}
LARGEST_UPLOAD = 12 * 1024 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def empty_app(settings: Settings, cipher: Cipher) -> Flask:
    """The app without its pages: cookies, CSRF, templates."""
    app = Flask("qingsheng-console", root_path=str(Path(__file__).parent), template_folder="html", static_folder=None)
    app.config.update(
        SECRET_KEY=cipher.keyed_hash("console session"),
        SESSION_COOKIE_NAME="qingsheng_console",
        SESSION_COOKIE_PATH="/console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.web.public_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=login_session.LONGEST,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        SESSION_REFRESH_EACH_REQUEST=False,  # an answer that comes late brings back no session that was ended
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # the proxy in front ends TLS; the token is what counts
    )
    app.url_map.converters["int"] = RowId
    CSRFProtect(app)
    return app


def furnish(desk: Desk) -> Flask:
    """Hangs up every page."""
    app = desk.app
    for family in FAMILIES:
        family.add(desk)
    filters.add(desk)
    translations.add(app)
    app.jinja_env.globals.update(actions=desk.actions, polled=desk.polled)
    _static(app)
    _failures(app)

    @app.context_processor
    def about_us() -> dict[str, Any]:
        who = g.get("who")
        sections = [section for section in desk.sections if who and who.may(section.may)]
        return {"organisation": desk.settings.organisation, "who": who, "sections": sections, "desk": desk}

    @app.after_request
    def guarded(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if session and not session.permanent:
            session.permanent = True
        return response

    return app


def _static(app: Flask) -> None:
    @app.get("/static/<path:filename>")
    def static(filename: str) -> Response:
        content, packed, mark = _file(filename)
        if packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            response = Response(packed, headers={"Content-Encoding": "gzip"})
        else:
            response = Response(content)
        response.mimetype = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        response.headers["Vary"] = "Accept-Encoding"
        known = request.args.get("v") == mark
        response.headers["Cache-Control"] = f"public, max-age={31_536_000 if known else 60}"
        return response

    @app.template_global()
    def asset(filename: str) -> str:
        """The address of a static file; it changes with the file's content."""
        return url_for("static", filename=filename, v=_file(filename)[2])


@cache
def _file(filename: str) -> tuple[bytes, bytes, str]:
    """Content, the same gzipped (empty when that saves nothing), and a mark of the content."""
    path = (STATIC / filename).resolve()
    if not path.is_relative_to(STATIC) or not path.is_file():
        raise NotFound()
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in PACKED else b""
    return content, packed, hashlib.sha256(content).hexdigest()[:12]


def _failures(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> Response:
        return notice("这一页放得太久了", "请返回、刷新后再点一次；什么也没有改。", 400)

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        texts = {
            403: ("没有权限", "您的角色不能打开这一页；需要的话请找管理员。"),
            404: ("没有这一页", "可能已经删除，或者地址抄错了。"),
            413: ("文件太大", _("最多 %(most)s MB。", most=LARGEST_UPLOAD // 1024 // 1024)),
        }
        return notice(*texts.get(error.code or 500, ("打不开", "这个请求不能处理。")), error.code or 500)

    @app.errorhandler(StorageError)
    def away(error: StorageError) -> Response:
        log.warning("console.failed", reason=str(error))
        return notice("请稍后再试", "系统正忙，什么也没有改。请过一会儿刷新。", 503)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.exception("console.broken", path=request.path)
        return notice("出错了", "什么也没有改。请再试一次；一直这样，请把时间告诉管理员，日志里查得到。", 500)


def notice(title: str, text: str, code: int) -> Response:
    return make_response(render_template("notice.html", title=title, text=text), code)
