"""Subscription notices: consents given, used up and taken back."""

from __future__ import annotations

import threading
from typing import Any

from tests.fixtures.waiting import eventually
from tests.simulator.conftest import NOTICE, REMINDER, Client, Start

SEND = "/cgi-bin/message/subscribe/bizsend"
DATA = {"thing1": {"value": "江滨公园清洁"}}


def consent(sim: Client, openid: str, *ids: str, status: str = "accept", event: str = "subscribe_msg_popup_event"):
    choices = [{"template_id": id, "status": status} for id in ids or (NOTICE,)]
    return sim.event(openid, event, choices=choices)


def send(sim: Client, openid: str, **other: Any) -> dict[str, Any]:
    return sim.post(SEND, {"touser": openid, "template_id": NOTICE, "data": DATA, **other})


def test_one_consent_is_one_message(sim: Client) -> None:
    openid = sim.follow()
    assert send(sim, openid)["errcode"] == 43101
    consent(sim, openid)
    consent(sim, openid)
    assert send(sim, openid, page="https://example.com/a") == {"errcode": 0, "errmsg": "ok"}
    assert send(sim, openid)["errcode"] == 0
    refused = send(sim, openid)
    assert refused["errcode"] == 43101 and refused["errmsg"].startswith("user refuse to accept the msg rid: ")
    items = sim.inbox(openid, "subscribe")
    assert len(items) == 2 and items[0]["url"] == "https://example.com/a"


def test_the_events_of_consent(sim: Client) -> None:
    openid = sim.follow()
    consent(sim, openid, NOTICE, "another")
    pushed = sim.hook.events("subscribe_msg_popup_event")[0]
    rows = pushed.message.findall("SubscribeMsgPopupEvent/List")
    assert [row.findtext("TemplateId") for row in rows] == [NOTICE, "another"]
    assert [row.findtext("SubscribeStatusString") for row in rows] == ["accept", "accept"]
    consent(sim, openid, status="reject", event="subscribe_msg_change_event")
    changed = sim.hook.events("subscribe_msg_change_event")[0]
    assert changed.text("SubscribeMsgChangeEvent/List/SubscribeStatusString") == "reject"
    assert send(sim, openid)["errcode"] == 43101


def test_a_rejected_popup_gives_nothing(sim: Client) -> None:
    openid = sim.follow()
    consent(sim, openid, status="reject")
    assert send(sim, openid)["errcode"] == 43101


def test_the_wrong_wrapper_that_really_occurs(sim: Client) -> None:
    openid = sim.follow()
    sim.faults(wrong_wrapper=True)
    consent(sim, openid, status="reject", event="subscribe_msg_change_event")
    assert sim.hook.pushes[-1].has("SubscribeMsgPopupEvent/List/TemplateId")


def test_the_result_is_reported(sim: Client) -> None:
    openid = sim.follow()
    consent(sim, openid)
    send(sim, openid)
    report = eventually(lambda: sim.hook.events("subscribe_msg_sent_event"))[0]
    assert report.text("SubscribeMsgSentEvent/List/ErrorCode") == "0"
    assert report.text("SubscribeMsgSentEvent/List/TemplateId") == NOTICE


def test_a_failed_delivery_is_reported_and_not_shown(sim: Client) -> None:
    openid = sim.follow()
    consent(sim, openid)
    sim.faults(notice_result="user refuse")
    assert send(sim, openid)["errcode"] == 0
    report = eventually(lambda: sim.hook.events("subscribe_msg_sent_event"))[0]
    assert report.text("SubscribeMsgSentEvent/List/ErrorCode") == "43101"
    assert not sim.inbox(openid, "subscribe")


def test_a_bad_value_uses_up_nothing(sim: Client) -> None:
    openid = sim.follow()
    consent(sim, openid)
    assert send(sim, openid, data={"thing1": {"value": ""}})["errcode"] == 47003
    assert send(sim, openid, template_id=REMINDER)["errcode"] == 40037
    assert send(sim, openid)["errcode"] == 0


def test_two_at_once_to_the_same_follower(sim: Client) -> None:
    openid, other = sim.follow(), sim.follow()
    for one in (openid, openid, other):
        consent(sim, one)
    sim.faults(api_delay_ms=[{"path": SEND, "ms": 300}])
    codes: list[int] = []

    def one(to: str) -> None:
        codes.append(send(sim, to)["errcode"])

    threads = [threading.Thread(target=one, args=(to,)) for to in (openid, openid, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0, 0, 43108]


def test_a_long_term_consent_is_not_used_up(start: Start) -> None:
    sim = start(templates=[{"id": NOTICE, "long_term": True}])
    openid = sim.follow()
    consent(sim, openid)
    assert [send(sim, openid)["errcode"] for _ in range(3)] == [0, 0, 0]


def test_leaving_takes_the_consents_back(sim: Client) -> None:
    openid = sim.follow()
    consent(sim, openid)
    sim.event(openid, "unsubscribe")
    assert send(sim, openid)["errcode"] == 43101


def test_choosing_a_template_from_the_library(sim: Client) -> None:
    assert sim.get("/wxaapi/newtmpl/getcategory")["data"][0]["name"] == "政务民生"
    titles = sim.get("/wxaapi/newtmpl/getpubtemplatetitles", ids="616", start=0, limit=2)
    assert titles["count"] >= 4 and len(titles["data"]) == 2
    assert sim.get("/wxaapi/newtmpl/getpubtemplatetitles", ids="616", start=0, limit=31)["errcode"] == 200017
    tid = titles["data"][0]["tid"]
    keywords = sim.get("/wxaapi/newtmpl/getpubtemplatekeywords", tid=tid)["data"]
    assert keywords[0]["rule"] == "thing"
    add = "/wxaapi/newtmpl/addtemplate"
    assert sim.post(add, {"tid": "9", "kidList": [1, 2]})["errcode"] == 200014
    assert sim.post(add, {"tid": tid, "kidList": [1]})["errcode"] == 200020
    assert sim.post(add, {"tid": tid, "kidList": [1, 2], "sceneDesc": "很" * 16})["errcode"] == 200021
    id = sim.post(add, {"tid": tid, "kidList": [1, 2], "sceneDesc": "提醒"})["priTmplId"]
    listed = {one["priTmplId"]: one for one in sim.get("/wxaapi/newtmpl/gettemplate")["data"]}
    assert listed[id]["content"] == "活动名称：{{thing1.DATA}}\n活动时间：{{time2.DATA}}"
    assert sim.post("/wxaapi/newtmpl/deltemplate", {"priTmplId": id})["errcode"] == 0
    assert sim.post("/wxaapi/newtmpl/deltemplate", {"priTmplId": id})["errcode"] == 40037
