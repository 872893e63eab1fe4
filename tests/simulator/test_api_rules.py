"""What holds for every call: 200, rid, verbs, raw UTF-8, rights by account, quotas, the log."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.simulator.endpoints import ENDPOINTS
from tests.simulator.conftest import APP_ID, APP_SECRET, REMINDER, Client, Start

SEND = "/cgi-bin/message/custom/send"
NAMES = (
    "touser msgtype text content filter is_to_all tag_id tag id name openid openid_list tagid articles title media_id "
    "index button sub_button type key url matchrule action_name action_info scene expire_seconds template_id data "
    "value user_list group kf_account starttime endtime news msgmenu list offset count kidList tid speed"
).split()


def test_errors_are_200_with_a_rid_at_the_end(sim: Client) -> None:
    response = sim.raw("POST", SEND, params={"access_token": "x"})
    assert response.status_code == 200
    assert re.fullmatch(r".+ rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", response.json()["errmsg"])


def test_the_texts_worth_reproducing(sim: Client) -> None:
    bad = sim.raw("GET", "/cgi-bin/getcallbackip", params={"access_token": "8" * 100}).json()["errmsg"]
    assert bad.startswith(
        "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, "
        "more details at "
    )
    openid = sim.follow()
    for _ in range(3):
        sim.custom(openid)
    body = {"touser": openid, "msgtype": "text", "text": {"content": "x"}}
    assert sim.post(SEND, body)["errmsg"].startswith("out of response count limit rid: ")
    sim.advance(61)
    late = sim.post(SEND, body)["errmsg"]
    assert late.startswith("response out of time limit or subscription is canceled rid: ")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (rb'{"touser":"\u4f60"}', 47002),
        (rb'{"touser":"a\\u4f60"}', 40008),  # a backslash and a u, no escape
        (rb'{"touser":"a\\\u4f60"}', 47002),
        (b'{"touser":', 47001),
        (b"[1,2]", 47001),
        (b'{"touser":"\xff\xfe"}', 47001),
        (b"", 44002),
    ],
)
def test_bodies_are_raw_utf8_json(sim: Client, raw: bytes, code: int) -> None:
    assert sim.raw("POST", SEND, params={"access_token": sim.token()}, data=raw).json()["errcode"] == code


def test_wrong_verbs(sim: Client) -> None:
    assert sim.get(SEND)["errcode"] == 43002
    assert sim.post("/cgi-bin/getcallbackip")["errcode"] == 43001


def test_unknown_paths(sim: Client) -> None:
    assert sim.get("/cgi-bin/not/a/thing")["errcode"] == 40066
    assert sim.raw("GET", "/card/get").json()["errcode"] == 41001
    assert sim.post("/card/get", {"card_id": "x"})["errcode"] == 0
    assert sim.post("/datacube/getusersummary", {"begin_date": "2026-01-01"}) == {"list": []}


MATRIX = {
    # a call of each right: (path, allowed for unverified, verified_subscription, unverified_service, verified_service)
    "menu": ("/cgi-bin/menu/get", "-+++"),
    "customer": (SEND, "-+-+"),
    "mass": ("/cgi-bin/message/mass/sendall", "-+-+"),
    "users": ("/cgi-bin/user/get", "-+-+"),
    "tags": ("/cgi-bin/tags/get", "-+-+"),
    "material": ("/cgi-bin/material/get_materialcount", "-+-+"),
    "drafts": ("/cgi-bin/draft/count", "-+-+"),
    "mass_openids": ("/cgi-bin/message/mass/send", "---+"),
    "template": ("/cgi-bin/message/template/send", "---+"),
    "notice": ("/cgi-bin/message/subscribe/bizsend", "---+"),
    "qrcode": ("/cgi-bin/qrcode/create", "---+"),
    "agents": ("/cgi-bin/customservice/getkflist", "---+"),
    "base": ("/cgi-bin/getcallbackip", "++++"),
    "js": ("/cgi-bin/ticket/getticket", "++++"),
}
ACCOUNTS = ["unverified", "verified_subscription", "unverified_service", "verified_service"]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_matrix_of_rights(start: Start, account: str) -> None:
    sim = start(account=account)
    for path, allowed in MATRIX.values():
        verb = "GET" if ENDPOINTS[path].method == "GET" else "POST"
        code = sim.raw(verb, path, params={"access_token": sim.token()}, data=b"{}").json().get("errcode", 0)
        assert (code == 48001) == (allowed[ACCOUNTS.index(account)] == "-"), (path, code)
    openid = sim.follow()
    assert sim.say(openid)["reply"], "every account may answer"


def test_quotas_count_and_can_be_cleared(sim: Client) -> None:
    sim.faults(quota={"/cgi-bin/tags/get": 2})
    codes = [sim.get("/cgi-bin/tags/get").get("errcode", 0) for _ in range(3)]
    assert codes == [0, 0, 45009]
    get = "/cgi-bin/openapi/quota/get"
    assert sim.post(get, {"cgi_path": "/cgi-bin/tags/get"})["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}
    assert sim.post(get, {"cgi_path": "https://api.weixin.qq.com/x"})["errcode"] == 76003
    assert sim.post("/cgi-bin/openapi/quota/clear", {"cgi_path": "/cgi-bin/tags/get"})["errcode"] == 0
    assert "tags" in sim.get("/cgi-bin/tags/get")
    sim.get("/cgi-bin/tags/get")
    assert sim.get("/cgi-bin/tags/get")["errcode"] == 45009
    sim.advance(86400)
    assert "tags" in sim.get("/cgi-bin/tags/get"), "a new day in Beijing"


def test_the_day_ends_at_midnight_in_beijing(sim: Client) -> None:
    sim.control("clock", {"now": "2027-01-01T23:59:00+08:00"})
    sim.faults(quota={"/cgi-bin/tags/get": 1})
    sim.get("/cgi-bin/tags/get")
    assert sim.get("/cgi-bin/tags/get")["errcode"] == 45009
    sim.advance(61)
    assert "tags" in sim.get("/cgi-bin/tags/get")


def test_ten_clears_a_month(sim: Client) -> None:
    clear = "/cgi-bin/clear_quota"
    assert sim.post(clear, {"appid": "wx0"})["errcode"] == 40013
    codes = [sim.post(clear, {"appid": APP_ID})["errcode"] for _ in range(9)]
    secret = {"appid": APP_ID, "appsecret": APP_SECRET}
    codes.append(sim.raw("POST", "/cgi-bin/clear_quota/v2", json=secret).json()["errcode"])
    assert codes == [0] * 10
    assert sim.post(clear, {"appid": APP_ID})["errcode"] == 48006


def test_a_rid_can_be_looked_up(sim: Client) -> None:
    answer = sim.post(SEND, {"touser": "oNobody", "msgtype": "text", "text": {"content": "x"}})
    rid = answer["errmsg"].rpartition(" ")[2]
    found = sim.post("/cgi-bin/openapi/rid/get", {"rid": rid})["request"]
    assert found["request_url"] == SEND and "oNobody" in found["request_body"]
    assert sim.post("/cgi-bin/openapi/rid/get", {"rid": "none"})["errcode"] == 76001


def test_addresses_and_the_network_check(sim: Client) -> None:
    assert sim.get("/cgi-bin/getcallbackip")["ip_list"]
    assert sim.get("/cgi-bin/get_api_domain_ip")["ip_list"]
    assert sim.post("/cgi-bin/callback/check", {"action": "all", "check_operator": "DEFAULT"})["ping"]


def test_the_ticket_of_the_js_sdk(sim: Client) -> None:
    first = sim.get("/cgi-bin/ticket/getticket", type="jsapi")
    assert first["errcode"] == 0 and first["expires_in"] == 7200
    assert sim.get("/cgi-bin/ticket/getticket", type="jsapi")["ticket"] == first["ticket"]
    sim.advance(7201)
    assert sim.get("/cgi-bin/ticket/getticket", type="jsapi")["ticket"] != first["ticket"]


def test_the_log_shows_calls_and_hides_secrets(sim: Client) -> None:
    openid, token = sim.follow(), sim.token()
    sim.custom(openid, "您好")
    sim.raw("GET", "/cgi-bin/token", params={"appid": APP_ID, "secret": APP_SECRET, "grant_type": "client_credential"})
    calls: list[dict[str, Any]] = sim.control("calls")
    last = sim.control(f"calls?path={SEND}")[-1]
    assert (last["method"], last["errcode"]) == ("POST", 0)
    assert last["body"]["text"] == {"content": "您好"}
    assert [call["seq"] for call in calls] == sorted(call["seq"] for call in calls)
    assert sim.control(f"calls?after={calls[-1]['seq']}") == []
    assert APP_SECRET not in str(calls) and token not in str(calls)


def test_a_template_call_with_a_wrong_token_uses_up_nothing(sim: Client) -> None:
    openid = sim.follow()
    body = {"touser": openid, "template_id": REMINDER, "data": {"thing1": {"value": "x"}}}
    assert (
        sim.raw("POST", "/cgi-bin/message/template/send", params={"access_token": "9" * 99}, json=body).json()[
            "errcode"
        ]
        == 40001
    )
    assert not sim.inbox(openid, "template")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**19) | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(sorted(ENDPOINTS)), body=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_no_body_breaks_the_simulator(quiet_sim: Client, path: str, body: dict) -> None:
    """Whatever JSON is sent to whatever call: HTTP 200 (404 for a picture that is not there)."""
    verb = "GET" if ENDPOINTS[path].method == "GET" else "POST"
    query = {"access_token": quiet_sim.token(), "media_id": "x"}
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    assert quiet_sim.raw(verb, path, params=query, data=data).status_code in (200, 404)


@pytest.fixture
def quiet_sim(start: Start) -> Client:
    sim = start(mass_delay_s=3600.0, report_delay_s=3600.0)
    sim.follow(openid="oQS7k1follower")
    return sim
