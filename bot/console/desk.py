"""The desk at which a page of the console works: who is logged in, a session of the database, what may be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Request, Response, abort, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot.console import english_refusals, login_session
from bot.console.login_session import Who
from bot.console.translations import language, translated
from bot.knowledge.library import Shelf
from bot.services import actors
from bot.services.details import Detail
from bot.services.refusals import Refused
from bot.services.roles import MAY
from bot.services.rules import Rules
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, is_writing
from bot.storage.valkey import Valkey

View = Callable[..., Any]


@dataclass(frozen=True)
class Section:
    """A line of the menu at the left. ``endpoint`` is a view, ``icon`` a symbol of static/vendor/icons.svg; ``count``
    says how many wait there for somebody."""

    endpoint: str
    label: str
    icon: str
    may: str
    count: Callable[[Session], int] | None = None


@dataclass(frozen=True)
class Desk:
    """What bot/app.py hands to the console, and how a page is hung up.

    A view is ``view(db, **path)``: it reads and writes through ``db``, never commits, and answers with text, a
    response or a redirect. What it wrote is committed when it answers with less than 400; a refusal of a service
    becomes a sentence on the page that asked. ``sentence`` turns a refusal into Chinese, ``address`` a request into the
    visitor's IP, ``card`` an activity into what followers read of it.
    """

    app: Flask
    settings: Settings
    database: Database
    cipher: Cipher
    valkey: Valkey
    shelf: Shelf
    now: Callable[[], datetime]
    sentence: Callable[[Refused], str]
    address: Callable[[Request], str]
    card: Callable[[Detail], str]
    examine: Callable[[], list[Any]] = list
    """The doctor's findings that ask nobody outside (name, ok, text)."""
    last_check: Callable[[], Any] = lambda: None
    """What ``check`` found last (at, findings), which also asks WeChat; None when nobody ran it."""
    sections: list[Section] = field(default_factory=list)
    actions: dict[str, str] = field(default_factory=dict)
    """Endpoint → the action of `roles.MAY` it asks for; a test walks over all of them."""
    polled: set[str] = field(default_factory=set)
    """Endpoints that open pages ask again and again by themselves, which is no use of the console by anybody."""

    @property
    def rules(self) -> Rules:
        return Rules.of(self.settings)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.organisation.timezone)

    @property
    def who(self) -> Who:
        """The colleague at this desk; only inside a view."""
        found: Who = g.who
        return found

    @property
    def actor(self) -> str:
        return self.who.actor

    def section(
        self, endpoint: str, label: str, icon: str, *, may: str, count: Callable[[Session], int] | None = None
    ) -> None:
        self.sections.append(Section(endpoint, label, icon, may, count))

    def get(self, rule: str, *, may: str, polled: bool = False) -> Callable[[View], View]:
        hang = self._route(rule, "GET", may)

        def noted(view: View) -> View:
            if polled:
                self.polled.add(view.__name__)
            return hang(view)

        return noted

    def post(self, rule: str, *, may: str) -> Callable[[View], View]:
        return self._route(rule, "POST", may)

    def page(self, template: str, **values: Any) -> str:
        return render_template(template, **values)

    def done(self, text: str, endpoint: str, **values: Any) -> AnyResponse:
        """It worked: say so on the next page."""
        flash(translated(text), "success")
        return redirect(url_for(endpoint, **values), 303)

    def back(self, text: str, kind: str = "danger") -> AnyResponse:
        """Say it on the page that asked."""
        flash(translated(text), kind)
        return redirect(_asked_from(), 303)

    def said(self, refused: Refused) -> str:
        """Why it was refused, in the colleague's language."""
        return english_refusals.said(refused, self.zone) if language() == "en" else self.sentence(refused)

    def _route(self, rule: str, method: str, may: str) -> Callable[[View], View]:
        MAY[may]  # a slip in the name is found when the program starts

        def hang(view: View) -> View:
            self.actions[view.__name__] = may
            self.app.add_url_rule(rule, view.__name__, self._served(view, may), methods=[method])
            return view

        return hang

    def _served(self, view: View, may: str) -> View:
        @wraps(view)
        def answer(**path: Any) -> AnyResponse:
            with self.database.session() as db:
                by_itself = view.__name__ in self.polled and "HX-Request" in request.headers
                who = login_session.who(db, self.cipher, self.now(), is_use=not by_itself)
                if who is None:
                    return _to_login()
                g.who, g.db = who, db
                if not who.may(may):
                    abort(403)
                actors.acting(db, who.actor)
                try:
                    response = make_response(view(db, **path))
                except Refused as refused:
                    db.rollback()
                    return self._refused(refused)
                finally:
                    g.pop("db", None)  # a page about a failure is made when the session is closed
                if is_writing(db) and response.status_code < 400:
                    db.commit()
                return response

        return answer

    def _refused(self, refused: Refused) -> AnyResponse:
        text = self.said(refused)
        if request.method == "GET":
            return make_response(render_template("notice.html", title=translated("打不开"), text=text), 404)
        if request.headers.get("HX-Request"):
            return make_response(render_template("said.html", text=text, kind="danger"), 422)
        return self.back(text)


def _to_login() -> AnyResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    at = url_for("login", next=None if wanted == "/" else wanted)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": at})
    return redirect(at, 303)


def _asked_from() -> str:
    """The page of ours that the browser came from; the first page when it does not say."""
    parts = urlsplit(request.referrer or "")
    ours = parts.netloc == request.host and parts.path.startswith(request.script_root + "/")
    return parts._replace(scheme="", netloc="").geturl() if ours else url_for("today")
