"""Web login: the authorize page, codes, tokens, snapshot users."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.simulator.conftest import APP_ID, APP_SECRET, Client, Start

PAGE = "/connect/oauth2/authorize"
ASK = {"appid": APP_ID, "redirect_uri": "https://bot.example/back?x=1", "response_type": "code", "scope": "snsapi_base"}


def code(sim: Client, openid: str, **other: str) -> str:
    query = {**ASK, "openid": openid, "state": "s1", **other}
    back = sim.raw("GET", PAGE, params=query, allow_redirects=False)
    assert back.status_code == 302
    answer = parse_qs(urlsplit(back.headers["Location"]).query)
    assert answer["state"] == ["s1"] and answer["x"] == ["1"]
    return answer["code"][0]


def trade(sim: Client, given: str, **other: str) -> dict[str, Any]:
    query = {"appid": APP_ID, "secret": APP_SECRET, "code": given, "grant_type": "authorization_code", **other}
    return sim.raw("GET", "/sns/oauth2/access_token", params=query).json()


def test_a_code_is_good_once_for_five_minutes(sim: Client) -> None:
    openid = sim.follow()
    given = code(sim, openid)
    traded = trade(sim, given)
    assert traded["openid"] == openid and traded["expires_in"] == 7200 and "is_snapshotuser" not in traded
    assert trade(sim, given)["errcode"] == 40163
    assert trade(sim, "none")["errcode"] == 40029
    assert trade(sim, "")["errcode"] == 41008
    assert trade(sim, given, secret="wrong")["errcode"] == 40125
    old = code(sim, openid)
    sim.advance(301)
    assert trade(sim, old)["errcode"] == 42003


def test_the_snapshot_page_lends_a_virtual_openid(sim: Client) -> None:
    openid = sim.follow()
    traded = trade(sim, code(sim, openid, snapshot="1"))
    assert traded["is_snapshotuser"] == 1 and traded["openid"] != openid


def test_profiles_need_the_wider_scope(sim: Client) -> None:
    openid = sim.follow(nickname="小林")
    base = trade(sim, code(sim, openid))
    wide = trade(sim, code(sim, openid, scope="snsapi_userinfo"))

    def profile(traded: dict, who: str = openid) -> dict[str, Any]:
        query = {"access_token": traded["access_token"], "openid": who, "lang": "zh_CN"}
        return sim.raw("GET", "/sns/userinfo", params=query).json()

    assert profile(base)["errcode"] == 48001
    assert profile(wide)["nickname"] == "小林" and profile(wide)["sex"] == 0
    assert profile(wide, "oNobody")["errcode"] == 40003
    sim.advance(7201)
    assert profile(wide)["errcode"] == 42001


def test_refreshing(sim: Client) -> None:
    traded = trade(sim, code(sim, sim.follow()))
    query = {"appid": APP_ID, "grant_type": "refresh_token", "refresh_token": traded["refresh_token"]}
    fresh = sim.raw("GET", "/sns/oauth2/refresh_token", params=query).json()
    assert fresh["access_token"] != traded["access_token"]
    check = {"access_token": fresh["access_token"], "openid": traded["openid"]}
    assert sim.raw("GET", "/sns/auth", params=check).json()["errcode"] == 0
    wrong = sim.raw("GET", "/sns/oauth2/refresh_token", params={**query, "refresh_token": "x"}).json()
    assert wrong["errcode"] == 40030
    sim.advance(31 * 24 * 3600)
    assert sim.raw("GET", "/sns/oauth2/refresh_token", params=query).json()["errcode"] == 42002


def test_the_web_token_is_not_the_accounts(sim: Client) -> None:
    traded = trade(sim, code(sim, sim.follow()))
    answer = sim.raw("GET", "/cgi-bin/getcallbackip", params={"access_token": traded["access_token"]}).json()
    assert answer["errcode"] == 40001


@pytest.mark.parametrize(
    "other",
    [
        {"appid": "wx0"},
        {"response_type": "token"},
        {"scope": "everything"},
        {"redirect_uri": "javascript:alert(1)"},
        {"state": "a/b"},
        {"state": "x" * 129},
    ],
)
def test_links_that_do_not_open(sim: Client, other: dict) -> None:
    assert sim.raw("GET", PAGE, params={**ASK, **other}).status_code == 400


def test_one_chooses_who_one_is(sim: Client) -> None:
    openid = sim.follow(nickname="<小林>")
    page = sim.raw("GET", PAGE, params=ASK)
    assert openid in page.text and "&lt;小林&gt;" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_only_a_verified_service_account_has_it(start: Start) -> None:
    sim = start(account="verified_subscription")
    assert sim.raw("GET", PAGE, params=ASK).status_code == 400
    assert trade(sim, "x")["errcode"] == 48001
