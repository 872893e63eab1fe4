"""A stop is said to those on duty, once; a refusing token endpoint is asked once a minute, and nothing is lost."""

from __future__ import annotations

import threading

import pytest
import structlog.testing

from bot.push import outbox
from bot.push.closures import Closures, Stop
from bot.push.worker import Worker
from bot.wechat.errors import TABLE
from tests.push.stage import Stage
from tests.push.test_alerts import on_duty
from tests.push.test_channels import reminded
from tests.push.test_faults import TEMPLATE, fails
from tests.push.test_reminders import friday, saturday

TOKEN = "/cgi-bin/stable_token"


def crowd(stage: Stage, size: int) -> None:
    """So many people whose reminder is due on Friday at one."""
    for _ in range(size):
        openid = stage.follower()
        stage.signs_up(openid, stage.shift(starts_at=saturday(13), place=openid[-8:]))
    stage.at(friday(13))


def officer(stage: Stage, name: str = "李老师") -> str:
    openid, _ = on_duty(stage, name, heard=False)
    stage.at(friday(10))
    return openid


def worker(stage: Stage) -> Worker:
    """One worker that lives through several sweeps: what is shut, it keeps in mind."""
    return Worker(stage, threading.Event(), stage.now, patient=False, pauses=(0.0,))


# -- those on duty -----------------------------------------------------------------------------------------


def test_a_stop_is_said_once_to_everybody_on_duty_with_what_to_do(stage: Stage) -> None:
    li, wang = officer(stage), officer(stage, "王老师")
    crowd(stage, 5)
    stage.writes(li)
    stage.writes(wang)
    fails(stage, 40037)
    with structlog.testing.capture_logs() as logged:
        at_work = worker(stage)
        at_work.once()
        at_work.once()
    (line,) = [one for one in logged if one["event"] == "push.alert"]
    assert (line["code"], line["log_level"], "模板 ID 不存在" in line["what"]) == (40037, "error", True)
    for openid in (li, wang):
        (said,) = [text for text in stage.wechat.texts(openid) if "【发送】" in text]
        assert said.startswith("【发送】模板 test-remin…停了：模板 ID 不存在")
        assert "微信的原话：40037" in said and "每小时自动再试" in said and "python -m bot check" in said


def test_what_can_never_be_taken_is_complained_of_once_not_for_each_row(lite: Stage) -> None:
    li = officer(lite)
    crowd(lite, 6)
    lite.writes(li)
    fails(lite, 47003)
    with structlog.testing.capture_logs() as logged:
        worker(lite).once()
    assert len([one for one in logged if one["event"] == "push.alert"]) == 1
    assert lite.states("reminder") == ["unreached"] * 6
    (said,) = [text for text in lite.wechat.texts(li) if "【发送】" in text]
    assert "被微信退回：模板字段不合要求" in said


def test_while_everything_is_stopped_the_word_waits_for_their_next_message(lite: Stage) -> None:
    li = officer(lite)
    crowd(lite, 3)
    lite.wechat.faults(ip_blocked=True)
    worker(lite).once()
    assert lite.states("reminder") == ["due"] * 3
    with lite.database.session() as db:
        ((push, words),) = outbox.kept_lines(db, lite.cipher, li, lite.clock, lite.settings)
    assert push.state == "unreached"
    assert "所有主动消息停了：本机 IP 不在白名单里，请把报错里的 IP 加到公众平台" in words
    assert "not in whitelist" in words and "一条不丢" in words


def test_a_pause_of_a_minute_wakes_nobody() -> None:
    closures = Closures()
    closures.learn(TABLE[45011], "template", "T", friday(13), "slow down")
    assert closures.untold() == []
    closures.learn(TABLE[45009], "template", "T", friday(13), "reach max")
    (stop,) = closures.untold()
    assert stop == Stop(45009, TABLE[45009].text, "template", "midnight", "reach max")
    closures.told([stop])
    assert closures.untold() == []


# -- the token endpoint -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "asked_in_a_minute"), [(40164, 1), (40125, 1), (40243, 1), (-1, 6)])
def test_a_refusing_token_endpoint_is_left_alone_and_then_everything_goes_on(
    lite: Stage, code: int, asked_in_a_minute: int
) -> None:
    """Busy is asked again every ten seconds; what somebody must mend first, once a minute."""
    crowd(lite, 8)
    fails(lite, code, TOKEN)
    at_work = worker(lite)

    def sweep() -> int:
        before = len(lite.wechat.calls(TOKEN))
        lite.client._tokens._failed = None  # the ten seconds of real time that a refusal holds are over
        at_work.once()
        return len(lite.wechat.calls(TOKEN)) - before

    asked = []
    for _ in range(12):  # a sweep every ten seconds, for two minutes
        asked.append(sweep())
        lite.later(seconds=10)
    assert (sum(asked[:6]), sum(asked[6:])) == (asked_in_a_minute, asked_in_a_minute)
    assert {(push.state, push.attempts, push.maybe_sent) for push in lite.pushes()} == {("due", 0, False)}
    assert lite.wechat.calls(TEMPLATE) == []
    lite.wechat.faults(errcode=[])
    lite.later(minutes=1)
    sweep()
    assert lite.states() == ["sent"] * 8


def test_a_token_taken_over_and_over_by_another_system_stops_with_a_word(lite: Stage) -> None:
    reminded(lite)
    fails(lite, 40001)
    with structlog.testing.capture_logs() as logged:
        worker(lite).once()
    assert lite.states() == ["due"]
    assert any("另有系统在取" in one.get("what", "") for one in logged)
