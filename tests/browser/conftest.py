"""The console in a real browser: the demo's county behind a server of this process, colleagues logged in, axe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from bot import clock
from bot.app import create_console
from bot.knowledge.library import Shelf
from bot.parts import Parts
from bot.services.samples.county import demo_password
from bot.services.samples.history import load_history
from bot.services.samples.loading import load_samples
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.valkey import Valkey, connect
from tests.browser.test_newcomer import SHOTS
from tests.console.conftest import FAQ
from tests.fixtures.npm import installed
from tests.fixtures.storage import ValkeyServer

AXE = "axe-core@4.14.1"
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
SERIOUS = {"serious", "critical"}


@dataclass
class Town:
    """The console of the demo's county. ``now`` is the morning on which it was made up."""

    url: str
    database: Database
    cipher: Cipher
    now: datetime

    @property
    def password(self) -> str:
        return demo_password(self.cipher)


@pytest.fixture(scope="session")
def desk_town(tmp_path_factory: pytest.TempPathFactory, _shared_valkey: ValkeyServer) -> Iterator[Town]:
    """Made once for each process: the demo's county takes ten seconds. Tests add to it and leave what others need."""
    folder = tmp_path_factory.mktemp("console")
    database, cipher = Database(f"sqlite:///{folder}/qingsheng.db"), Cipher(Cipher.generate_key())
    database.upgrade()
    now = clock.now()
    with database.session() as db:
        load_samples(db, cipher, now)
        load_history(db, cipher, now)
        db.commit()
    (folder / "faq").mkdir()
    (folder / "faq" / "volunteering.yaml").write_text(FAQ, encoding="utf-8")
    parts = Parts(Settings(data_dir=folder, faq_dir=folder / "faq"))
    made: dict[str, Any] = {
        "database": database, "cipher": cipher, "valkey": _valkey(_shared_valkey),
        "shelf": Shelf(folder / "faq", {"organisation": "青山团县委"}),
    }  # fmt: skip
    parts.__dict__.update(made)
    parts.shelf.start_watching()  # as each web process does after its fork
    front = DispatcherMiddleware(Flask("front"), {"/console": create_console(parts)})
    server = make_server("127.0.0.1", 0, front, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Town(f"http://127.0.0.1:{server.server_port}/console", database, cipher, now)
    server.shutdown()
    parts.shelf.stop_watching()
    database.dispose()


def _valkey(server: ValkeyServer) -> Valkey:
    return connect(server.url, prefix="console:")


Enter = Callable[..., "Colleague"]


@dataclass
class Colleague:
    """A logged-in browser page. It complains at the end about errors in the browser's console."""

    page: Page
    town: Town
    complaints: list[str]

    def open(self, path: str) -> Page:
        self.page.goto(self.town.url + path)
        return self.page

    def look(self, name: str) -> None:
        """What every page must hold: no sideways scrolling, no serious finding of axe; and a picture of it."""
        page = self.page
        page.wait_for_load_state("load")
        # Asked by a selector: the page's policy forbids a function that is evaluated again and again.
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways"
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate((installed(AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text())
        findings = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [
            f"{found['id']}: {found['nodes'][0]['html'][:200]} {found['nodes'][0]['failureSummary'][:300]}"
            for found in findings
            if found["impact"] in SERIOUS
        ]
        assert serious == [], f"{name}: " + "\n".join(serious)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"console-{name}.png", full_page=True)


@pytest.fixture
def enter(chromium: Browser, desk_town: Town) -> Iterator[Enter]:
    """``enter(role, phone=False)``: a colleague's browser, logged in by the form."""
    opened: list[Colleague] = []

    def begin(role: str = "admin", *, phone: bool = False) -> Colleague:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP, locale="zh-CN", has_touch=phone, reduced_motion="reduce"
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.goto(f"{desk_town.url}/login")
        page.get_by_label("登录名").fill(f"demo-{role}")
        page.get_by_label("密码").fill(desk_town.password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/console/")
        opened.append(Colleague(page, desk_town, complaints))
        return opened[-1]

    yield begin
    for colleague in opened:
        colleague.page.context.close()
    assert [text for colleague in opened for text in colleague.complaints] == []
