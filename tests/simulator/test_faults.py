"""The fault knobs: each does what it says, and all can be put back."""

from __future__ import annotations

import time

import pytest
import requests

from tests.simulator.conftest import Client

SEND = "/cgi-bin/message/custom/send"


def test_an_errcode_for_a_path_a_number_of_times(sim: Client) -> None:
    openid = sim.follow()
    sim.faults(errcode={"path": SEND, "code": -1, "times": 2})
    assert [sim.custom(openid) for _ in range(3)] == [-1, -1, 0]
    sim.faults(errcode=[{"path": "/cgi-bin/message/*", "code": 45009}])
    assert sim.custom(openid) == 45009
    assert "tags" in sim.get("/cgi-bin/tags/get")
    sim.faults(errcode=[])
    assert sim.custom(openid) == 0


def test_an_http_error_and_half_an_answer(sim: Client) -> None:
    sim.faults(http={"path": "/cgi-bin/tags/get", "status": 502, "times": 1, "body": "<html>Bad Gateway</html>"})
    response = sim.raw("GET", "/cgi-bin/tags/get", params={"access_token": sim.token()})
    assert (response.status_code, response.text) == (502, "<html>Bad Gateway</html>")
    sim.faults(http={"path": "/cgi-bin/tags/get", "status": 200, "times": 1, "body": '{"errcode":'})
    with pytest.raises(requests.exceptions.JSONDecodeError):
        sim.get("/cgi-bin/tags/get")
    assert "tags" in sim.get("/cgi-bin/tags/get")


def test_slow_answers(sim: Client) -> None:
    token = sim.token()
    sim.faults(api_delay_ms=300)
    began = time.monotonic()
    sim.raw("GET", "/cgi-bin/getcallbackip", params={"access_token": token})
    assert time.monotonic() - began >= 0.3


def test_a_line_cut_after_the_work_was_done(sim: Client) -> None:
    openid, token = sim.follow(), sim.token()
    sim.faults(reset_after_accept={"path": SEND, "times": 1})
    body = b'{"touser":"%s","msgtype":"text","text":{"content":"x"}}' % openid.encode()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(sim.base + SEND, params={"access_token": token}, data=body, timeout=5)
    assert len(sim.inbox(openid, "custom")) == 1, "it took effect all the same"
    assert sim.custom(openid) == 0


def test_pushes_can_be_late(sim: Client) -> None:
    openid = sim.follow()
    sim.faults(push_delay_ms=200)
    began = time.monotonic()
    sim.say(openid)
    assert time.monotonic() - began >= 0.2


def test_mark_fail_can_be_switched_off(sim: Client) -> None:
    openid = sim.follow()
    sim.faults(mark_fail=False)
    sim.hook.answer = lambda push: b"bad"
    assert [sim.say(openid)["deliveries"] for _ in range(7)] == [1] * 7


def test_everything_can_be_put_back(sim: Client) -> None:
    before = sim.control("faults")
    sim.faults(drop_replies=0.5, secret_frozen=True, errcode={"path": SEND, "code": -1}, quota={SEND: 1})
    assert sim.control("faults") != before
    sim.faults(clear=True)
    assert sim.control("faults") == before


def test_the_panel_explains_every_knob(sim: Client) -> None:
    shown = sim.control("faults")
    about = shown.pop("about")
    assert shown.keys() <= about.keys() and all(about.values())


def test_unknown_knobs_are_refused(sim: Client) -> None:
    response = sim.raw("POST", "/sim/faults", json={"gravity": False})
    assert response.status_code == 400 and "gravity" in response.json()["error"]
    assert sim.raw("POST", "/sim/faults", json={"errcode": {"code": 1}}).status_code == 400
    assert sim.raw("POST", "/sim/faults", json={"unknown_event": True}).status_code == 409


def test_an_answer_that_never_comes(sim: Client) -> None:
    openid, token = sim.follow(), sim.token()
    sim.faults(lost_after_accept={"path": SEND, "times": 1, "ms": 300})
    body = b'{"touser":"%s","msgtype":"text","text":{"content":"x"}}' % openid.encode()
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(sim.base + SEND, params={"access_token": token}, data=body, timeout=0.2)
    assert len(sim.inbox(openid, "custom")) == 1, "it took effect all the same"
    assert sim.custom(openid) == 0
