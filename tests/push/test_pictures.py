"""A certificate's picture: drawn, uploaded, sent as an image; words where that cannot be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.push import pictures
from bot.services import announcements, certificates, fonts
from bot.services.refusals.certificates import CannotBePrinted
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from tests.fixtures.ledger import entry
from tests.fixtures.world import World
from tests.push.stage import Stage


def issued(stage: Stage, openid: str) -> str:
    """A certificate whose picture is owed; returns its number."""

    def made(db: Session) -> str:
        person = World(db, stage.cipher, stage.clock).person("王晓雨", openid)
        entry(db, person, 150, date(2026, 1, 10))
        one = certificates.issue(db, stage.cipher, person, Scope(), stage.clock, issuer="团委", rules=USUAL)
        announcements.announce(
            db, key=f"picture:{one.id}", openid=openid, kind="picture", payload={"certificate_id": one.id},
            due_at=stage.clock, expires_at=stage.clock + timedelta(hours=1), now=stage.clock,
        )  # fmt: skip
        return one.number

    return str(stage.write(made))


@pytest.fixture
def font() -> None:
    try:
        fonts.find()
    except CannotBePrinted:
        pytest.skip("no Chinese font here: apt install fonts-noto-cjk")


def test_the_picture_arrives_in_the_chat(stage: Stage, font: None) -> None:
    openid = stage.follower()
    stage.writes(openid)
    issued(stage, openid)
    stage.work()
    assert stage.states("picture") == ["sent"]
    seen = stage.wechat.seen(openid)
    assert [one["type"] for one in seen if one["kind"] == "custom"] == ["image"]
    assert len(stage.wechat.calls("/cgi-bin/media/upload")) == 1
    stage.work()
    assert len(stage.wechat.seen(openid)) == len(seen)


def test_a_revoked_one_is_not_sent(lite: Stage) -> None:
    openid = lite.follower()
    lite.writes(openid)
    number = issued(lite, openid)
    lite.write(lambda db: certificates.revoke(db, number, "开错了", "system", lite.clock))
    lite.work()
    assert lite.states("picture") == ["superseded"]


def test_what_cannot_be_drawn_is_said_in_words(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PLACES", ())
    openid = lite.follower()
    lite.writes(openid)
    number = issued(lite, openid)
    lite.work()
    assert lite.states("picture") == ["sent"]
    assert f"您的志愿服务证明 {number} 已生成，回复 我的证明 取链接。" in lite.wechat.texts(openid)


def test_a_shut_window_keeps_words_for_the_next_message(lite: Stage) -> None:
    openid = lite.follower()
    number = issued(lite, openid)
    lite.work()
    (push,) = lite.pushes("picture")
    assert push.state == "unreached"
    with lite.database.session() as db:
        made = pictures.read(db, lite.cipher, push.payload)
    assert not isinstance(made, str) and number in pictures.words(made)
