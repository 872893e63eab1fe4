"""Customer-service windows: who may be told how much, until when."""

from __future__ import annotations

import pytest

from bot.simulator.errors import ApiError
from bot.simulator.windows import grant, spend
from tests.simulator.conftest import Client


def allowed(sim: Client, openid: str) -> list[int]:
    """errcodes until the first refusal."""
    codes: list[int] = []
    while not codes or codes[-1] == 0:
        codes.append(sim.custom(openid))
    return codes


def test_following_allows_three_messages_for_a_minute(sim: Client) -> None:
    openid = sim.follow()
    assert allowed(sim, openid) == [0, 0, 0, 45047]
    sim.advance(61)
    assert sim.custom(openid) == 45015


def test_a_message_allows_five_for_two_days(sim: Client) -> None:
    openid = sim.follow()
    sim.advance(61)
    sim.say(openid)
    sim.advance(47 * 3600)
    assert allowed(sim, openid) == [0, 0, 0, 0, 0, 45047]
    sim.say(openid)
    assert sim.custom(openid) == 0, "a new message renews them"
    sim.advance(48 * 3600 + 1)
    assert sim.custom(openid) == 45015


def test_each_trigger_has_its_own_allowance(sim: Client) -> None:
    openid = sim.follow()
    sim.say(openid)
    assert allowed(sim, openid) == [0] * 8 + [45047]


@pytest.mark.parametrize("event", ["CLICK", "scancode_push", "scancode_waitmsg", "SCAN"])
def test_taps_and_scans_allow_three_for_a_minute(sim: Client, event: str) -> None:
    openid = sim.follow()
    sim.advance(61)
    sim.event(openid, event, key="k")
    assert allowed(sim, openid) == [0, 0, 0, 45047]
    sim.advance(61)
    assert sim.custom(openid) == 45015


def test_a_tap_on_a_menu_message_counts_as_a_tap(sim: Client) -> None:
    openid = sim.follow()
    sim.advance(61)
    sim.say(openid, "满意", bizmsgmenuid="1")
    assert allowed(sim, openid) == [0, 0, 0, 45047]


def test_opening_a_link_allows_nothing(sim: Client) -> None:
    openid = sim.follow()
    sim.advance(61)
    sim.event(openid, "VIEW", key="https://example.com")
    assert sim.custom(openid) == 45015


def test_leaving_closes_everything(sim: Client) -> None:
    openid = sim.follow()
    sim.say(openid)
    sim.event(openid, "unsubscribe")
    assert sim.custom(openid) == 45015
    sim.event(openid, "subscribe")
    assert allowed(sim, openid) == [0, 0, 0, 45047], "coming back does not bring the old window back"


def test_nobody_and_the_blacklisted(sim: Client) -> None:
    assert sim.custom("oNobody") == 40003
    openid = sim.follow()
    assert sim.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": [openid]})["errcode"] == 0
    assert sim.custom(openid) == 43019
    before = len(sim.hook.pushes)
    assert sim.say(openid)["deliveries"] == 0 and len(sim.hook.pushes) == before


def test_the_window_that_closes_first_is_used_first() -> None:
    windows: dict[str, list[float]] = {}
    grant(windows, "message", 0.0)
    grant(windows, "click", 10.0)
    for _ in range(3):
        spend(windows, 20.0)
    assert (windows["click"][1], windows["message"][1]) == (0, 5)
    with pytest.raises(ApiError):
        spend({}, 0.0)
