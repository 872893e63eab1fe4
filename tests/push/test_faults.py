"""WeChat at its worst: busy, over quota, slow, broken, without a token. Nothing is lost, nothing is hammered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.push.closures import midnight_beijing
from bot.push.sender import MOST_TRIES
from tests.fixtures.world import NOW
from tests.push.account import settings_for
from tests.push.stage import Stage
from tests.push.test_channels import only, reminded, way_taken
from tests.push.test_reminders import friday, saturday

TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"


def fails(stage: Stage, code: int, path: str = TEMPLATE, times: int | None = None) -> None:
    rule: dict[str, Any] = {"path": path, "code": code}
    stage.wechat.faults(errcode=[{**rule, "times": times} if times else rule])


def calls(stage: Stage, path: str = TEMPLATE) -> int:
    return len(stage.wechat.calls(path))


def test_busy_for_a_moment_is_waited_out_at_once(stage: Stage) -> None:
    openid = reminded(stage)
    fails(stage, -1, times=2)
    assert stage.work() == {"sent": 1}
    assert calls(stage) == 3 and len(stage.wechat.seen(openid)) == 1


def test_two_messages_that_met_at_one_follower_go_one_after_the_other(lite: Stage) -> None:
    reminded(lite)
    fails(lite, 43108, times=1)
    assert lite.work() == {"sent": 1}


@pytest.mark.parametrize("code", [-1, 99999])
def test_lasting_trouble_is_tried_six_times_with_growing_pauses_and_then_given_up(lite: Stage, code: int) -> None:
    reminded(lite)
    fails(lite, code)
    pauses = []
    for _ in range(MOST_TRIES - 1):
        assert lite.work() == {"due": 1}
        (push,) = lite.pushes()
        assert push.not_before
        pauses.append((push.not_before - lite.clock).total_seconds())
        assert lite.work() == {}, "not before its time"
        lite.at(push.not_before)
    assert lite.work() == {"failed": 1}
    assert pauses == [10, 30, 120, 300, 900]
    assert "gave up after 6 tries" in lite.pushes()[0].error
    lite.later(hours=1)
    before = calls(lite)
    assert lite.work() == {} and calls(lite) == before


def test_a_daily_quota_pauses_till_midnight_in_beijing_without_burning_tries(stage: Stage) -> None:
    openid = stage.follower()
    stage.signs_up(openid, stage.shift(starts_at=saturday(13)))
    stage.at(friday(13))
    fails(stage, 45009, times=1)
    assert stage.work() == {"due": 1}
    (push,) = stage.pushes()
    assert (push.not_before, push.attempts) == (saturday(0), 0)
    stage.at(saturday(0))
    assert stage.work() == {"due": 1}, "midnight is no time to remind anybody"
    assert stage.wechat.seen(openid) == []
    stage.at(saturday(7, 30))
    assert stage.work() == {"sent": 1}
    assert len(stage.wechat.seen(openid)) == 1


def test_over_quota_the_others_do_not_even_ask(lite: Stage) -> None:
    for _ in range(8):
        reminded(lite)
        lite.at(NOW)
    lite.at(friday(13))
    fails(lite, 45009)
    assert lite.work() == {"due": 8}
    assert calls(lite) <= 4, "those already in flight, and nobody after them"
    before = calls(lite)
    lite.later(hours=1)
    assert lite.work() == {} and calls(lite) == before


def test_over_quota_an_open_window_is_used(lite: Stage) -> None:
    openid = reminded(lite)
    lite.writes(openid)
    fails(lite, 45009)
    assert lite.work() == {"sent": 1}
    assert way_taken(lite) == "sent custom"


def test_what_cannot_wait_till_midnight_is_left_for_the_next_message(lite: Stage) -> None:
    """The shift begins before the quota comes back."""
    reminded(lite)
    lite.at(saturday(11))
    fails(lite, 45009)
    assert lite.work() == {"unreached": 1}


def test_midnight_is_beijings_wherever_the_machine_is() -> None:
    assert midnight_beijing(NOW) == datetime.fromisoformat("2026-03-04T00:00:00+08:00")
    assert midnight_beijing(datetime.fromisoformat("2026-03-03T23:59:59+08:00")) == midnight_beijing(NOW)


def test_a_minutes_quota_is_a_minutes_pause_not_another_way(lite: Stage) -> None:
    openid = reminded(lite)
    lite.writes(openid)
    fails(lite, 45011, times=1)
    assert lite.work() == {"due": 1}
    (push,) = lite.pushes()
    assert (push.not_before, push.attempts) == (lite.clock + timedelta(minutes=1), 0)
    lite.later(minutes=1)
    assert lite.work() == {"sent": 1}
    assert way_taken(lite) == "sent template"


# -- outcomes nobody knows ---------------------------------------------------------------------------------------


def test_a_template_without_an_answer_is_said_again_with_the_same_id(stage: Stage) -> None:
    openid = reminded(stage)
    stage.wechat.faults(reset_after_accept=[{"path": TEMPLATE, "times": 2}])
    for _ in range(2):
        assert stage.work() == {"due": 1}
        stage.later(seconds=30)
    assert stage.work() == {"sent": 1}
    assert calls(stage) == 3 and len(stage.wechat.seen(openid)) == 1
    assert stage.pushes()[0].maybe_sent


def test_a_custom_message_without_an_answer_is_said_once_more_and_no_more(stage: Stage) -> None:
    only(stage)
    openid = reminded(stage)
    stage.writes(openid)
    stage.wechat.faults(reset_after_accept=[{"path": CUSTOM}])
    assert stage.work() == {"due": 1}
    stage.later(seconds=30)
    assert stage.work() == {"unknown": 1}
    stage.later(minutes=30)
    assert stage.work() == {}
    assert len(stage.wechat.seen(openid)) == 2
    assert stage.pushes()[0].maybe_sent


@pytest.mark.parametrize("answer", [{"status": 502}, {"status": 200, "body": '{"errcode": 0, "err'}])
def test_a_broken_answer_is_an_unknown_outcome(lite: Stage, answer: dict[str, Any]) -> None:
    reminded(lite)
    lite.wechat.faults(http=[{"path": TEMPLATE, "times": 1, **answer}])
    assert lite.work() == {"due": 1}
    lite.later(seconds=30)
    assert lite.work() == {"sent": 1}


# -- no token, no network ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [True, "stuck"])
def test_a_token_taken_by_another_system_is_renewed(stage: Stage, how: object) -> None:
    reminded(stage)
    assert stage.client.access_token
    stage.wechat.faults(invalidate_token=how)
    assert stage.work() == {"sent": 1}


def test_a_frozen_secret_stops_everything_and_loses_nothing(stage: Stage) -> None:
    for _ in range(6):
        openid = stage.follower()
        stage.signs_up(openid, stage.shift(starts_at=saturday(13), place=openid[-8:]))
    stage.at(friday(13))
    stage.wechat.faults(secret_frozen=True)
    stage.work()
    assert set(stage.states()) == {"due"} and {push.attempts for push in stage.pushes()} == {0}
    assert len(stage.wechat.calls("/cgi-bin/stable_token")) == 1, "fifty threads do not ask fifty times"
    stage.wechat.faults(secret_frozen=False)
    stage.later(minutes=1)
    stage.client._tokens._failed = None  # ten seconds of real time later
    assert stage.work() == {"sent": 6}


def test_without_a_network_tries_are_not_spent(lite: Stage) -> None:
    reminded(lite)
    url = lite.wechat.url
    lite.settings = settings_for("http://127.0.0.1:9")
    lite.__post_init__()
    for _ in range(8):
        lite.work()
        lite.later(seconds=10)
    assert [(push.state, push.attempts, push.maybe_sent) for push in lite.pushes()] == [("due", 0, False)]
    lite.settings = settings_for(url)
    lite.__post_init__()
    assert lite.work() == {"sent": 1}


def test_a_row_that_cannot_be_read_does_not_stop_the_others(lite: Stage) -> None:
    from bot.services import announcements

    openid = reminded(lite)
    lite.write(
        lambda db: announcements.announce(
            db,
            key="broken",
            openid="o-broken",
            kind="offer",
            payload={"registration": "?"},
            due_at=lite.clock,
            now=lite.clock,
        )  # fmt: skip
    )
    assert lite.work() == {"failed": 1, "sent": 1}
    assert len(lite.wechat.seen(openid)) == 1
    assert [push.error for push in lite.pushes("offer")] == ["KeyError: 'registration_id'"]
