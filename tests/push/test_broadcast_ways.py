"""The other ways of a broadcast: an article that is published, a picture, a tag, a notice; and the preview."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bot.services import announcements, recipients
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import FollowerTag, Push
from bot.storage.valkey import Valkey
from tests.push.account import settings_for, template_id
from tests.push.addressed import approved, batches, ended, followers, report, row, seen, states
from tests.push.stage import Stage, simulated

ALL, PUBLISH = "/cgi-bin/message/mass/sendall", "/cgi-bin/freepublish/submit"


def published(stage: Stage) -> list[dict]:
    return list(stage.wechat.world.state.shelf("published").values())


def publish_report(stage: Stage, status: str = "0") -> None:
    for one in published(stage):
        url = one["cards"][0]["url"] if status == "0" else ""
        stage.write(lambda db, one=one, url=url: recipients.published(
            db, str(one["publish_id"]), status, url, stage.clock
        ))  # fmt: skip


@pytest.fixture
def pictured(lite: Stage, tmp_path: Path) -> Stage:
    Image.new("RGB", (60, 40), (200, 30, 30)).save(tmp_path / "river.jpg")
    lite.settings = lite.settings.model_copy(update={"data_dir": tmp_path})
    return lite


def test_an_article_is_published_and_its_link_told_one_by_one(stage: Stage) -> None:
    (openid, silent) = followers(stage, 2)
    stage.writes(openid)
    id = approved(stage, channel="article", link="https://example.org/river")
    stage.work()
    (article,) = published(stage)
    assert states(stage, id) == {"due": 2} and not stage.wechat.seen(openid), "WeChat has not said where it is read"
    publish_report(stage)
    stage.work()
    (batch,) = batches(stage, id)
    assert (batch.call, batch.state, batch.url) == ("article", "done", article["cards"][0]["url"])
    assert batch.url in stage.wechat.texts(openid)[0]
    assert states(stage, id) == {"sent": 1, "unreached": 1} and row(stage, id).state == "done"
    assert not stage.wechat.calls(ALL)


def test_an_article_whose_answer_was_lost_is_not_published_twice(lite: Stage) -> None:
    (openid,) = followers(lite, 1)
    lite.writes(openid)
    lite.wechat.faults(reset_after_accept=[{"path": PUBLISH, "times": 1}])
    id = approved(lite, channel="article")
    lite.work()
    lite.later(seconds=62)
    lite.work()
    assert len(published(lite)) == 1 and batches(lite, id)[0].state == "done"
    assert published(lite)[0]["cards"][0]["url"] in lite.wechat.texts(openid)[0]


def test_an_article_that_was_refused_pauses_and_is_tried_anew_when_somebody_says_so(lite: Stage) -> None:
    followers(lite, 1)
    id = approved(lite, channel="article")
    lite.work()
    publish_report(lite, "4")
    lite.work()
    assert row(lite, id).state == "paused" and "publish_status 4" in row(lite, id).error
    assert (batches(lite, id)[0].state, batches(lite, id)[0].draft_id) == ("due", "")


def test_a_silent_publication_is_asked_for(lite: Stage) -> None:
    followers(lite, 1)
    id = approved(lite, channel="article")
    lite.work()
    lite.later(minutes=11)
    lite.work()
    assert batches(lite, id)[0].state == "done" and batches(lite, id)[0].url


def test_a_picture_makes_it_an_article_in_everybodys_chat(pictured: Stage) -> None:
    openids = followers(pictured, 2)
    id = approved(pictured, picture="river.jpg", body="第一行\n<第二行>", link="https://example.org/river")
    pictured.wechat.faults(reset_after_accept=[{"path": ALL, "times": 1}])
    pictured.work()
    pictured.later(seconds=62)
    pictured.work()
    (job,) = ended(pictured)
    assert job["message"]["type"] == "news" and seen(pictured, openids) == [1, 1]
    assert len(pictured.wechat.calls("/cgi-bin/draft/add")) == 1, "a retry sends the same article"
    (draft,) = pictured.wechat.calls("/cgi-bin/draft/add")
    (article,) = draft["body"]["articles"]
    assert article["content"] == "<p>第一行</p><p>&lt;第二行&gt;</p>" and batches(pictured, id)[0].state == "accepted"


def test_a_picture_that_is_gone_pauses_and_says_so(lite: Stage) -> None:
    followers(lite, 2)
    id = approved(lite, picture="gone.jpg")
    lite.work()
    assert row(lite, id).state == "paused" and "配图" in row(lite, id).error and not lite.wechat.calls(ALL)


@pytest.mark.parametrize("name", ["../secret.txt", "secret.txt", "/etc/passwd"])
def test_only_pictures_below_the_data_folder_leave_it(pictured: Stage, name: str) -> None:
    (pictured.settings.data_dir / "secret.txt").write_text("BOT_SECURITY__KEY=…", "utf-8")
    followers(pictured, 2)
    id = approved(pictured, picture=name)
    pictured.work()
    assert row(pictured, id).state == "paused" and not pictured.wechat.calls("/cgi-bin/material/add_material")


def test_a_subscription_account_tags_its_audience(database: Database, cipher: Cipher, valkey: Valkey) -> None:
    with simulated("verified_subscription") as wechat:
        stage = Stage(database, cipher, valkey, wechat, settings_for(wechat.url, account="verified_subscription"))
        openids, others = followers(stage, 3), followers(stage, 2)
        wechat.world.state.followers[openids[0]].tags = list(range(200, 220))
        tags = [FollowerTag(openid=one, name="骨干", given_at=stage.clock) for one in openids]
        stage.write(lambda db: db.add_all(tags))
        id = approved(stage, audience={"tag": "骨干"}, channel="mass")
        stage.work()
        assert seen(stage, openids) == [0, 1, 1] and seen(stage, others) == [0, 0]
        assert [push.openid for push in stage.pushes("broadcast")] == [openids[0]], "who has twenty tags is told alone"
        report(stage)
        stage.work()
        assert row(stage, id).state == "done"
        assert f"群发{id}" not in wechat.world.state.shelf("tags").values(), "the tag has done its work"
        second = approved(stage, audience={"tag": "骨干"})
        stage.work()
        assert not batches(stage, second), "today's call is used; the windows are not"


def test_a_notice_is_told_by_consent_and_never_by_a_template(stage: Stage) -> None:
    known = {way: template_id("reminder", way) for way in ("subscribe", "template")}
    stage.settings = settings_for(stage.wechat.url, templates={"broadcast": known})
    agreed, other = followers(stage, 2)
    stage.consents(agreed)
    id = approved(stage, channel="notice", link="https://example.org/river")
    stage.work()
    assert states(stage, id) == {"sent": 1, "unreached": 1} and not stage.wechat.seen(other)
    (told,) = stage.wechat.seen(agreed)
    assert told["kind"] == "subscribe" and "周六河边见" in told["text"] and "点开看详情" in told["text"]
    assert told["url"].startswith(f"{stage.settings.web.public_url}/b/B1?t="), "whoever opens it is counted"


def preview(stage: Stage, id: int, openid: str) -> Push:
    stage.write(lambda db: announcements.announce(
        db, key=f"preview:{id}:{len(stage.pushes())}", openid=openid, kind="broadcast_preview",
        payload={"broadcast_id": id}, due_at=stage.clock, now=stage.clock,
    ))  # fmt: skip
    stage.work()
    return stage.pushes("broadcast_preview")[-1]


def test_the_preview_is_what_all_will_see_and_costs_no_quota(pictured: Stage) -> None:
    (author,) = followers(pictured, 1)
    id = approved(pictured, state="draft")
    assert (preview(pictured, id, author).state, preview(pictured, id, author).channel) == ("sent", "preview")
    assert row(pictured, id).previewed_at == pictured.clock, "what a phone has shown may be submitted"
    with_picture = approved(pictured, state="draft", picture="river.jpg")
    assert preview(pictured, with_picture, author).state == "sent"
    kinds = [one["type"] for one in pictured.wechat.seen(author)]
    assert kinds == ["text", "text", "news"] and not pictured.wechat.calls(ALL)
    assert pictured.wechat.texts(author)[0].startswith("【周六河边见】")


def test_where_mass_preview_is_refused_the_window_shows_it(lite: Stage) -> None:
    (author,) = followers(lite, 1)
    lite.writes(author)
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/message/mass/preview", "code": 45009}])
    assert (preview(lite, approved(lite, state="draft"), author).channel) == "custom"
