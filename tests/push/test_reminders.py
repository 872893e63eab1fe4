"""Reminders from planning to the follower's phone: once, at the right time, and only while true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.services import activities, registrations
from bot.storage.models import Activity, Push, Shift
from tests.fixtures.world import hours
from tests.push.stage import Stage


def start_and_sign_up(stage: Stage, **words: object) -> tuple[str, int, int]:
    """A follower with a seat on a shift on Saturday 13:00; follower, shift, registration."""
    openid = stage.follower()
    shift_id = stage.shift(starts_at=saturday(13), code="A12", **words)
    return openid, shift_id, stage.signs_up(openid, shift_id)


def saturday(hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"2026-03-07T{hour:02}:{minute:02}:00+08:00")


def friday(hour: int, minute: int = 0) -> datetime:
    return saturday(hour, minute) - timedelta(days=1)


def move(stage: Stage, shift_id: int, starts_at: datetime) -> None:
    stage.write(lambda db: activities.move(db, shift_id, starts_at, starts_at + hours(2), now=stage.clock))


def test_a_day_and_two_hours_before_once_each(stage: Stage) -> None:
    openid, _, _ = start_and_sign_up(stage)
    for moment in (friday(12, 59), friday(13, 0), friday(13, 1), friday(18), saturday(10, 59)):
        stage.at(moment)
        stage.work()
    (first,) = stage.wechat.texts(openid)
    assert "江滨公园清洁" in first and "2026年3月7日 13:00" in first and "明天，还有1天" in first
    assert "去不了请回复 取消A12" in first and "江滨公园南门" in first
    stage.at(saturday(11, 0))
    assert stage.work() == {"sent": 1}
    stage.at(saturday(11, 1))
    assert stage.work() == {}
    assert "今天，还有2小时" in stage.wechat.texts(openid)[1]
    assert len(stage.wechat.seen(openid)) == 2
    assert {(push.state, push.channel) for push in stage.pushes()} == {("sent", "template")}
    assert all(push.wechat_id for push in stage.pushes())


def test_in_an_open_window_the_words_say_everything(lite: Stage) -> None:
    lite.settings = lite.settings.model_copy(update={"push": lite.settings.push.model_copy(update={"templates": {}})})
    openid, _, _ = start_and_sign_up(lite, bring="水杯")
    lite.at(friday(12))
    lite.writes(openid)
    lite.at(friday(13))
    assert lite.work() == {"sent": 1}
    assert lite.wechat.texts(openid) == [
        "【活动提醒】A12 江滨公园清洁\n时间：3月7日（周六）13:00–15:00（明天，还有1天）\n"
        "地点：江滨公园南门\n请带：水杯\n"
        "去不了请尽早回复 取消A12，名额好让给别人。"
    ]
    assert lite.follower_row(openid).message_used == 1


@pytest.mark.parametrize("planned_before", [True, False])
def test_not_after_a_cancellation(stage: Stage, planned_before: bool) -> None:
    openid, _, registration = start_and_sign_up(stage)
    if planned_before:
        stage.at(friday(12, 55))
        stage.work()
        assert stage.states("reminder") == ["due"]
    stage.write(lambda db: registrations.cancel(db, registration, stage.clock))
    stage.at(friday(13))
    stage.work()
    assert stage.wechat.seen(openid) == []
    assert stage.states("reminder") == (["superseded"] if planned_before else [])


def test_not_after_the_activity_was_cancelled_but_the_follower_is_told(stage: Stage) -> None:
    openid, shift_id, _ = start_and_sign_up(stage)
    stage.at(friday(12, 55))
    stage.work()
    stage.write(lambda db: activities.cancel(db, db.get_one(Shift, shift_id).activity_id, "台风来了", stage.clock))
    stage.at(friday(13))
    stage.work()
    (told,) = stage.wechat.texts(openid)
    assert "活动取消：台风来了" in told
    assert stage.states("reminder") == ["superseded"]


def test_what_was_cancelled_behind_our_back_is_noticed_at_the_moment_of_sending(lite: Stage) -> None:
    """Even if nobody superseded the row: the state is read again."""
    openid, _, registration = start_and_sign_up(lite)
    lite.at(friday(12, 55))
    lite.work()

    def silently(db: Session) -> None:
        lite_registration = db.get_one(type(lite.registration(registration)), registration)
        lite_registration.state = "cancelled"

    lite.write(silently)
    lite.at(friday(13))
    assert lite.work() == {"superseded": 1}
    assert lite.wechat.seen(openid) == []
    assert lite.pushes()[0].error == "the registration is cancelled"


def test_a_moved_shift_moves_its_reminders(stage: Stage) -> None:
    openid, shift_id, _ = start_and_sign_up(stage)
    stage.at(friday(12, 55))
    stage.work()
    move(stage, shift_id, saturday(17))
    stage.at(friday(13))
    stage.work()
    (told,) = stage.wechat.texts(openid)
    assert "2026年3月7日 17:00" in told and "改期" in told
    stage.at(friday(17))
    stage.work()
    stage.at(saturday(15))
    stage.work()
    texts = stage.wechat.texts(openid)
    assert len(texts) == 3 and all("17:00" in text for text in texts)
    assert sorted(stage.states("reminder")) == ["sent", "sent", "superseded"]


def test_moved_away_and_back_is_reminded_once(stage: Stage) -> None:
    openid, shift_id, _ = start_and_sign_up(stage)
    stage.at(friday(12, 52))
    stage.work()
    assert stage.states("reminder") == ["due"]
    move(stage, shift_id, saturday(17))
    stage.later(minutes=1)
    stage.work()
    move(stage, shift_id, saturday(13))
    for minute in (54, 59):
        stage.at(friday(12, minute))
        stage.work()
    stage.at(friday(13))
    stage.work()
    reminded = [text for text in stage.wechat.texts(openid) if "改期" not in text]
    assert len(reminded) == 1 and "2026年3月7日 13:00" in reminded[0]


def test_who_signs_up_after_the_time_of_a_reminder_is_not_reminded_of_it(stage: Stage) -> None:
    openid = stage.follower()
    shift_id = stage.shift(starts_at=saturday(13))
    stage.at(friday(14))
    stage.signs_up(openid, shift_id)
    stage.work()
    assert stage.pushes() == []
    stage.at(saturday(11))
    stage.work()
    assert len(stage.wechat.seen(openid)) == 1


def test_after_an_outage_what_is_too_late_is_not_sent(stage: Stage) -> None:
    """A day without a worker, or a clock that jumped: no flood of reminders that help nobody."""
    openid, _, _ = start_and_sign_up(stage)
    stage.at(friday(12, 55))
    stage.work()
    stage.at(friday(15, 1))
    assert stage.work() == {"expired": 1}
    stage.at(saturday(13, 1))
    assert stage.work() == {}
    assert stage.wechat.seen(openid) == []
    assert stage.states() == ["expired"]


def test_up_to_two_hours_late_is_still_useful(stage: Stage) -> None:
    openid, _, _ = start_and_sign_up(stage)
    stage.at(friday(14, 59))
    assert stage.work() == {"sent": 1}
    assert len(stage.wechat.seen(openid)) == 1


def test_a_clock_that_goes_back_repeats_nothing(stage: Stage) -> None:
    openid, _, _ = start_and_sign_up(stage)
    for moment in (friday(13), friday(12), friday(13), friday(13, 30)):
        stage.at(moment)
        stage.work()
    assert len(stage.wechat.seen(openid)) == 1


def test_who_wants_no_reminders_gets_none(stage: Stage) -> None:
    openid, _, _ = start_and_sign_up(stage)
    stage.at(friday(12, 55))
    stage.work()
    stage.change(openid, reminders=False)
    stage.at(friday(13))
    assert stage.work() == {"superseded": 1}
    stage.at(saturday(11))
    assert stage.work() == {}
    assert stage.wechat.seen(openid) == []


def test_no_reminder_for_those_in_line(stage: Stage) -> None:
    shift_id = stage.shift(starts_at=saturday(13), capacity=1)
    seated, waiting = stage.follower(), stage.follower()
    for openid in (seated, waiting):
        stage.signs_up(openid, shift_id)
    stage.at(friday(13))
    stage.work()
    assert (len(stage.wechat.seen(seated)), len(stage.wechat.seen(waiting))) == (1, 0)


def test_planning_is_by_looking_so_lost_rows_come_back(stage: Stage) -> None:
    openid, _, _ = start_and_sign_up(stage)
    stage.at(friday(12, 55))
    stage.work()
    stage.write(lambda db: db.execute(delete(Push)))
    stage.at(friday(13))
    assert stage.work() == {"sent": 1}
    assert len(stage.wechat.seen(openid)) == 1


def test_many_are_planned_in_pages(stage: Stage) -> None:
    """More than one page of rows, and nothing planned twice."""
    shift_id = stage.shift(starts_at=saturday(13), capacity=500)

    def crowd(db: Session) -> None:
        from tests.fixtures.world import World

        world = World(db, stage.cipher, stage.clock)
        for person_id in world.people(230):
            registrations.sign_up(db, shift_id, person_id, f"o-{person_id}", stage.clock)

    stage.write(crowd)
    from bot.push import jobs

    assert jobs.plan_reminders(stage.database, friday(12, 55), stage.settings) == 230
    assert jobs.plan_reminders(stage.database, friday(12, 55), stage.settings) == 0
    assert len(stage.pushes()) == 230
    assert {push.due_at for push in stage.pushes()} == {friday(13)}
    with stage.database.session() as db:
        assert db.query(Activity).count() == 1
