"""人工 in chat: silence while a person listens, what still speaks, who of staff may, and WeChat's own agents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import conversation_messages
from bot.settings import Conversation as Section
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import AlertNote, Conversation, Follower, Staff
from bot.wechat.messages import Click, Image, Link, Location, Video, Voice
from bot.wechat.messages import Text as Typed
from bot.wechat.replies import Nothing, Text, Transfer
from tests.fixtures.world import NOW
from tests.handlers.town import Town

EVENING = NOW + timedelta(hours=10)


class Counter(Town):
    """李老师 is on duty, 张老师 is not, 小店 hands out rewards; 小王 follows."""

    def __init__(self, database: Database, cipher: Cipher, **more: Any) -> None:
        super().__init__(database, cipher, **more)
        for name, role, on_duty in (("li", "reviewer", True), ("zhang", "admin", False), ("shop", "merchant", True)):
            self.staff(role, f"o-{name}")
            self.made(lambda world, name=name, on_duty=on_duty: self._put(world.db, f"o-{name}", on_duty))
        self.say("o-wang", "帮助")

    @staticmethod
    def _put(db: Any, openid: str, on_duty: bool) -> None:
        db.scalars(select(Staff).where(Staff.openid == openid)).one().on_duty = on_duty

    def written(self, number: int = 1) -> list[str]:
        return self.read(
            lambda db: [f"{line.kind} {line.text}" for line in conversation_messages.written(db, self.cipher, number)]
        )

    def states(self) -> list[str]:
        return self.read(lambda db: list(db.scalars(select(Conversation.state).order_by(Conversation.id))))


@pytest.fixture
def counter(database: Database, cipher: Cipher) -> Counter:
    return Counter(database, cipher)


def test_while_a_person_listens_everything_is_kept_and_nothing_is_said(counter: Counter) -> None:
    assert "H1" in counter.say("o-wang", "人工")
    for words in ("帮助", "作业多到想跳楼哈哈", "取消", "签到"):
        assert counter.say("o-wang", words) == "", words
    for kind, fields in (
        (Image, {"pic_url": "u", "media_id": "m1"}),
        (Voice, {"media_id": "m2"}),
        (Video, {"media_id": "m3", "thumb_media_id": "t"}),
        (Location, {"latitude": 28.9, "longitude": 120.4, "label": "南门"}),
        (Link, {"title": "通知", "description": "", "url": "https://example.com/1"}),
    ):
        assert counter.send("o-wang", kind, **fields) == Nothing(), kind  # type: ignore[arg-type]
    assert counter.written() == [
        "text 人工", "text 帮助", "text 作业多到想跳楼哈哈", "text 取消", "text 签到", "picture ", "voice ", "video ",
        "place 位置：南门（纬度 28.9，经度 120.4）", "link 链接：通知 https://example.com/1",
    ]  # fmt: skip
    menu = counter.send("o-wang", Click, event="click", key="activities.list")
    assert isinstance(menu, Text) and "退出人工" in menu.content
    assert "小青接着" in counter.say("o-wang", "结束。") and counter.states() == ["ended"]
    assert "直接打字" in counter.say("o-wang", "帮助")
    assert "现在没有在和老师对话" in counter.say("o-wang", "退出人工")


def test_danger_is_answered_at_once_and_both_hear_what_follows(counter: Counter) -> None:
    counter.say("o-wang", "人工")
    assert "120" in counter.say("o-wang", "我不想活了")
    assert "已转告值班老师" in counter.say("o-wang", "我在人民路的桥上")
    assert counter.written()[-2:] == ["text 我不想活了", "text 我在人民路的桥上"]
    notes = counter.read(lambda db: list(db.scalars(select(AlertNote.kind).order_by(AlertNote.id))))
    assert notes == ["said", "place"] and counter.states() == ["waiting"]


def test_only_those_on_duty_take_and_only_whose_it_is_writes_by_number(counter: Counter) -> None:
    counter.say("o-wang", "人工")
    for openid in ("o-zhang", "o-shop", "o-chen", "o-wang"):
        for words in ("接待 H1", "会话", "会话 H1", "回复 H1 您好", "结束 H1", "H1 您好"):
            said = counter.say(openid, words)
            assert not any(told in said for told in ("由您接待", "等了", "对方", "已发给", "已结束")), (openid, words)
    assert counter.states() == ["waiting"]
    assert "对方" not in counter.say("o-li", "H1 您好"), "not theirs yet: an activity may have this code"
    assert "等了0分钟" in counter.say("o-li", "会话")
    assert "对方：人工" in counter.say("o-li", "接待1")
    assert "已发给 H1" in counter.say("o-li", "H1 您好，请说")
    assert "写在后面" in counter.say("o-li", "回复 H1") and "H12" not in counter.say("o-li", "回复 12点见")
    assert "已发给 H1" in counter.say("o-li", "回复h1您稍等，我查一查。")
    quoted = "「青声：H1 对方说：\n在吗」\n- - - - - - -\n在的"
    assert "已发给 H1" in counter.say("o-li", quoted)
    assert counter.written()[-3:] == ["text 您好，请说", "text 您稍等，我查一查。", "text 在的"]
    assert "没有 H9" in counter.say("o-li", "接待 H9")
    assert "您在接待" in counter.say("o-li", "会话")
    assert "H1 已结束" in counter.say("o-li", "结束 H1") and "已经结束" in counter.say("o-li", "回复 H1 还在吗")


def test_staff_hear_at_once_when_wechat_does_not_let_them(counter: Counter) -> None:
    counter.say("o-wang", "人工")
    counter.say("o-li", "接待 H1")
    assert "已发给" in counter.say("o-li", "回复 H1 您好")

    def use_up(world: Any) -> None:
        world.db.get_one(Follower, "o-wang").message_used = 4  # and one answer is on its way

    counter.made(use_up)
    assert "对方下次发消息时会看到" in counter.say("o-li", "回复 H1 在吗")


def test_a_half_filled_form_does_not_wait_behind_the_talk(counter: Counter) -> None:
    counter.say("o-wang", "我要提问")
    counter.say("o-wang", "人工")
    assert counter.say("o-wang", "我的时长不对") == ""
    counter.say("o-wang", "结束")
    assert "已受理" not in counter.say("o-wang", "我的时长不对")


def test_when_nobody_is_there_it_is_said_until_when_and_what_else_helps(database: Database, cipher: Cipher) -> None:
    counter = Counter(database, cipher, now=EVENING)
    said = counter.say("o-wang", "人工")
    assert "3月4日（周三）08:30回来" in said and "我要提问" in said and counter.states() == []


def test_wechats_own_agents_get_the_message_while_they_are_there(database: Database, cipher: Cipher) -> None:
    counter = Counter(database, cipher, conversation=Section(agents="wechat"))
    assert counter.send("o-wang", Typed, content="人工") == Transfer() and counter.states() == []
    assert "直接打字" in counter.say("o-wang", "帮助"), "what WeChat pushes to us is for the program"
    counter.now = EVENING
    assert "08:30回来" in counter.say("o-wang", "人工")
