"""The push server: modes, signatures, three deliveries, the failure line, MarkFail."""

from __future__ import annotations

import time

import pytest
from flask import Response

from bot.simulator.config import FAILURE_LINE
from bot.wechat.envelope import signature
from tests.fixtures.waiting import eventually
from tests.simulator.conftest import ENVELOPE, TOKEN, Client, Hook, Push, Start, echo, sealed, text_xml


def test_a_text_is_pushed_and_its_reply_shown(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    answer = sim.say(openid, "报名")
    assert answer["reply"] == {"type": "text", "content": "echo 报名"}
    assert (answer["shown"], answer["deliveries"]) == ("echo 报名", 1)
    push = hook.pushes[-1]
    assert (push.text("FromUserName"), push.text("ToUserName")) == (openid, sim.world.config.gh_id)
    assert (push.text("MsgType"), push.text("Content")) == ("text", "报名")
    assert int(push.text("MsgId")) > 2**53, "ids must not survive a double"
    assert len(openid) == 28


def test_following_pushes_subscribe_and_shows_the_welcome(sim: Client, hook: Hook) -> None:
    answer = sim.control("followers", {"nickname": "小林"})
    assert answer["shown"] == "echo subscribe"
    assert [item["kind"] for item in sim.inbox(answer["openid"])] == ["welcome"]
    assert hook.pushes[0].text("EventKey") == ""
    assert not hook.pushes[0].has("MsgId")


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
def test_each_mode_has_its_query_and_body(start: Start, hook: Hook, mode: str) -> None:
    sim = start(mode=mode)
    openid = sim.follow()
    push = hook.pushes[-1]
    query = push.query
    assert query["signature"] == signature(TOKEN, query["timestamp"], query["nonce"])
    assert query["openid"] == openid
    if mode == "plain":
        assert "encrypt_type" not in query and push.outer.find("Encrypt") is None
        return
    encrypted = push.outer.findtext("Encrypt") or ""
    assert query["encrypt_type"] == "aes"
    assert query["msg_signature"] == ENVELOPE.signature(query["timestamp"], query["nonce"], encrypted)
    assert (push.outer.find("FromUserName") is not None) == (mode == "compatible")


def test_three_deliveries_with_the_same_ids_and_fresh_signatures(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    hook.answer = lambda push: Response("", status=500)
    answer = sim.say(openid, "在吗")
    deliveries = hook.pushes[-3:]
    assert (answer["deliveries"], answer["shown"], answer["reply"]) == (3, FAILURE_LINE, None)
    assert len({push.text("MsgId") for push in deliveries}) == 1
    assert len({push.text("CreateTime") for push in deliveries}) == 1
    assert len({push.query["nonce"] for push in deliveries}) == 3
    assert sim.inbox(openid)[-1]["kind"] == "failure"


def test_a_reply_to_the_second_delivery_is_shown(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    tries: list[Push] = []

    def slow_once(push: Push) -> bytes:
        tries.append(push)
        if len(tries) == 1:
            time.sleep(0.4)  # longer than the simulated five seconds
        return echo(push)

    hook.answer = slow_once
    answer = sim.say(openid, "慢一点")
    assert (answer["shown"], answer["deliveries"]) == ("echo 慢一点", 2)
    assert answer["elapsed_ms"] >= 300


def test_an_answer_in_drops_does_not_beat_the_five_seconds(sim: Client, hook: Hook) -> None:
    openid = sim.follow()

    def dripping(push: Push) -> Response:
        def drops():
            for byte in echo(push):
                time.sleep(0.02)
                yield bytes([byte])

        return Response(drops(), mimetype="text/xml")

    hook.answer = dripping
    assert sim.say(openid)["shown"] == FAILURE_LINE


@pytest.mark.parametrize("body", [b"", b"success"])
def test_silence_is_success_or_nothing(sim: Client, hook: Hook, body: bytes) -> None:
    openid = sim.follow()
    hook.answer = lambda push: body
    answer = sim.say(openid)
    assert (answer["reply"], answer["shown"], answer["deliveries"]) == (None, "", 1)
    assert sim.inbox(openid)[-1]["kind"] == "own"


@pytest.mark.parametrize(
    "body", [b'{"errcode":0}', b"<html><body>502</body></html>", b"Success", b" success", b"<xml><ToUserName>"]
)
def test_what_is_no_reply_shows_the_failure_line_at_once(sim: Client, hook: Hook, body: bytes) -> None:
    openid = sim.follow()
    hook.answer = lambda push: body
    answer = sim.say(openid)
    assert (answer["shown"], answer["deliveries"]) == (FAILURE_LINE, 1)
    assert answer["failure"]


def test_a_redirect_is_not_followed(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    hook.answer = lambda push: Response("", status=301, headers={"Location": "/wechat"})
    assert sim.say(openid)["shown"] == FAILURE_LINE


@pytest.mark.parametrize("event", ["VIEW", "unsubscribe", "LOCATION", "scancode_push", "pic_sysphoto"])
def test_replies_to_some_events_are_accepted_and_not_shown(sim: Client, hook: Hook, event: str) -> None:
    openid = sim.follow()
    answer = sim.event(openid, event, key="https://example.com", latitude=28.9, longitude=120.1)
    assert answer["shown"] == "" and answer["reply"]["content"] == f"echo {event}"
    assert len(sim.inbox(openid)) == 1  # the welcome
    hook.answer = lambda push: b"{}"
    if event != "unsubscribe":
        assert sim.event(openid, event, key="k", latitude=1, longitude=2)["shown"] == ""


def test_scancode_waitmsg_and_click_show_their_replies(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    assert sim.event(openid, "CLICK", key="help")["shown"] == "echo CLICK"
    assert hook.pushes[-1].text("EventKey") == "help"
    assert sim.event(openid, "scancode_waitmsg", key="in", result="A12")["shown"] == "echo scancode_waitmsg"
    assert hook.pushes[-1].text("ScanCodeInfo/ScanResult") == "A12"


def test_mark_fail_pauses_pushing_for_a_minute(start: Start, hook: Hook) -> None:
    sim = start(delivery_times_s=(0.0,))
    openid = sim.follow()
    hook.answer = lambda push: b"not xml"
    for _ in range(5):
        sim.say(openid)
    before = len(hook.pushes)
    hook.answer = echo
    paused = sim.say(openid)
    assert (paused["shown"], paused["deliveries"], len(hook.pushes)) == (FAILURE_LINE, 0, before)
    sim.advance(61)
    assert sim.say(openid, "好了吗")["shown"] == "echo 好了吗"
    assert len(hook.pushes) == before + 1, "what was dropped is not replayed"


def test_mark_fail_needs_failures_in_a_row(start: Start, hook: Hook) -> None:
    sim = start(delivery_times_s=(0.0,))
    openid = sim.follow()
    for _ in range(3):
        for body in (b"bad", b"bad", b"bad", b"bad", b"success"):
            hook.answer = lambda push, body=body: body
            sim.say(openid)
    hook.answer = echo
    assert sim.say(openid)["deliveries"] == 1


def test_a_dead_webhook_is_tried_three_times(start: Start) -> None:
    sim = start()
    openid = sim.follow()
    object.__setattr__(sim.world.config, "callback_url", "http://127.0.0.1:9/wechat")
    answer = sim.say(openid)
    assert (answer["shown"], answer["deliveries"], answer["failure"]) == (FAILURE_LINE, 3, "连不上回调地址")


def test_the_get_check_is_signed_and_wants_its_echo(sim: Client, hook: Hook) -> None:
    assert sim.control("verify", {}) == {"ok": True, "detail": "验证通过"}
    query = hook.checks[-1]
    assert query["signature"] == signature(TOKEN, query["timestamp"], query["nonce"])
    object.__setattr__(sim.world.config, "callback_url", f"http://127.0.0.1:{hook.port}/elsewhere")
    assert sim.control("verify", {})["ok"] is False


def test_the_check_is_made_once_before_the_first_push(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    for _ in range(3):
        sim.say(openid)
    eventually(lambda: sim.raw("GET", "/sim/phone").json()["pushing"]["verified"]["ok"])
    assert len(hook.checks) == 1


def test_repeats_are_parallel_duplicates_of_one_message(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    answer = sim.say(openid, "三遍", repeat=3)
    assert [one["shown"] for one in answer["replies"]] == ["echo 三遍"] * 3
    assert len({push.text("MsgId") for push in hook.pushes[-3:]}) == 1
    assert [item["text"] for item in sim.inbox(openid)][-2:] == ["三遍", "echo 三遍"], "shown once"


def test_ids_and_times_can_be_given(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    sim.say(openid, msg_id="6054768590064713728", create_time=1348831860)
    assert hook.pushes[-1].text("MsgId") == "6054768590064713728"
    assert hook.pushes[-1].text("CreateTime") == "1348831860"


@pytest.mark.parametrize("content", ["]]>", "𠮷野家 👨‍👩‍👧 emoji", "a<b>&amp;", "", "两行\n文字"])
def test_awkward_texts_arrive_as_they_were_typed(sim: Client, hook: Hook, content: str) -> None:
    openid = sim.follow()
    sim.say(openid, content)
    assert hook.pushes[-1].text("Content") == content


@pytest.mark.parametrize(
    ("message", "elements"),
    [
        ({"type": "image"}, {"PicUrl", "MediaId"}),
        ({"type": "voice"}, {"MediaId", "Format"}),
        ({"type": "video"}, {"MediaId", "ThumbMediaId"}),
        ({"type": "shortvideo"}, {"MediaId", "ThumbMediaId"}),
        ({"type": "location", "latitude": 28.9, "longitude": 120.4, "label": "公园"}, {"Location_X", "Scale", "Label"}),
        ({"type": "link", "title": "t", "url": "https://example.com"}, {"Title", "Description", "Url"}),
    ],
)
def test_every_kind_of_message(sim: Client, hook: Hook, message: dict, elements: set[str]) -> None:
    openid = sim.follow()
    assert sim.send(openid, **message)["shown"] == f"echo {message['type']}"
    push = hook.pushes[-1]
    assert all(push.has(name) for name in elements)
    assert push.has("MsgId")
    own = sim.inbox(openid, "own")[-1]
    assert own["own"] is True and own["type"] == message["type"]


def test_a_picture_can_be_fetched_where_the_push_says(sim: Client, hook: Hook) -> None:
    sim.send(sim.follow(), type="image")
    picture = sim.http.get(hook.pushes[-1].text("PicUrl"))
    assert picture.headers["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")


def test_a_tap_on_a_menu_message_carries_its_id(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    sim.say(openid, "满意", bizmsgmenuid="101")
    assert (hook.pushes[-1].text("Content"), hook.pushes[-1].text("bizmsgmenuid")) == ("满意", "101")


def test_scanning_follows_or_scans(sim: Client, hook: Hook) -> None:
    openid = sim.follow(follow=False)
    sim.event(openid, "SCAN", key="act_42")
    assert hook.pushes[-1].text("Event") == "subscribe"
    assert hook.pushes[-1].text("EventKey") == "qrscene_act_42"
    assert hook.pushes[-1].text("Ticket")
    sim.event(openid, "SCAN", key="act_42")
    assert (hook.pushes[-1].text("Event"), hook.pushes[-1].text("EventKey")) == ("SCAN", "act_42")


def test_who_does_not_follow_cannot_write(sim: Client) -> None:
    openid = sim.follow()
    sim.event(openid, "unsubscribe")
    assert "没有关注" in sim.say(openid)["error"]
    assert sim.raw("POST", f"/sim/followers/{openid}/messages", json={"type": "text"}).status_code == 409
    assert sim.event(openid, "subscribe")["shown"] == "echo subscribe"


def test_the_control_says_what_it_does_not_understand(sim: Client) -> None:
    openid = sim.follow()
    assert sim.raw("POST", f"/sim/followers/{openid}/messages", json={"type": "telepathy"}).status_code == 400
    assert sim.raw("POST", "/sim/followers/nobody/messages", json={"type": "text"}).status_code == 404
    assert sim.raw("POST", f"/sim/followers/{openid}/messages", data=b"[1]").status_code == 400
    assert sim.raw("POST", "/sim/clock", json={"now": "teatime"}).status_code == 400
    location = {"type": "location", "latitude": "north"}
    assert sim.raw("POST", f"/sim/followers/{openid}/messages", json=location).status_code == 400


def test_lost_replies_are_asked_for_again(start: Start) -> None:
    sim = start(delivery_times_s=(0.0, 0.05, 0.1))
    openid = sim.follow()
    sim.faults(seed=7, drop_replies=0.5)
    answers = [sim.say(openid, f"{n}") for n in range(5)]
    assert max(one["deliveries"] for one in answers) > 1
    sim.faults(drop_replies=True)
    assert sim.say(openid)["shown"] == FAILURE_LINE


def test_duplicated_pushes_show_one_reply(sim: Client, hook: Hook) -> None:
    openid = sim.follow()
    sim.faults(push_duplicate=True)
    sim.say(openid, "一次")
    eventually(lambda: len([push for push in hook.pushes if push.text("Content") == "一次"]) == 2)
    assert [item["text"] for item in sim.inbox(openid)].count("echo 一次") == 1


def test_pushes_can_overtake_each_other(sim: Client, hook: Hook) -> None:
    import threading

    openid = sim.follow()
    sim.faults(push_out_of_order=True)
    first = threading.Thread(target=sim.say, args=(openid, "先说"))
    first.start()
    eventually(lambda: [item for item in sim.inbox(openid) if item["text"] == "先说"])
    Client(int(sim.base.rpartition(":")[2]), sim.world, hook).say(openid, "后说")
    first.join()
    assert [push.text("Content") for push in hook.pushes[-2:]] == ["后说", "先说"]


def test_an_unknown_event_is_pushed_on_demand(sim: Client, hook: Hook) -> None:
    sim.follow()
    assert sim.faults(unknown_event=True)["unknown_event"]["deliveries"] == 1
    assert hook.pushes[-1].text("Event") == "event_of_2031"


def test_a_failure_line_is_not_an_answer(sim: Client, hook: Hook) -> None:
    """One of three parallel duplicates failing must not hide the answer of the others."""
    openid = sim.follow()
    tries: list[Push] = []

    def first_is_bad(push: Push) -> bytes:
        tries.append(push)
        if len(tries) == 1:
            return b"oops"
        time.sleep(0.1)
        return echo(push)

    hook.answer = first_is_bad
    assert sim.say(openid, repeat=3)["shown"].startswith("echo")
    assert not sim.inbox(openid, "failure")


def test_sealed_replies_are_opened_in_compatible_mode_and_clear_ones_read(start: Start, hook: Hook) -> None:
    sim = start(mode="compatible")
    openid = sim.follow()
    hook.answer = lambda push: push.reply(text_xml("明文"))
    assert sim.say(openid)["shown"] == "明文"
    hook.answer = lambda push: sealed(push.reply(text_xml("密文")))
    assert sim.say(openid)["shown"] == "密文"
