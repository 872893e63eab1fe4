"""/b/<code> over real HTTP: on to where the broadcast leads and nowhere else, counted once for each follower."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from bot.services import broadcast_links, broadcast_reports, broadcasts
from bot.services.broadcasts import NewBroadcast
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, Broadcast, Recipient
from tests.fixtures.world import NOW, World
from tests.pages.conftest import Town, get

CODES: dict[str, str] = {}


def begun(db: Session, cipher: Cipher) -> None:
    """One with a link and one with an activity, on their way to ``o-reader``."""
    code = World(db, cipher).shift().activity.code
    for name, link, activity in (("link", "https://example.cn/x?a=1", ""), ("activity", "", code)):
        new = NewBroadcast(title="周末去江边", body="一起去", link=link, activity=activity)
        broadcast = broadcasts.create(db, new, "staff:1", NOW)
        broadcast.state, broadcast.started_at = "sending", NOW
        db.add(Recipient(broadcast_id=broadcast.id, openid="o-reader", state="sent"))
        db.flush()
        CODES[name] = broadcast.code
        CODES[f"{name} of a reader"] = broadcast_links.url(Settings(), cipher, broadcast, "o-reader").rpartition("/")[2]


def cancelled(db: Session, _cipher: Cipher) -> None:
    writing(db)
    for activity in db.query(Activity):
        activity.state = "cancelled"


def counts(town: Town, code: str) -> tuple[int, int]:
    found: list[tuple[int, int]] = []

    def read(db: Session, _cipher: Cipher) -> None:
        report = broadcast_reports.of(db, db.query(Broadcast).filter(Broadcast.code == code).one().id)
        found.append((report.clicks, report.visits))

    town.change(read)
    return found[0]


def test_it_goes_on_to_the_broadcasts_own_link_and_nowhere_else(town: Town) -> None:
    town.change(begun)
    for path in (CODES["link of a reader"], CODES["link of a reader"], f"{CODES['link']}?to=https://evil.example&t=x"):
        answer = get(f"{town.stack.web}/b/{path}")
        assert (answer.status, answer.headers["location"]) == (302, "https://example.cn/x?a=1")
        assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"
    assert counts(town, CODES["link"]) == (1, 1)
    parts = urlsplit(town.stack.web)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("HEAD", f"/b/{CODES['link']}")
    assert connection.getresponse().status == 302
    connection.close()
    assert counts(town, CODES["link"]) == (1, 1), "a look at the address is no reader"


def test_without_a_link_it_shows_the_activity_and_how_to_sign_up(town: Town) -> None:
    town.change(begun)
    page = get(f"{town.stack.web}/b/{CODES['activity of a reader']}")
    assert page.status == 200 and "江滨公园南门" in page.text and "回复 报名 A" in page.text
    assert "结束或取消" not in page.text
    assert counts(town, CODES["activity"]) == (1, 0)
    town.change(cancelled)
    page = get(f"{town.stack.web}/b/{CODES['activity']}")
    assert "结束或取消" in page.text and "回复 报名" not in page.text
    assert get(f"{town.stack.web}/b/nosuch").status == 404
