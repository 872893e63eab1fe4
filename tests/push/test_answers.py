"""What the sender makes of WeChat's answers: late, lost, cut off, or no by each of the codes a follower can cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.services import announcements
from bot.wechat.client import Client
from tests.push.account import APP_ID, SECRET
from tests.push.stage import Stage
from tests.push.test_channels import only, reminded, way_taken
from tests.push.test_faults import CUSTOM, TEMPLATE, calls, fails

SUBSCRIBE = "/cgi-bin/message/subscribe/bizsend"


def impatient(stage: Stage) -> None:
    """A client that waits for an answer a fifth of a second, not ten."""
    stage.client = Client(APP_ID, SECRET, base_url=stage.wechat.url, threads=4, read_s=0.2)
    assert stage.client.access_token


def test_a_slow_answer_is_waited_for(lite: Stage) -> None:
    openid = reminded(lite)
    lite.wechat.faults(api_delay_ms=400)
    assert lite.work() == {"sent": 1}
    assert len(lite.wechat.seen(openid)) == 1 and not lite.pushes()[0].maybe_sent


@pytest.mark.parametrize("fault", ["lost_after_accept", "reset_after_accept"])
def test_a_template_whose_answer_is_lost_is_said_again_and_seen_once(lite: Stage, fault: str) -> None:
    openid = reminded(lite)
    impatient(lite)
    lite.wechat.faults(**{fault: [{"path": TEMPLATE, "times": 1, "ms": 400}]})
    assert lite.work() == {"due": 1}
    assert lite.pushes()[0].maybe_sent and lite.pushes()[0].doubts == 1
    lite.later(seconds=30)
    assert lite.work() == {"sent": 1}
    assert calls(lite) == 2 and len(lite.wechat.seen(openid)) == 1


def test_a_custom_message_whose_answers_are_lost_is_said_twice_and_then_unknown(lite: Stage) -> None:
    only(lite)
    openid = reminded(lite)
    lite.writes(openid)
    impatient(lite)
    lite.wechat.faults(lost_after_accept=[{"path": CUSTOM, "times": 2, "ms": 400}])
    assert lite.work() == {"due": 1}
    lite.later(seconds=30)
    assert lite.work() == {"unknown": 1}
    lite.later(minutes=30)
    assert lite.work() == {}
    assert len(lite.wechat.seen(openid)) == 2 and lite.pushes()[0].maybe_sent


@pytest.mark.parametrize("code", [45047, 45015])
def test_a_shut_window_is_shut_in_our_count_too_and_the_message_waits_for_the_next(lite: Stage, code: int) -> None:
    only(lite)
    openid = reminded(lite)
    lite.writes(openid)
    fails(lite, code, CUSTOM, times=1)
    assert lite.work() == {"unreached": 1}
    assert str(code) in lite.pushes()[0].error
    assert lite.follower_row(openid).message_used >= 5, "nothing more is tried in this window"
    assert not lite.pushes()[0].maybe_sent and lite.wechat.seen(openid) == []


def test_the_simulator_itself_counts_five_and_says_45047(lite: Stage) -> None:
    only(lite)
    openid = reminded(lite)
    lite.writes(openid)
    for _ in range(5):
        lite.client.custom_text(openid, "值班老师的话")
    assert lite.work() == {"unreached": 1}
    assert "45047" in lite.pushes()[0].error


def test_43101_empties_our_count_and_the_template_says_it(lite: Stage) -> None:
    openid = reminded(lite)
    lite.consents(openid)
    lite.wechat.consent(openid, lite.settings.push.templates["reminder"].subscribe, 0)
    assert lite.work() == {"sent": 1}
    assert way_taken(lite) == "sent template"
    assert len(lite.wechat.calls(SUBSCRIBE)) == 1


@pytest.mark.parametrize(
    ("result", "status"), [("user block", "failed:user block"), ("system failed", "failed: system failed")]
)
def test_a_report_of_failure_keeps_it_for_the_next_message(lite: Stage, result: str, status: str) -> None:
    """The report comes through the webhook; what it does to the row is the same."""
    openid = reminded(lite)
    lite.wechat.faults(template_result=result)
    assert lite.work() == {"sent": 1}
    assert lite.wechat.seen(openid) == [], "WeChat took it and could not deliver it"
    id = lite.pushes()[0].wechat_id
    assert lite.write(lambda db: announcements.reported(db, id, status, lite.clock + timedelta(seconds=1)))
    assert (lite.pushes()[0].state, lite.pushes()[0].error) == ("unreached", status)
