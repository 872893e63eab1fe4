"""WeChat's three events about notices, lists and all, as rows of the ledger; what failed waits for the next message."""

from __future__ import annotations

import pytest

from bot.conversation.inbox import delivery_key
from bot.services import announcements, people
from bot.settings import PushTemplate
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import NoticeConsent, NoticeConsentEvent, Push
from bot.wechat.messages import NoticeChoice, NoticeReport
from tests.fixtures.world import NOW, World
from tests.handlers.town import Town


def reported(town: Town, event: str, *choices: NoticeChoice) -> None:
    told = NoticeReport(
        account="gh", openid="o-1", created_at=town.now, event=f"subscribe_msg_{event}_event", choices=choices
    )
    town._dispatcher.dispatch(told, delivery_key(told), town.now, None)


def balances(town: Town) -> dict[str, int]:
    return town.read(lambda db: {row.template_id: row.remaining for row in db.query(NoticeConsent)})


def test_each_row_of_each_event_is_one_change(database: Database, cipher: Cipher) -> None:
    town = Town(database, cipher)
    town.made(lambda world: people.follow(world.db, "o-1", "", NOW))
    reported(town, "popup", NoticeChoice("T1", "accept"), NoticeChoice("T2", "accept"), NoticeChoice("T3", "reject"))
    reported(town, "popup", NoticeChoice("T1", "accept"))  # in the same second, another dialog
    assert balances(town) == {"T1": 2, "T2": 1, "T3": 0}
    reported(town, "change", NoticeChoice("T2", "reject"), NoticeChoice("", "reject"))
    reported(town, "sent", NoticeChoice("T1", "success", "77", "0"))
    assert balances(town) == {"T1": 2, "T2": 0, "T3": 0}
    reported(town, "sent", NoticeChoice("T1", "user refuse", "78", "43101"))
    assert balances(town) == {"T1": 0, "T2": 0, "T3": 0}
    rows = town.read(lambda db: [(row.source, row.template_id, row.change) for row in db.query(NoticeConsentEvent)])
    assert sorted(rows) == [
        ("change", "T2", -1), ("popup", "T1", 1), ("popup", "T1", 1), ("popup", "T2", 1), ("popup", "T3", 0),
        ("sent", "T1", -2), ("sent", "T1", 0),
    ]  # fmt: skip


def test_a_notice_that_failed_waits_for_the_next_message(
    database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(database, cipher)
    monkeypatch.setitem(town._dispatcher._settings.push.templates, "reminder", PushTemplate(subscribe="T1"))

    def sent(world: World) -> None:
        people.follow(world.db, "o-1", "", NOW)
        push = announcements.announce(
            world.db, key="r", openid="o-1", kind="reminder", payload={"registration_id": 1}, due_at=NOW, now=NOW
        )
        push.state, push.channel, push.settled_at = "sent", "subscribe", NOW

    town.made(sent)
    reported(town, "sent", NoticeChoice("T1", "system failed", "79", "-1"))
    assert town.read(lambda db: [(one.state, one.error) for one in db.query(Push)]) == [
        ("unreached", "failed: system failed")
    ]
