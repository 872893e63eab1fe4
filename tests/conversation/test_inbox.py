"""One delivery once: repeats, parallel repeats, late answers, and Valkey gone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from bot.conversation.inbox import Inbox, delivery_key
from bot.conversation.session import Answered, Left, Sessions
from bot.storage.valkey import Valkey, connect
from bot.wechat.messages import Click, Message, Scan, Text
from bot.wechat.replies import Nothing
from bot.wechat.replies import Text as Say

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)


def text(openid: str = "oA", msg_id: str = "1", content: str = "你好", at: datetime = NOW) -> Text:
    return Text(account="gh", openid=openid, created_at=at, msg_id=msg_id, content=content)


class Recorder:
    """A dispatcher that takes ``seconds`` and numbers its answers; remembers what was owed and fetched."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.calls = seconds, 0
        self.owed: list[str] = []
        self.fetched: list[str] = []
        self.saved: list[Left | None] = []
        self.running: dict[str, int] = {}
        self.most_at_once = 0
        self._lock = threading.Lock()

    def dispatch(self, message: Message, key: str, now: datetime, left: Left | None = None) -> Answered:
        with self._lock:
            self.calls += 1
            number = self.calls
            self.running[message.openid] = self.running.get(message.openid, 0) + 1
            self.most_at_once = max(self.most_at_once, self.running[message.openid])
        time.sleep(self.seconds)
        with self._lock:
            self.running[message.openid] -= 1
        return Answered(Say(f"answer {number}"), {"sealed": f"session {number}"})

    def inbox(self, valkey: Valkey, budget_s: float = 4.5) -> Inbox:
        return Inbox(
            dispatch=self.dispatch,
            valkey=valkey,
            sessions=cast(Sessions, SimpleNamespace(ttl_s=60, save_in_sql=lambda _, left, __: self.saved.append(left))),
            owe=lambda message, key, reply, now: self.owed.append(key),
            fetched=lambda key, now: self.fetched.append(key),
            budget_s=budget_s,
        )


@pytest.fixture
def nowhere() -> Valkey:
    """A Valkey that is not there."""
    return connect("unix:///nonexistent/valkey.sock")


def test_a_repeat_gets_the_same_reply_and_no_second_effect(valkey: Valkey) -> None:
    recorder = Recorder()
    inbox = recorder.inbox(valkey)
    replies = [inbox.deliver(text(), NOW) for _ in range(3)]
    assert replies == [Say("answer 1")] * 3
    assert recorder.calls == 1


def test_parallel_repeats_wait_for_the_first(valkey: Valkey) -> None:
    recorder = Recorder(seconds=0.4)
    inboxes = [recorder.inbox(valkey) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda inbox: inbox.deliver(text(), NOW), inboxes))
    assert replies == [Say("answer 1")] * 3
    assert recorder.calls == 1


def test_one_follower_is_answered_one_message_at_a_time(valkey: Valkey) -> None:
    recorder = Recorder(seconds=0.1)
    inboxes = [recorder.inbox(valkey) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: inboxes[n].deliver(text(msg_id=str(n)), NOW), range(4)))
    assert recorder.calls == 4
    assert recorder.most_at_once == 1


def test_without_the_lock_messages_of_one_follower_overlap(valkey: Valkey) -> None:
    """The twin: it is the lock that keeps them apart."""
    recorder = Recorder(seconds=0.1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: recorder.dispatch(text(msg_id=str(n)), str(n), NOW), range(4)))
    assert recorder.most_at_once > 1


def test_an_answer_slower_than_wechat_waits_is_owed_and_kept_for_the_retry(valkey: Valkey) -> None:
    recorder = Recorder(seconds=0.6)
    inbox = recorder.inbox(valkey, budget_s=0.5)
    first = inbox.deliver(text(), NOW)
    key = delivery_key(text())
    assert recorder.owed == [key]
    assert inbox.deliver(text(), NOW) == first
    assert recorder.fetched == [key]
    assert recorder.calls == 1


def test_a_retry_that_cannot_wait_longer_answers_silence_and_the_answer_is_owed(valkey: Valkey) -> None:
    recorder = Recorder(seconds=2.0)
    inbox = recorder.inbox(valkey, budget_s=1.0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(inbox.deliver, text(), NOW)
        time.sleep(0.3)
        retry = pool.submit(inbox.deliver, text(), NOW)
        assert retry.result() == Nothing()
        assert first.result() == Say("answer 1")
    assert recorder.owed == [delivery_key(text())]
    assert recorder.calls == 1


def test_without_valkey_it_still_answers_one_at_a_time(nowhere: Valkey) -> None:
    recorder = Recorder(seconds=0.1)
    inbox = recorder.inbox(nowhere)
    with ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda n: inbox.deliver(text(msg_id=str(n)), NOW), range(3)))
    assert sorted(reply.content for reply in replies if isinstance(reply, Say)) == ["answer 1", "answer 2", "answer 3"]
    assert recorder.most_at_once == 1
    assert len(recorder.saved) == 3


def test_the_session_left_by_one_message_reaches_the_next(valkey: Valkey) -> None:
    seen: list[Left | None] = []
    recorder = Recorder()
    first = recorder.dispatch

    def dispatch(message: Message, key: str, now: datetime, left: Left | None = None) -> Answered:
        seen.append(left)
        return first(message, key, now, left)

    recorder.dispatch = dispatch  # type: ignore[method-assign]
    inbox = recorder.inbox(valkey)
    for number in range(3):
        inbox.deliver(text(msg_id=str(number)), NOW)
    inbox.deliver(text(openid="oB"), NOW)
    assert seen == [None, {"sealed": "session 1"}, {"sealed": "session 2"}, None]
    assert recorder.saved == []


def test_keys_tell_deliveries_apart() -> None:
    later = NOW + timedelta(seconds=1)
    different = [
        text(),
        text(openid="oB"),
        text(msg_id="2"),
        text(at=later),
        Click(account="gh", openid="oA", created_at=NOW, key="a"),
        Click(account="gh", openid="oA", created_at=NOW, key="b"),
        Click(account="gh", openid="oA", created_at=later, key="a"),
        Scan(account="gh", openid="oA", created_at=NOW, scene="a"),
        Scan(account="gh", openid="oA", created_at=NOW, scene="b"),
    ]
    assert len({delivery_key(message) for message in different}) == len(different)
    assert delivery_key(text(content="一")) == delivery_key(text(content="二"))
