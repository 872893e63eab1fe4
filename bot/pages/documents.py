"""/d/<token>: a file for one follower. WeChat says who opens it; then the file may be fetched for ten minutes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from hmac import compare_digest
from threading import Lock
from urllib.parse import quote

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from bot.services import certificates, documents, drawing, fonts
from bot.services.drawing import Drawn
from bot.services.page_links import WITH_LOGIN
from bot.services.questions import pictures
from bot.services.refusals.certificates import CertificateRevoked, CertificateUnknown
from bot.services.refusals.questions import QuestionUnknown
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.wechat.client import Client
from bot.wechat.failures import ApiError

KEPT_DRAWINGS = 6


def add(
    pages: Blueprint,
    settings: Settings,
    database: Database,
    cipher: Cipher,
    client: Client,
    now: Callable[[], datetime],
) -> None:
    drawings = Drawings(settings, database, cipher)

    def found(token: str) -> documents.Opened:
        with database.session() as db:
            document = documents.open_(db, cipher, token, now())
        if document is None:
            raise CertificateUnknown
        return document

    def let_in(token: str) -> documents.Opened:
        document = found(token)
        if not documents.passes(cipher, token, request.args.get("pass", ""), now()):
            abort(403)
        return document

    @pages.get("/d/<token>")
    def document(token: str) -> Response | Answer:
        opened = found(token)
        if documents.passes(cipher, token, request.args.get("pass", ""), now()):
            with database.session() as db:
                documents.note_opened(db, opened.id, now())
                db.commit()
            passed = request.args["pass"]
            return make_response(render_template("document.html", it=opened, token=token, passed=passed))
        if opened.openid and settings.wechat.account in WITH_LOGIN:  # for others the link alone opens it
            answer = _login(token, opened.openid)
            if answer is not None:
                return answer
        passed = documents.pass_for(cipher, token, now())
        return redirect(f"{url_for('pages.document', token=token)}?pass={passed}", 303)

    def _login(token: str, openid: str) -> Response | Answer | None:
        """To WeChat and back; None once it said that this is the follower."""
        state = hashlib.sha256(f"state {token}".encode()).hexdigest()[:32]
        code = request.args.get("code", "")
        if not code:
            return redirect(client.authorize_url(documents.link(settings, token), state), 302)
        try:
            who = (
                client.openid_of(code) if compare_digest(request.args.get("state", "").encode(), state.encode()) else ""
            )
        except ApiError:  # used already, or too old: a page opened again from the history
            who = ""
        if who and compare_digest(who.encode(), openid.encode()):
            return None
        return make_response(render_template("notice.html", title="只有本人能打开", text=NOT_YOURS), 403)

    @pages.get("/d/<token>/file")
    def file(token: str) -> Response:
        opened = let_in(token)
        match opened.kind:
            case "certificate":
                content = drawings.of(opened).pdf
            case pictures.KIND:
                content = evidence(opened)
            case _:
                content = opened.content
        response = Response(content, mimetype=opened.media_type)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(opened.filename, safe='')}"
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    @pages.get("/d/<token>/picture")
    def picture(token: str) -> Response:
        opened = let_in(token)
        if opened.kind == pictures.KIND:
            return Response(evidence(opened), mimetype="image/jpeg")
        if opened.kind != "certificate":
            abort(404)
        return Response(drawings.of(opened).picture, mimetype="image/jpeg")

    def evidence(opened: documents.Opened) -> bytes:
        """A picture of a question: whether this colleague may see it is asked now, and the look is noted."""
        with database.session() as db:
            try:
                content = pictures.open_for(db, cipher, int(opened.content), opened.openid)
            except QuestionUnknown:
                abort(404)
            db.commit()
        return content


NOT_YOURS = "请用领取这份文件的微信，从和公众号的聊天里重新点开链接；如果页面底部有“使用完整服务”，请先点它。"


class Drawings:
    """Drawn when first asked for; the page's picture and its file are one drawing."""

    def __init__(self, settings: Settings, database: Database, cipher: Cipher) -> None:
        self._settings, self._database, self._cipher = settings, database, cipher
        self._kept: OrderedDict[tuple[str, str], Drawn] = OrderedDict()
        self._lock = Lock()

    def of(self, document: documents.Opened) -> Drawn:
        with self._database.session() as db:
            issued = certificates.get(db, self._cipher, int(document.content))
        if issued.revoked_at is not None:
            raise CertificateRevoked(issued.number, "")
        # By what stands on it, not by its id: after a backup is restored an id may be somebody else's.
        key = (issued.snapshot.sha256(), issued.code)
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            font = fonts.find(self._settings.certificates.font)
            kept = drawing.draw(drawing.order(issued, self._settings.web.public_url, font))
            with self._lock:
                self._kept[key] = kept
                while len(self._kept) > KEPT_DRAWINGS:
                    self._kept.popitem(last=False)
        return kept
