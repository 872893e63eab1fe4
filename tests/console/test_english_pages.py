"""Every page of the console in English, in the demo's county: no word of the program is left in Chinese.

The county's people write in Hangul here: each Chinese character in the database is exchanged for one, so that whatever
Chinese stands on a page comes from the program. What followers get in WeChat is marked ``lang="zh-CN"`` there.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import JSON, String, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot import clock
from bot.app import create_console
from bot.knowledge.library import Shelf
from bot.parts import Parts
from bot.services.samples import history, loading
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Activity, Base, Broadcast, Question, Staff
from bot.storage.valkey import Valkey
from tests.console.conftest import PASSWORD, Office
from tests.console.test_english import english

CHINESE = re.compile(r"[一-鿿，。；：、？！（）]")
HANGUL: dict[int, int | str] = {0x4E00 + number: 0xAC00 + number % 11_172 for number in range(0x5200)}
HANGUL |= str.maketrans("，。；：、？！（）", ",.;:/?!()")
SAID = {"title", "aria-label", "placeholder", "alt", "data-ask", "data-chart", "label", "data-confirm"}
SILENT = {"script", "style"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
FILES = {
    "static",
    "broadcast_picture",
    "question_picture",
    "export_file",
    "month_report_pdf",
    "sign_in_sheet",
}
SELDOM = {"faq_version", "scan_expired"}
"""Pages that need something made first; their words are marked in templates, which test_english.py reads."""
BEGIN = ("/", "/login", "/broadcasts/1/edit", "/broadcasts/4/progress", "/conversations/1", "/conversations/1/lines",
         "/exports/jobs", "/faq/gaps/dismissed", "/nowhere")  # fmt: skip
"""Where the walk begins: what no link leads to, and a page that is not there."""
LIKE = 1
"""So many pages of one kind, seen with one set of filters, are enough."""
OURS = {"青声", "小青", "中文", "志愿汇", "〔手机号〕"}
"""Names that stay as they are, and what stands for a number in an asker's words."""


