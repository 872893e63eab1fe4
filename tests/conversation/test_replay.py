"""WeChat delivers a message three times: each act has one effect and is answered alike, without Valkey too (INV 15)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation import inbox as inboxes
from bot.services import check_in, ledger, points, rewards
from bot.services.ledger import NewEntry
from bot.storage.database import writing
from bot.storage.models import (
    AttendanceEvent,
    Certificate,
    Erasure,
    Person,
    PointsTransaction,
    Push,
    Redemption,
    Registration,
)
from bot.wechat.messages import Text
from bot.wechat.replies import Text as Say
from tests.conversation.test_whole import NOW, Talk, library, parts, talk
from tests.fixtures.world import World
from tests.services.merits import shopkeeper
from tests.services.presence_world import came

__all__ = ["library", "parts", "talk"]


@pytest.fixture
def code(talk: Talk) -> str:
    """王晓雨 with ten points, hours in the ledger and an activity that has just begun; returns the code to check in."""
    with talk.parts.database.session() as db:
        writing(db)
        world = World(db, talk.parts.cipher, NOW)
        person = world.person("王晓雨", "oA")
        db.get_one(Person, person).birth_date = date(1990, 1, 1)
        past = world.shift(starts_at=NOW - timedelta(hours=99), title="河道巡查")
        done = world.sign_up(past, person, now=NOW - timedelta(hours=101)).registration_id
        came(db, done)
        ledger.add(db, NewEntry(
            person_id=person, kind="credit", minutes=600, effective_on=date(2026, 2, 27), title="河道巡查",
            entered_by="staff:1", detail={}, registration_id=done, shift_id=past.id, source="t", external_id="1",
        ), NOW)  # fmt: skip
        points.issue(db, person, NOW)
        merchant = shopkeeper(db)
        rewards.add(db, title="百丈潭门票", cost=50, stock=3, merchant=merchant, now=NOW, pickup="游客中心")
        shift = world.shift(starts_at=NOW + timedelta(minutes=5), title="江滨清洁")
        world.sign_up(shift, person, now=NOW - timedelta(hours=20))
        shown = check_in.current_code(talk.parts.cipher, shift, NOW)
        db.commit()
    return shown


def three_times(talk: Talk, words: str) -> str:
    """One message, delivered three times."""
    return talk.say(words, times=3)


@pytest.mark.parametrize(
    ("words", "table", "more"),
    [
        (["报名 B07", "确认"], Registration, 1),
        (["{code}"], AttendanceEvent, 1),
        (["换门票", "确认"], Redemption, 1),
        (["换门票", "确认"], PointsTransaction, 1),
        (["开证明", "1", "1", "确认"], Certificate, 1),
        (["删除我的信息", "确认删除"], Erasure, 1),
    ],
    ids=["sign up", "check in", "redeem", "points", "certificate", "erase"],
)
def test_one_effect_and_the_same_answer(talk: Talk, code: str, words: list[str], table: type[Any], more: int) -> None:
    before = talk.count(table)
    answers = [three_times(talk, said.format(code=code)) for said in words]
    assert talk.count(table) == before + more, answers


def test_nobody_is_told_twice_of_what_was_delivered_thrice(talk: Talk, code: str) -> None:
    three_times(talk, code)
    three_times(talk, "换门票")
    three_times(talk, "确认")
    with talk.parts.database.session() as db:
        keys = db.scalars(select(Push.key)).all()
    assert len(keys) == len(set(keys))


def test_twin_with_another_number_each_delivery_is_a_message(
    talk: Talk, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the key of the delivery a 1 said once answers three questions, the last with yes."""
    numbers = iter(range(100))
    monkeypatch.setattr(inboxes, "delivery_key", lambda message: f"key {next(numbers)}")
    message = Text(account="gh", openid="oA", created_at=NOW, msg_id="1", content="开证明")
    talk.inbox.deliver(message, NOW)
    again = Text(account="gh", openid="oA", created_at=NOW, msg_id="2", content="1")
    replies = {reply.content for _ in range(3) if isinstance(reply := talk.inbox.deliver(again, NOW), Say)}
    assert len(replies) > 1


def test_a_later_message_with_the_same_words_is_another(talk: Talk, code: str) -> None:
    first, second = three_times(talk, "删除我的信息"), three_times(talk, "确认删除")
    assert first != second and "撤销删除" in second
    with talk.parts.database.session() as db:
        due: datetime = db.scalars(select(Erasure.due_at)).one()
    assert due == NOW + timedelta(days=10)
