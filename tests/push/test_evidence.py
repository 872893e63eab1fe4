"""Pictures of questions are fetched from WeChat by the worker; what fails comes again, and people hear of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.push import jobs_pictures
from bot.services.questions import asking, pictures
from bot.services.questions.cleaning import clean
from bot.simulator import media
from bot.storage.errors import Unavailable
from bot.storage.models import Push, QuestionPicture
from tests.push.stage import Stage
from tests.services.test_question_pictures import photo
from tests.services.test_questions import Office


def asked(stage: Stage, *media_ids: str) -> None:
    """A question with a picture for each of WeChat's ids."""

    def made(db: Session) -> None:
        row = Office(db, stage.cipher).accepted(now=stage.clock)
        for media_id in media_ids:
            asking.add(db, stage.cipher, row.id, row.openid, "", stage.clock, media_id=media_id)

    stage.write(made)


def sent(stage: Stage, content: bytes) -> str:
    """A follower sends it: WeChat's id of it."""
    openid = stage.wechat.new_follower()
    said = {"type": "image", "data": base64.b64encode(content).decode()}
    stage.wechat.ask(f"/sim/followers/{openid}/messages", said)
    found: dict[str, Any] = stage.wechat.world.state.shelf("media")
    return list(found)[-1]


def rows(stage: Stage) -> list[tuple[str, str]]:
    with stage.database.session() as db:
        return [(one.state, one.problem) for one in db.scalars(select(QuestionPicture).order_by(QuestionPicture.id))]


def fetch(stage: Stage) -> int:
    return jobs_pictures.fetch(stage.database, stage.client, stage.cipher, stage.clock, stage.settings)


def test_the_worker_brings_it_in_before_wechat_drops_it(stage: Stage) -> None:
    asked(stage, sent(stage, photo()), "unknown")
    stage.work()
    assert rows(stage) == [("kept", ""), ("failed", "gone")]
    with stage.database.session() as db:
        kept = db.scalars(select(QuestionPicture).where(QuestionPicture.state == "kept")).one()
        assert kept.content_encrypted is not None
        assert stage.cipher.decrypt_bytes(kept.content_encrypted) == clean(photo()).content
        told = db.scalars(select(Push.payload).where(Push.key.startswith("questions.picture_failed"))).one()
    assert told["notice"] == "questions.picture_failed"
    calls = len(stage.wechat.calls("/cgi-bin/media/get"))
    stage.work()
    assert len(stage.wechat.calls("/cgi-bin/media/get")) == calls, "what is here is not fetched again"


def test_a_video_and_what_is_no_picture_fail_at_once(lite: Stage) -> None:
    world = lite.wechat.world
    asked(
        lite, media.keep(world, "video", b"\x00\x00\x00\x18ftypmp42" + bytes(64)), media.keep(world, "image", b"<svg/>")
    )
    assert fetch(lite) == 0
    assert rows(lite) == [("failed", "no_picture")] * 2


def test_while_wechat_is_away_it_stays_wanted(lite: Stage) -> None:
    asked(lite, sent(lite, photo()))
    lite.wechat.faults(http=[{"path": "/cgi-bin/media/get", "status": 502, "times": 1}])
    assert (fetch(lite), rows(lite)) == (0, [("wanted", "unreachable")])
    assert fetch(lite) == 0, "not before its pause is over"
    lite.later(minutes=5)
    assert (fetch(lite), rows(lite)) == (1, [("kept", "")])


def test_a_full_disk_leaves_it_wanted_with_a_pause(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(lite, sent(lite, photo()))
    real = pictures.keep

    def full(*_: Any, **__: Any) -> bool:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(pictures, "keep", full)
    assert (fetch(lite), rows(lite)) == (0, [("wanted", "no_space")])
    monkeypatch.setattr(pictures, "keep", real)
    lite.later(minutes=5)
    assert fetch(lite) == 1
