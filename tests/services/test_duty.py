"""Binding a WeChat account with a code that works once, for ten minutes, for one person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.services import duty
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from tests.fixtures.world import NOW
from tests.services.test_alerts import staff


@pytest.fixture(autouse=True)
def written(db: Session) -> None:
    writing(db)


def test_the_code_binds_whoever_sends_it_once(db: Session, cipher: Cipher) -> None:
    li = staff(db, openid=None)
    code = duty.issue_code(db, cipher, li.id, NOW)
    assert len(code) == 6 and code not in str(li.bind_hash)
    bound = duty.bind(db, cipher, code.lower(), "o-1", NOW + timedelta(minutes=9))
    assert bound is not None and bound.id == li.id and bound.openid == "o-1"
    assert duty.bind(db, cipher, code, "o-2", NOW + timedelta(minutes=9)) is None
    assert [each.id for each in duty.on_duty(db)] == [li.id]


def test_after_ten_minutes_or_a_newer_code_it_is_void(db: Session, cipher: Cipher) -> None:
    li = staff(db, openid=None)
    old = duty.issue_code(db, cipher, li.id, NOW)
    assert duty.bind(db, cipher, old, "o-1", NOW + duty.CODE_LIVES) is None
    new = duty.issue_code(db, cipher, li.id, NOW)
    assert duty.bind(db, cipher, old, "o-1", NOW) is None
    assert duty.bind(db, cipher, new, "o-1", NOW) is not None


def test_one_wechat_speaks_for_one_person(db: Session, cipher: Cipher) -> None:
    li, wang = staff(db, openid="o-1"), staff(db, "wang", openid=None)
    duty.bind(db, cipher, duty.issue_code(db, cipher, wang.id, NOW), "o-1", NOW)
    assert li.openid is None and wang.openid == "o-1"
    speaker = duty.of_openid(db, "o-1")
    assert speaker is not None and speaker.id == wang.id
    duty.bind(db, cipher, duty.issue_code(db, cipher, wang.id, NOW), "o-1", NOW)
    assert wang.openid == "o-1"
