"""Customer-service messages: every type, every limit, the typing sign."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.media import sample_png
from tests.simulator.conftest import Client

SEND = "/cgi-bin/message/custom/send"


def send(sim: Client, openid: str, msgtype: str, part: Any) -> dict[str, Any]:
    return sim.post(SEND, {"touser": openid, "msgtype": msgtype, msgtype: part})


def test_a_text_arrives_with_its_links(sim: Client) -> None:
    openid = sim.follow()
    text = '点<a href="https://example.com">这里</a>'
    answer = sim.post(SEND, {"touser": openid, "msgtype": "text", "text": {"content": text}})
    assert answer == {"errcode": 0, "errmsg": "ok"}
    item = sim.inbox(openid)[-1]
    assert (item["kind"], item["text"], item["body"]["content"]) == ("custom", "点这里", text)


@pytest.mark.parametrize(
    ("msgtype", "part", "code"),
    [
        ("text", {"content": ""}, 44004),
        ("text", {"content": "团" * 683}, 45002),
        ("text", {"content": "团" * 682}, 0),
        ("text", "oops", 47001),
        ("sticker", {}, 40008),
        ("image", {"media_id": "gone"}, 40007),
        ("news", {"articles": [{"title": "a"}, {"title": "b"}]}, 45008),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{"title": "a", "description": "b", "url": "https://example.com", "picurl": ""}]}, 0),
        ("msgmenu", {"head_content": "?", "list": [], "tail_content": ""}, 45098),
        ("msgmenu", {"list": [{"id": str(n), "content": "x"} for n in range(11)]}, 45098),
        ("msgmenu", {"list": [{"id": "1", "content": "很" * 21}]}, 45099),
        ("msgmenu", {"head_content": "?", "list": [{"id": "1", "content": "好"}], "tail_content": "!"}, 0),
        ("music", {"title": "歌", "musicurl": "https://example.com/a.mp3", "thumb_media_id": ""}, 0),
        ("mpnewsarticle", {"article_id": "none"}, 40007),
        ("miniprogrampage", {"title": "t"}, 40035),
        ("miniprogrampage", {"title": "t", "appid": "wx1", "pagepath": "p", "thumb_media_id": ""}, 0),
    ],
)
def test_types_and_limits(sim: Client, msgtype: str, part: Any, code: int) -> None:
    openid = sim.follow()
    assert send(sim, openid, msgtype, part)["errcode"] == code
    assert len(sim.inbox(openid, "custom")) == (code == 0)


def test_a_refused_message_uses_up_nothing(sim: Client) -> None:
    openid = sim.follow()
    for _ in range(5):
        assert send(sim, openid, "image", {"media_id": "gone"})["errcode"] == 40007
    assert sim.custom(openid) == 0


def test_a_picture_needs_living_media(sim: Client) -> None:
    openid = sim.follow()
    id = sim.upload("/cgi-bin/media/upload", sample_png(1), type="image")["media_id"]
    assert send(sim, openid, "image", {"media_id": id})["errcode"] == 0
    sim.advance(3 * 24 * 3600 + 1)
    sim.say(openid)
    assert send(sim, openid, "image", {"media_id": id})["errcode"] == 40007


def test_an_empty_body(sim: Client) -> None:
    assert sim.raw("POST", SEND, params={"access_token": sim.token()}).json()["errcode"] == 44002


def test_typing(sim: Client) -> None:
    openid = sim.follow()

    def typing(command: str) -> int:
        body = {"touser": openid, "command": command}
        return sim.post("/cgi-bin/message/custom/typing", body)["errcode"]

    assert (typing("Typing"), typing("Typing"), typing("Dancing")) == (0, 45081, 45072)
    assert sim.raw("GET", f"/sim/phone?openids={openid}").json()["people"][0]["typing"] is True
    assert (typing("CancelTyping"), typing("Typing")) == (0, 0)
    sim.advance(40)
    assert typing("Typing") == 45080
