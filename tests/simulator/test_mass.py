"""Mass messages: ledgers per kind of account, per-follower limits, repeats, reports."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.waiting import eventually
from tests.simulator.conftest import Client, Hook, Push, Start

ALL, LIST = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send"
TEXT = {"msgtype": "text", "text": {"content": "周六见"}}


def send_all(sim: Client, **other: Any) -> dict[str, Any]:
    return sim.post(ALL, {"filter": {"is_to_all": True}, **TEXT, **other})


def report(sim: Client, number: int = 1) -> Push:
    return eventually(lambda: sim.hook.events("MASSSENDJOBFINISH")[number - 1 :])[0]


def counts(push: Push) -> list[int]:
    return [int(push.text(name)) for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]


def test_to_all_with_a_report(sim: Client) -> None:
    openids = [sim.follow() for _ in range(3)]
    answer = send_all(sim)
    assert answer["errmsg"] == "send job submission success" and answer["msg_data_id"]
    pushed = report(sim)
    assert (pushed.text("MsgID"), pushed.text("Status")) == (str(answer["msg_id"]), "send success")
    assert counts(pushed) == [3, 3, 3, 0]
    assert pushed.text("FromUserName") not in openids
    assert [sim.inbox(openid)[-1]["text"] for openid in openids] == ["周六见"] * 3
    state = sim.post("/cgi-bin/message/mass/get", {"msg_id": answer["msg_id"]})
    assert state == {"msg_id": answer["msg_id"], "msg_status": "SEND_SUCCESS"}


def test_by_tag(sim: Client) -> None:
    one, other = sim.follow(), sim.follow()
    tag = sim.post("/cgi-bin/tags/create", {"tag": {"name": "骨干"}})["tag"]["id"]
    sim.post("/cgi-bin/tags/members/batchtagging", {"openid_list": [one], "tagid": tag})
    assert send_all(sim, filter={"is_to_all": False, "tag_id": tag})["errcode"] == 0
    report(sim)
    assert (len(sim.inbox(one, "mass")), len(sim.inbox(other, "mass"))) == (1, 0)
    assert send_all(sim, filter={"is_to_all": False, "tag_id": 999})["errcode"] == 45159


def test_by_openids(sim: Client) -> None:
    one, two, gone = sim.follow(), sim.follow(), sim.follow()
    sim.event(gone, "unsubscribe")
    assert sim.post(LIST, {"touser": [one], **TEXT})["errcode"] == 40130
    assert sim.post(LIST, {"touser": [one, "oNobody"], **TEXT})["errcode"] == 40003
    assert sim.post(LIST, {"touser": [one] * 10_001, **TEXT})["errcode"] == 40032
    assert sim.post(LIST, {"touser": [one, two, gone], **TEXT})["errcode"] == 0
    assert counts(report(sim)) == [3, 2, 2, 0]


def test_a_service_account_reaches_all_four_times_a_month(sim: Client) -> None:
    sim.control("clock", {"now": "2027-03-05T10:00:00+08:00"})
    openid = sim.follow()
    assert [send_all(sim)["errcode"] for _ in range(5)] == [0, 0, 0, 0, 45028]
    report(sim, 4)
    assert len(sim.inbox(openid, "mass")) == 4
    sim.control("clock", {"now": "2027-04-01T00:00:01+08:00"})
    assert send_all(sim)["errcode"] == 0


def test_a_follower_is_skipped_in_silence_after_four(sim: Client) -> None:
    sim.control("clock", {"now": "2027-03-05T10:00:00+08:00"})
    one, two = sim.follow(), sim.follow()
    for number in range(1, 6):
        assert sim.post(LIST, {"touser": [one, two], **TEXT})["errcode"] == 0
        last = report(sim, number)
    assert counts(last) == [2, 0, 0, 0]
    assert len(sim.inbox(one, "mass")) == 4


def test_a_subscription_account_sends_once_a_day(start: Start) -> None:
    sim = start(account="verified_subscription")
    sim.control("clock", {"now": "2027-03-05T10:00:00+08:00"})
    sim.follow()
    refused = [send_all(sim)["errcode"] for _ in range(2)]
    assert refused == [0, 45028]
    assert sim.post(LIST, {"touser": ["a", "b"], **TEXT})["errcode"] == 48001
    sim.advance(86400)
    assert send_all(sim)["errcode"] == 0


def test_the_same_client_id_is_sent_once(sim: Client) -> None:
    openid = sim.follow()
    first = send_all(sim, clientmsgid="b-1")
    assert send_all(sim, clientmsgid="b-1")["errcode"] == 45066, "not within a minute"
    sim.advance(61)
    again = send_all(sim, clientmsgid="b-1")
    assert (again["errcode"], again["msgid"]) == (45065, first["msg_id"])
    report(sim)
    assert len(sim.inbox(openid, "mass")) == 1
    assert send_all(sim, clientmsgid="x" * 33)["errcode"] == 45067


def test_sixty_calls_a_minute(sim: Client) -> None:
    one, two = sim.follow(), sim.follow()
    sim.faults(minute_quota={LIST: 2})
    body = {"touser": [one, two], **TEXT}
    assert [sim.post(LIST, body)["errcode"] for _ in range(3)] == [0, 0, 45011]
    sim.advance(61)
    assert sim.post(LIST, body)["errcode"] == 0


@pytest.mark.parametrize(
    ("knob", "status"),
    [({"mass_status": "err(20001)"}, "err(20001)"), ({"mass_confirm": "refuse"}, "err(40001)")],
)
def test_jobs_that_fail(sim: Client, knob: dict, status: str) -> None:
    openid = sim.follow()
    sim.faults(**knob)
    answer = send_all(sim)
    assert report(sim).text("Status") == status
    assert not sim.inbox(openid, "mass")
    assert sim.post("/cgi-bin/message/mass/get", {"msg_id": answer["msg_id"]})["msg_status"] == "SEND_FAIL"


def test_a_job_waits_for_the_administrator(sim: Client, hook: Hook) -> None:
    sim.follow()
    sim.faults(mass_confirm="wait")
    answer = send_all(sim)
    assert sim.post("/cgi-bin/message/mass/get", {"msg_id": answer["msg_id"]})["msg_status"] == "SENDING"
    sim.advance(31 * 60)
    assert report(sim).text("Status") == "err(40002)"


def test_who_does_not_receive(sim: Client) -> None:
    black, off, good = sim.follow(), sim.follow(), sim.follow()
    sim.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": [black]})
    sim.raw("PATCH", f"/sim/followers/{off}", json={"blocks_pushes": True})
    send_all(sim)
    assert counts(report(sim)) == [3, 1, 1, 0]
    assert len(sim.inbox(good, "mass")) == 1


def test_preview_uses_no_quota(sim: Client) -> None:
    openid = sim.follow(nickname="阿青")
    preview = "/cgi-bin/message/mass/preview"
    assert sim.post(preview, {"touser": openid, **TEXT})["errmsg"] == "preview success"
    assert sim.post(preview, {"towxname": "阿青", **TEXT})["errcode"] == 0
    assert sim.post(preview, {"towxname": "没有这个人", **TEXT})["errcode"] == 40132
    assert len(sim.inbox(openid, "mass")) == 2
    assert [send_all(sim)["errcode"] for _ in range(5)].count(0) == 4


def test_bodies_that_are_wrong(sim: Client) -> None:
    sim.follow()
    assert send_all(sim, msgtype="sticker")["errcode"] == 40008
    assert send_all(sim, text={"content": ""})["errcode"] == 44004
    assert send_all(sim, msgtype="image", image={"media_id": "gone"})["errcode"] == 40007
    assert send_all(sim)["errcode"] == 0, "refusals use up nothing"


def test_speed(sim: Client) -> None:
    set_speed = "/cgi-bin/message/mass/speed/set"
    assert sim.post(set_speed, {})["errcode"] == 45084
    assert sim.post(set_speed, {"speed": 5})["errcode"] == 45083
    assert sim.post(set_speed, {"speed": 3})["errcode"] == 0
    assert sim.post("/cgi-bin/message/mass/speed/get", {}) == {"speed": 3, "realspeed": 30}
