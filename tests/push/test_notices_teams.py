"""Notices of teams and leaders: the words follow the state at the moment of sending, or there is nothing to say."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.push.notices import NOTICES
from bot.services import activities, leaders, outcomes, teams
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Push
from tests.fixtures.world import NOW, World, hours

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def world(database: Database, cipher: Cipher) -> Iterator[World]:
    with database.session() as db:
        yield World(db, cipher)


def said(db: Session, cipher: Cipher, notice: str, now: object = NOW) -> list[str | None]:
    rows = db.scalars(select(Push).where(Push.key.startswith(f"{notice}:")).order_by(Push.id)).all()
    assert rows, "nothing was owed"
    return [NOTICES[row.payload["notice"]](db, cipher, row.payload, now, ZONE) for row in rows]  # type: ignore[arg-type]


def test_an_application_and_what_became_of_it(world: World, cipher: Cipher) -> None:
    db = world.db
    team = teams.create(db, "城东队", NOW)
    leader = world.person()
    teams.lead(db, team.id, leader, "system", NOW)
    row = teams.join(db, team.id, world.person("王晓雨"), NOW)
    applied = said(db, cipher, "teams.applied")[0]
    assert applied is not None and "王*雨 想加入 T01 城东队" in applied and "王晓雨" not in applied
    teams.decide(db, row.id, False, f"person:{leader}", NOW, "人数满了")
    assert said(db, cipher, "teams.applied") == [None]
    refused = said(db, cipher, "teams.decided")[0]
    assert refused is not None and "原因：人数满了" in refused


def test_welcomed_then_put_out(world: World, cipher: Cipher) -> None:
    db = world.db
    team = teams.create(db, "城东队", NOW)
    leader = world.person()
    teams.lead(db, team.id, leader, "system", NOW)
    row = teams.decide(db, teams.join(db, team.id, world.person(), NOW).id, True, f"person:{leader}", NOW)
    assert "欢迎加入 T01" in str(said(db, cipher, "teams.decided")[0])
    teams.remove(db, row.id, f"person:{leader}", NOW, "长期联系不上")
    assert said(db, cipher, "teams.decided") == [None]
    assert "原因：长期联系不上" in str(said(db, cipher, "teams.removed")[0])


def test_a_word_is_said_until_the_beginning_and_not_of_what_is_cancelled(world: World, cipher: Cipher) -> None:
    db = world.db
    shift = world.shift(code="A12", bring="水杯")
    world.sign_up(shift, world.person())
    leaders.tell(db, cipher, [shift.id], "下雨也照常，请带雨衣", "person:1", NOW)
    leaders.tell(db, cipher, [shift.id], "", "person:1", NOW)
    own, plain = said(db, cipher, "teams.word")
    assert "下雨也照常，请带雨衣" in str(own) and "江滨公园南门" in str(own)
    assert "请带：水杯" in str(plain)
    assert said(db, cipher, "teams.word", shift.starts_at) == [None, None]
    activities.cancel(db, shift.activity_id, "暴雨", NOW)
    assert said(db, cipher, "teams.word") == [None, None]


def test_the_question_is_not_asked_once_it_is_answered(world: World, cipher: Cipher) -> None:
    db = world.db
    shift = world.shift(code="A12", starts_at=NOW + hours(1), lasts=1)
    leader = world.person()
    world.sign_up(shift, world.person())
    shift.activity.leader_id = leader
    db.flush()
    assert outcomes.ask(db, NOW + hours(4)) == 1
    assert "成果 A12 120公斤垃圾" in str(said(db, cipher, "teams.outcome_due")[0])
    outcomes.record(db, shift.id, "5公斤垃圾", "person:1", NOW + hours(4))
    assert said(db, cipher, "teams.outcome_due") == [None]
