"""The parts joined, without a server: no Valkey at all, repeats after a crash, refusals, long answers, exceptions."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.app import create_inbox
from bot.conversation.inbox import Inbox
from bot.parts import Parts, build
from bot.services import activities
from bot.services.activities import NewActivity
from bot.settings import Redis, Security, Settings
from bot.storage.database import writing
from bot.storage.models import Base, Delivery, Gap, Registration
from bot.wechat.messages import Click, Text, Unsubscribe
from bot.wechat.replies import Nothing
from bot.wechat.replies import Text as Say
from tests.fixtures.learnt import already_learnt

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
LONG = "很长的回答。" * 200


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small library: quick to build, and with an answer longer than one reply."""
    folder = tmp_path_factory.mktemp("faq")
    (folder / "faq.yaml").write_text(
        "topic: 测试\nentries:\n"
        f"  - id: long\n    ask: [说说章程, 章程全文是什么, 章程怎么写的]\n    answer: {LONG}\n"
        "  - id: insurance\n    ask: [有保险吗, 出事谁赔, 意外险买了没]\n    answer: 有意外险。\n",
        "utf-8",
    )
    return folder


@pytest.fixture
def parts(tmp_path: Path, library: Path, sqlite_url: str) -> Parts:
    """Everything real but Valkey, which is not there."""
    already_learnt(tmp_path)
    key = base64.b64encode(bytes(32)).decode()
    made = build(
        Settings(
            data_dir=tmp_path,
            faq_dir=library,
            security=Security(key=key),
            redis=Redis(url="unix:///nonexistent/valkey.sock"),
        )
    )
    assert made.settings.database_url == sqlite_url
    with made.database.session() as db:
        writing(db)
        activities.create(
            db,
            NewActivity(
                code="B07", title="河道清洁", place="城东河口", content="捡垃圾", risk="水边湿滑",
                organiser="团县委", leader="李老师", capacity=1,
                starts_at=NOW + timedelta(days=4), ends_at=NOW + timedelta(days=4, hours=2),
            ),
            NOW,
        )  # fmt: skip
        db.commit()
    return made


@pytest.fixture
def talk(parts: Parts) -> Iterator[Talk]:
    yield Talk(create_inbox(parts), parts)
    parts.database.dispose()


class Talk:
    def __init__(self, inbox: Inbox, parts: Parts) -> None:
        self.inbox, self.parts = inbox, parts
        self._ids = itertools.count(1)

    def say(self, content: str, openid: str = "oA", times: int = 1) -> str:
        message = Text(account="gh", openid=openid, created_at=NOW, msg_id=str(next(self._ids)), content=content)
        replies = {self.inbox.deliver(message, NOW) for _ in range(times)}
        assert len(replies) == 1
        reply = replies.pop()
        assert isinstance(reply, Say)
        return reply.content

    def count(self, table: Any) -> int:
        with self.parts.database.session() as db:
            return db.scalars(select(func.count()).select_from(table)).one()


def test_signing_up_works_without_valkey_and_each_message_counts_once(talk: Talk) -> None:
    assert "姓名" in talk.say("报名 河道清洁", times=3)
    assert "手机号" in talk.say("王晓雨", times=3)
    assert "确认" in talk.say("13800001234", times=3)
    assert "报名成功" in talk.say("确认", times=3)
    assert talk.count(Registration) == 1
    assert "已经报过" in talk.say("报名 河道清洁")


def test_without_the_committed_key_a_repeat_would_be_another_message(talk: Talk) -> None:
    """The twin of the test above: the same words as a new message are answered otherwise."""
    for text in ("报名 河道清洁", "王晓雨", "13800001234"):
        talk.say(text)
    first = talk.say("确认")
    assert "报名成功" in first
    assert talk.say("确认") != first


def test_a_long_answer_comes_in_parts(talk: Talk) -> None:
    first = talk.say("说说章程")
    assert first.endswith("回复 继续 查看下文")
    assert len(first.encode()) <= 2048
    told = first.removesuffix("回复 继续 查看下文").strip()
    for _ in range(10):
        part = talk.say("继续")
        told += part.removesuffix("回复 继续 查看下文").strip()
        if not part.endswith("查看下文"):
            break
    assert told == LONG


def test_what_is_not_understood_is_kept_masked(talk: Talk) -> None:
    said = talk.say("量子纠缠打 13812345678 找我")
    assert "没听懂" in said or "您是不是想问" in said
    with talk.parts.database.session() as db:
        kept = db.scalars(select(Gap)).one()
    assert "13812345678" not in kept.text
    assert "量子纠缠" in kept.text


def test_a_plain_answer_writes_nothing_but_what_valkey_would_hold(talk: Talk) -> None:
    """Without Valkey the session is saved, and the reply that a repeat is to get."""
    talk.say("有保险吗")
    tables = [table for table in Base.metadata.sorted_tables if table.name not in ("deliveries", "saved_sessions")]
    before = [talk.count(table) for table in tables]
    assert talk.say("有保险吗", times=3) == "有意外险。"
    assert [talk.count(table) for table in tables] == before
    assert talk.count(Delivery) == 2


def test_a_handler_that_fails_apologises_and_leaves_nothing_behind(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.services import registrations

    for text in ("报名 河道清洁", "王晓雨", "13800001234"):
        talk.say(text)
    with monkeypatch.context() as broken:
        broken.setattr(registrations, "sign_up", None)
        assert "小状况" in talk.say("确认")
    assert talk.count(Registration) == 0
    assert "报名成功" in talk.say("确认"), "the form is still there to try again"


def test_events_that_show_no_reply_are_answered_in_silence(talk: Talk) -> None:
    gone = Unsubscribe(account="gh", openid="oA", created_at=NOW)
    assert talk.inbox.deliver(gone, NOW) == Nothing()
    nobody_knows = Click(account="gh", openid="oA", created_at=NOW, key="no.such.intent")
    assert talk.inbox.deliver(nobody_knows, NOW) == Nothing()
