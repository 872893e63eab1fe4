"""Access tokens: two endpoints, their overlaps, limits and refusals."""

from __future__ import annotations

import re

import pytest

from tests.simulator.conftest import APP_ID, APP_SECRET, Client

PLAIN = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}


def plain(sim: Client, **other: str):
    query = {name: value for name, value in {**PLAIN, **other}.items() if value}
    return sim.raw("GET", "/cgi-bin/token", params=query).json()


def stable(sim: Client, **other):
    return sim.raw("POST", "/cgi-bin/stable_token", json={**PLAIN, **other}).json()


def use(sim: Client, token: str | None) -> int:
    query = {} if token is None else {"access_token": token}
    return sim.raw("GET", "/cgi-bin/getcallbackip", params=query).json().get("errcode", 0)


def test_the_old_endpoint_issues_a_new_token_each_time(sim: Client) -> None:
    first, second = plain(sim), plain(sim)
    assert first["expires_in"] == 7200 and len(first["access_token"]) > 100
    assert first["access_token"] != second["access_token"]
    assert (use(sim, first["access_token"]), use(sim, second["access_token"])) == (0, 0), "both live five minutes"
    sim.advance(301)
    assert use(sim, first["access_token"]) == 42001
    assert use(sim, second["access_token"]) == 0


def test_the_stable_endpoint_gives_the_same_token_and_what_remains(sim: Client) -> None:
    first = stable(sim)
    sim.advance(3600)
    second = stable(sim)
    assert first["access_token"] == second["access_token"]
    assert 3595 <= second["expires_in"] <= 3600
    sim.advance(3600 - 200)
    third = stable(sim)
    assert third["access_token"] != first["access_token"], "renewed five minutes before the end"
    assert use(sim, first["access_token"]) == 0
    sim.advance(201)
    assert use(sim, first["access_token"]) == 42001


def test_the_two_endpoints_do_not_disturb_each_other(sim: Client) -> None:
    kept = stable(sim)["access_token"]
    old = plain(sim)["access_token"]
    stable(sim, force_refresh=True)
    assert use(sim, kept) == 40001, "a forced refresh kills the old one at once"
    assert use(sim, old) == 0


def test_forcing_needs_thirty_seconds_and_twenty_a_day(sim: Client) -> None:
    assert "access_token" in stable(sim, force_refresh=True)
    assert stable(sim, force_refresh=True)["errcode"] == 45011
    for _ in range(19):
        sim.advance(31)
        assert "access_token" in stable(sim, force_refresh=True)
    sim.advance(31)
    assert stable(sim, force_refresh=True)["errcode"] == 45009
    sim.advance(86400)
    assert "access_token" in stable(sim, force_refresh=True)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"appid": ""}, 41002),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"appid": "wx0000000000000000", "grant_type": ""}, 40013),
        ({"grant_type": ""}, 40002),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
    ],
)
def test_refusals_look_at_the_app_id_first(sim: Client, other: dict, code: int) -> None:
    for answer in (plain(sim, **other), stable(sim, **other)):
        assert answer["errcode"] == code
        assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", answer["errmsg"])
    assert sim.raw("GET", "/cgi-bin/token", params={}).status_code == 200


def test_a_blocked_ip_and_a_frozen_secret(sim: Client) -> None:
    sim.faults(ip_blocked=True)
    answer = stable(sim)
    assert answer["errcode"] == 40164
    assert answer["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ")
    sim.faults(ip_blocked=False, secret_frozen=True)
    assert stable(sim)["errcode"] == 40243
    sim.faults(clear=True)
    assert "access_token" in stable(sim)


def test_tokens_that_are_none(sim: Client) -> None:
    assert use(sim, None) == 41001
    assert use(sim, "") == 41001
    assert use(sim, "short") == 40014
    assert use(sim, "85_" + "x" * 130) == 40001
    missing = sim.raw("GET", "/cgi-bin/getcallbackip").json()["errmsg"]
    assert missing.startswith("access_token missing rid: ")


def test_another_system_takes_the_token_away(sim: Client) -> None:
    mine = stable(sim)["access_token"]
    sim.faults(invalidate_token=True)
    assert use(sim, mine) == 40001
    fresh = stable(sim)["access_token"]
    assert fresh != mine and use(sim, fresh) == 0


def test_a_stuck_token_needs_a_forced_refresh(sim: Client) -> None:
    mine = stable(sim)["access_token"]
    sim.faults(invalidate_token="stuck")
    assert stable(sim)["access_token"] == mine
    forced = stable(sim, force_refresh=True)["access_token"]
    assert forced != mine and use(sim, forced) == 0
    assert stable(sim)["access_token"] == forced


def test_a_token_can_be_made_to_expire(sim: Client) -> None:
    mine = stable(sim)["access_token"]
    sim.faults(expire_token=True)
    assert use(sim, mine) == 42001
    assert stable(sim)["access_token"] != mine


def test_stable_token_is_a_post(sim: Client) -> None:
    assert sim.raw("GET", "/cgi-bin/stable_token", params=PLAIN).json()["errcode"] == 43002
