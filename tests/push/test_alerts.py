"""Alerts on their way: at once, at night too, again every five minutes until taken over, never twice in one turn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.push import facts, outbox
from bot.services import alerts, announcements
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Push, Staff
from bot.storage.valkey import Valkey
from tests.push.account import settings_for
from tests.push.stage import Simulated, Stage
from tests.push.test_kill import killed_after_sending
from tests.push.test_reminders import saturday

WORDS = "我不想活了，我的电话13900001234"


@pytest.fixture
def windowed(database: Database, cipher: Cipher, valkey: Valkey, wechat: Simulated) -> Stage:
    """No templates: only the customer-service window."""
    return Stage(database, cipher, valkey, wechat, settings_for(wechat.url, templates={}))


def on_duty(stage: Stage, name: str = "李老师", *, heard: bool = True) -> tuple[str, int]:
    """A bound person on duty at 23:30 who has just written to us; openid and staff id."""
    openid = stage.follower()
    stage.at(saturday(23, 30))
    if heard:
        stage.writes(openid)
    row = Staff(
        username=name, name=name, password_hash="x", role="admin", openid=openid, on_duty=True, created_at=stage.clock
    )

    def add(db: Session) -> int:
        db.add(row)
        db.flush()
        return row.id

    return openid, int(stage.write(add))


def cry(stage: Stage, openid: str = "") -> tuple[str, int]:
    """Somebody in danger, and the number of the alert."""
    openid = openid or stage.follower(heard=stage.clock)

    def opened(db: Session) -> int:
        return alerts.open_alert(db, stage.cipher, openid, "mind", WORDS, stage.clock).id

    return openid, int(stage.write(opened))


def test_at_once_in_the_night_with_the_words_and_without_the_numbers(stage: Stage) -> None:
    openid, _ = on_duty(stage)
    _, number = cry(stage)
    assert stage.work() == {"sent": 1}
    (said,) = stage.wechat.texts(openid)
    assert f"【紧急】J{number} 有人可能想不开" in said and "3月7日（周六）23:3" in said
    assert "我不想活了，我的电话〔手机号〕" in said and f"收到 J{number}" in said
    assert stage.pushes("alert")[0].channel == "custom", "in full words while the window is open"


def test_before_everything_else_that_waits(stage: Stage) -> None:
    on_duty(stage)

    def others(db: Session) -> None:
        for number in range(30):
            announcements.announce(
                db, key=f"late:{number}", openid=f"o-{number}", kind="late_reply", payload={},
                due_at=stage.clock - timedelta(hours=1), now=stage.clock,
            )  # fmt: skip

    stage.write(others)
    cry(stage)
    taken = stage.write(lambda db: outbox.claim(db, holder="w", now=stage.clock, lease_s=30, limit=1))
    assert [one.kind for one in taken] == ["alert"]
    more = stage.write(lambda db: outbox.claim(db, holder="w", now=stage.clock, lease_s=30, limit=5))
    assert [one.key for one in more] == [f"late:{number}" for number in range(5)]


def test_again_every_five_minutes_until_somebody_takes_it_over(stage: Stage) -> None:
    openid, staff_id = on_duty(stage)
    _, number = cry(stage)
    for _ in range(12):
        stage.work()
        stage.later(minutes=1)
    texts = stage.wechat.texts(openid)
    assert len(texts) == 3
    assert "第2次提醒，还没有人接手" in texts[1] and "第3次提醒" in texts[2]
    stage.write(lambda db: alerts.acknowledge(db, stage.cipher, number, staff_id, stage.clock))
    stage.work()
    stage.later(minutes=30)
    assert stage.work() == {}
    assert len(stage.wechat.texts(openid)) == 4 and "没有登记过电话" in stage.wechat.texts(openid)[3]


def test_taken_over_between_planning_and_sending_is_not_said(stage: Stage) -> None:
    openid, staff_id = on_duty(stage)
    _, number = cry(stage)
    (push,) = stage.pushes("alert")
    stage.write(lambda db: alerts.acknowledge(db, stage.cipher, number, staff_id, stage.clock))
    with stage.database.session() as db:
        gone = facts.read(db, stage.cipher, push, stage.clock)
    assert isinstance(gone, facts.Gone) and gone.state == "superseded"
    stage.work()
    assert not any("紧急" in text for text in stage.wechat.texts(openid))


def test_whoever_takes_it_over_learns_the_telephone_and_nobody_else(stage: Stage) -> None:
    openid, staff_id = on_duty(stage)
    other, _ = on_duty(stage, "王老师")
    in_danger = stage.follower()
    stage.signs_up(in_danger, stage.shift(starts_at=saturday(23) + (saturday(13) - saturday(1))))
    _, number = cry(stage, in_danger)
    stage.work()
    stage.write(lambda db: alerts.acknowledge(db, stage.cipher, number, staff_id, stage.clock))
    stage.work()
    assert any("13800000001" in text for text in stage.wechat.texts(openid))
    assert not any("13800000001" in text for text in stage.wechat.texts(other))
    assert any("已由李老师接手" in text for text in stage.wechat.texts(other))
    assert not any("13800000001" in str(push.payload) for push in stage.pushes())


def test_with_the_window_shut_the_template_wakes_without_the_words(stage: Stage) -> None:
    openid, _ = on_duty(stage, heard=False)
    _, number = cry(stage)
    assert stage.work() == {"sent": 1}
    (said,) = stage.wechat.texts(openid)
    assert stage.pushes("alert")[0].channel == "template"
    assert f"J{number} 有人可能想不开" in said and f"请回复 收到 J{number}" in said and "不想活" not in said


def test_where_no_way_is_open_it_is_loud_and_goes_on_trying(windowed: Stage) -> None:
    openid, _ = on_duty(windowed, heard=False)
    _, number = cry(windowed)
    with capture_logs() as logs:
        assert windowed.work() == {"unreached": 1}
    assert [each["log_level"] for each in logs if each["event"] == "push.not_sent"] == ["error"]
    assert [each["alerts"] for each in logs if each["event"] == "alert.unheard"] == [[f"J{number}"]]
    windowed.later(minutes=6)
    assert windowed.work() == {"unreached": 1}
    assert windowed.states("alert") == ["superseded", "unreached"]
    with windowed.database.session() as db:
        kept = outbox.kept_lines(db, windowed.cipher, openid, windowed.clock, windowed.settings)
    assert ["【紧急】" in line for _, line in kept] == [True], "with the next word of theirs they read it once"
    windowed.later(minutes=5)
    windowed.writes(openid)
    assert windowed.work() == {"sent": 1}


def test_with_nobody_on_duty_the_log_says_so_at_each_look(lite: Stage) -> None:
    cry(lite)
    with capture_logs() as logs:
        lite.work()
    (said,) = [each for each in logs if each["event"] == "alert.unheard"]
    assert said["log_level"] == "error" and "没有人值班" in said["what"]


def test_planning_is_by_looking_so_lost_rows_come_back(stage: Stage) -> None:
    openid, _ = on_duty(stage)
    cry(stage)
    stage.write(lambda db: db.execute(delete(Push)))
    assert stage.work() == {"sent": 1}
    assert len(stage.wechat.texts(openid)) == 1


def test_killed_between_wechat_s_yes_and_our_mark_it_is_said_once_more_at_most(windowed: Stage) -> None:
    openid, _ = on_duty(windowed)
    cry(windowed)
    killed_after_sending(windowed, templates=False)
    assert len(windowed.wechat.texts(openid)) == 1
    windowed.work()
    windowed.work()
    assert len(windowed.wechat.texts(openid)) == 2
    (push,) = windowed.pushes("alert")
    assert (push.state, push.maybe_sent) == ("sent", True), "one row for the turn, marked"


def test_two_workers_planning_the_same_turn_owe_it_once(stage: Stage) -> None:
    on_duty(stage)
    cry(stage)
    stage.work()
    stage.later(minutes=5)
    with stage.database.session() as one, stage.database.session() as other:
        assert len(alerts._missing(other, alerts.unheard(other), alerts.duty.on_duty(other), stage.clock)) == 1
        alerts.repeat(one, stage.clock)
        one.commit()
        other.rollback()
        assert alerts.repeat(other, stage.clock) == 0
        other.commit()
    assert len(stage.pushes("alert")) == 2


def test_the_answer_reaches_the_follower_in_the_teacher_s_name(stage: Stage) -> None:
    _, staff_id = on_duty(stage)
    openid = stage.follower()
    stage.writes(openid)
    _, number = cry(stage, openid)
    stage.work()
    stage.write(lambda db: alerts.answer(db, stage.cipher, number, staff_id, "你在哪里？", stage.clock))
    stage.work()
    assert stage.wechat.texts(openid) == ["值班老师（李老师）：\n你在哪里？"]


def test_a_word_sealed_with_another_key_still_wakes(stage: Stage) -> None:
    openid, _ = on_duty(stage)
    cry(stage)
    stage.cipher = Cipher(Cipher.generate_key())
    assert stage.work() == {"sent": 1}
    assert "原话读不出来" in stage.wechat.texts(openid)[0]


def test_config_offers_a_template_for_it() -> None:
    assert "alert" in Settings().push.templates