class Words(HTMLParser):
    """Texts of a page that a colleague reads, without what is marked as Chinese on purpose; and where its links go."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(page)

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        marked = values.get("lang", "").startswith("zh")
        silent = marked or self._is_silent or tag in SILENT
        if tag not in VOID:
            self._open.append((tag, silent))
        for name in ("href", "hx-get"):
            if name in values:
                self.links.append(unescape(values[name]))
        if not silent:
            self.found += [values[name] for name in SAID & values.keys()]
            if values.get("type") in ("submit", "button"):
                self.found.append(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self.found.append(" ".join(data.split()))

    @property
    def chinese(self) -> set[str]:
        said = {" ".join(text.split()) for text in english().values()}
        return {text for text in self.found if text not in said and CHINESE.search(_without_names(text))}


def _without_names(text: str) -> str:
    for name in OURS:
        text = text.replace(name, "")
    return text


@pytest.fixture
def county(tmp_path: Path, cipher: Cipher, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    database = Database(f"sqlite:///{tmp_path}/qingsheng.db")
    database.upgrade()
    now = clock.now()
    with database.session() as db:
        loading.load_samples(db, cipher, now)
        history.load_history(db, cipher, now)
        writing(db)
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        db.add(Staff(username="admin", name="Admin", role="admin", password_hash=hashed, created_at=now))
        db.commit()
    _exchange(database)
    decrypt = Cipher.decrypt
    monkeypatch.setattr(Cipher, "decrypt", lambda self, sealed: decrypt(self, sealed).translate(HANGUL))
    faq = tmp_path / "faq"
    faq.mkdir()
    (faq / "service.yaml").write_text(
        "topic: service\nentries:\n  - id: insurance\n    ask: [is there insurance, am I insured, who pays]\n"
        "    answer: Yes.\n",
        encoding="utf-8",
    )
    settings = Settings(data_dir=tmp_path, faq_dir=faq)
    organisation = settings.organisation.model_dump()
    english = {name: value.translate(HANGUL) for name, value in organisation.items() if isinstance(value, str)}
    settings = settings.model_copy(
        update={"organisation": settings.organisation.model_copy(update=english), "menu": ()}
    )
    parts = Parts(settings)
    parts.__dict__.update(database=database, cipher=cipher, valkey=valkey, shelf=Shelf(faq, {"organisation": "office"}))
    made = Office(Flask("front"), database, cipher, now)
    console = create_console(parts)
    made.app.wsgi_app = DispatcherMiddleware(made.app.wsgi_app, {"/console": console})  # type: ignore[method-assign]
    yield made
    database.dispose()


def _exchange(database: Database) -> None:
    """Straight in the file, past what guards tables that are only ever added to."""
    raw = database.engine.raw_connection()
    try:
        connection: Any = raw.driver_connection
        connection.create_function("hangul", 1, lambda value: value and str(value).translate(HANGUL))
        connection.create_function("hangul_json", 1, lambda value: value and _json(value))
        cursor = raw.cursor()
        for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, (String, JSON)):
                    made = "hangul_json" if isinstance(column.type, JSON) else "hangul"
                    name = f'"{column.name}"'
                    cursor.execute(f'UPDATE "{table.name}" SET {name} = {made}({name})')
        raw.commit()
    finally:
        raw.close()


def _json(value: str) -> str:
    return json.dumps(json.loads(value), ensure_ascii=False).translate(HANGUL)


def _of_each_state(db: Session) -> list[str]:
    """One page of every state that an activity, a broadcast, a question can be in."""
    activities = db.execute(select(Activity.state, func.max(Activity.code)).group_by(Activity.state)).all()
    broadcasts = db.execute(select(Broadcast.state, func.max(Broadcast.id)).group_by(Broadcast.state)).all()
    questions = db.execute(select(Question.state, func.max(Question.number)).group_by(Question.state)).all()
    pages = [f"/activities/{code}" for _, code in activities] + [f"/broadcasts/{id}" for _, id in broadcasts]
    edits = [f"/activities/{code}/edit" for state, code in activities if state in ("draft", "open")]
    return pages + edits + [f"/questions/{number}" for _, number in questions]


def test_no_page_speaks_chinese_when_english_is_chosen(county: Office) -> None:
    app: Flask = county.app.wsgi_app.mounts["/console"]  # type: ignore[attr-defined]
    visitor = county.as_("admin")
    visitor.post("/language", {"language": "en"})
    adapter = app.url_map.bind("localhost")
    seen: Counter[tuple[str, str]] = Counter()
    reached: set[str] = set()
    waiting, done, left = [*BEGIN, *county.read(_of_each_state)], set[str](), dict[str, set[str]]()
    while waiting:
        path = waiting.pop(0)
        with contextlib.suppress(NotFound):
            reached.add(adapter.match(path.partition("?")[0], "GET")[0])
        answer = visitor.get(path)
        assert answer.status_code < 500, path
        if answer.mimetype != "text/html":
            continue
        words = Words(answer.text)
        if words.chinese:
            left[path] = words.chinese
        for link in words.links:
            parts = urlsplit(link)
            if not parts.path.startswith("/console/") or link in done:
                continue
            done.add(link)
            below = parts.path.removeprefix("/console")
            if not adapter.test(below, "GET"):
                continue
            endpoint = adapter.match(below, "GET")[0]
            kind = (
                endpoint,
                ",".join(f"{k}={v}" if v.isascii() and v.isalpha() else k for k, v in sorted(parse_qsl(parts.query))),
            )
            seen[kind] += 1
            if endpoint not in FILES and seen[kind] <= LIKE:
                waiting.append(below + (f"?{parts.query}" if parts.query else ""))
    listed = "\n".join(f"{path}\n    " + "\n    ".join(sorted(texts)) for path, texts in left.items())
    assert not left, listed
    rules = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert rules - reached <= FILES | SELDOM, "no link leads there: let the walk begin there too"
