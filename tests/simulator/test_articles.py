"""Drafts, publishing, mass-sent articles and their pages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.media import sample_png
from tests.fixtures.waiting import eventually
from tests.simulator.conftest import Client


def article(sim: Client, **other: Any) -> dict[str, Any]:
    thumb = sim.upload("/cgi-bin/material/add_material", sample_png(5), type="thumb")["media_id"]
    return {"title": "周末清洁", "content": "<p>带水壶</p>", "thumb_media_id": thumb, **other}


def add(sim: Client, *articles: dict[str, Any]) -> dict[str, Any]:
    return sim.post("/cgi-bin/draft/add", {"articles": list(articles) or [article(sim)]})


def test_a_draft_is_kept_cleaned(sim: Client) -> None:
    dirty = '<p>好</p><script>alert(1)</script><img src="https://evil.example/x.png"><img src="{}sim/media/x">'
    id = add(sim, article(sim, content=dirty.format(sim.base + "/")))["media_id"]
    content = sim.post("/cgi-bin/draft/get", {"media_id": id})["news_item"][0]["content"]
    assert "script" not in content and "evil" not in content and "sim/media/x" in content


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"title": "长" * 33}, 45003),
        ({"title": ""}, 45003),
        ({"digest": "长" * 129}, 45004),
        ({"content": ""}, 44003),
        ({"content": "x" * 20_000}, 45002),
        ({"content_source_url": "https://e.com/" + "x" * 1024}, 45005),
        ({"thumb_media_id": "none"}, 40007),
    ],
)
def test_limits(sim: Client, other: dict, code: int) -> None:
    assert add(sim, article(sim, **other))["errcode"] == code


def test_update_list_count_delete(sim: Client) -> None:
    id = add(sim)["media_id"]
    body = {"media_id": id, "index": 0, "articles": article(sim, title="改了")}
    assert sim.post("/cgi-bin/draft/update", body)["errcode"] == 0
    assert sim.get("/cgi-bin/draft/count")["total_count"] == 1
    listed = sim.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert (
        listed["item"][0]["content"]["news_item"][0] | {"title": "改了", "content": ""}
        == listed["item"][0]["content"]["news_item"][0]
    )
    assert sim.post("/cgi-bin/draft/delete", {"media_id": id})["errcode"] == 0
    assert sim.post("/cgi-bin/draft/get", {"media_id": id})["errcode"] == 40007


def test_publishing_tells_the_account_and_nobody_else(sim: Client) -> None:
    openid = sim.follow()
    id = add(sim)["media_id"]
    published = sim.post("/cgi-bin/freepublish/submit", {"media_id": id})
    event = eventually(lambda: sim.hook.events("PUBLISHJOBFINISH"))[0]
    assert event.text("PublishEventInfo/publish_id") == str(published["publish_id"])
    article_id = event.text("PublishEventInfo/article_id")
    url = event.text("PublishEventInfo/article_detail/item/article_url")
    page = sim.http.get(url)
    assert page.status_code == 200 and "周末清洁" in page.text and "带水壶" in page.text
    assert [item["kind"] for item in sim.inbox(openid)] == ["welcome"]
    assert sim.get("/cgi-bin/draft/count")["total_count"] == 0, "it left the box"
    state = sim.post("/cgi-bin/freepublish/get", {"publish_id": published["publish_id"]})
    assert (state["publish_status"], state["article_id"]) == (0, article_id)
    read = sim.post("/cgi-bin/freepublish/getarticle", {"article_id": article_id})
    assert read["news_item"][0]["url"] == url
    assert sim.post("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 1})["total_count"] == 1
    send = {"touser": openid, "msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": article_id}}
    assert sim.post("/cgi-bin/message/custom/send", send)["errcode"] == 0
    assert sim.inbox(openid)[-1]["url"] == url
    assert sim.post("/cgi-bin/freepublish/delete", {"article_id": article_id})["errcode"] == 0
    assert sim.http.get(url).status_code == 404


def test_a_mass_sent_draft_is_a_card_with_a_page(sim: Client) -> None:
    openid = sim.follow()
    id = add(sim, article(sim, digest="<b>周六两点</b>"))["media_id"]
    body = {"filter": {"is_to_all": True}, "msgtype": "mpnews", "mpnews": {"media_id": id}}
    job = sim.post("/cgi-bin/message/mass/sendall", body)
    report = eventually(lambda: sim.hook.events("MASSSENDJOBFINISH"))[0]
    item = sim.inbox(openid)[-1]
    assert (item["kind"], item["type"], item["text"]) == ("mass", "news", "周末清洁")
    assert report.text("ArticleUrlResult/ResultList/item/ArticleUrl") == item["url"]
    assert report.text("CopyrightCheckResult/CheckState") == "1"
    assert sim.http.get(item["body"]["articles"][0]["pic_url"]).content.startswith(b"\x89PNG")
    assert sim.http.get(item["url"]).status_code == 200
    assert sim.post("/cgi-bin/message/mass/delete", {"msg_id": job["msg_id"]})["errcode"] == 0
    assert sim.http.get(item["url"]).status_code == 404


def test_a_reprint_is_not_sent_and_the_report_says_which(sim: Client) -> None:
    openid = sim.follow()
    sim.faults(mass_status="err(30003)")
    id = add(sim, article(sim))["media_id"]
    body = {"filter": {"is_to_all": True}, "msgtype": "mpnews", "mpnews": {"media_id": id}}
    assert sim.post("/cgi-bin/message/mass/sendall", body)["errcode"] == 0
    report = eventually(lambda: sim.hook.events("MASSSENDJOBFINISH"))[0]
    assert (report.text("Status"), report.text("CopyrightCheckResult/CheckState")) == ("err(30003)", "3")
    assert report.text("CopyrightCheckResult/ResultList/item/ArticleIdx") == "1" and not sim.inbox(openid, "mass")


def test_old_names_of_drafts(sim: Client) -> None:
    assert sim.post("/cgi-bin/material/add_news", {"articles": [article(sim)]})["media_id"]
    assert sim.post("/cgi-bin/media/uploadnews", {"articles": [article(sim)]})["type"] == "news"
    assert sim.get("/cgi-bin/material/get_materialcount")["news_count"] == 2
