"""What the worker does about presence by itself: closing, telling, forgetting, complaining; each once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.commands.attendance import check_in_picture
from bot.push import jobs_attendance
from bot.services import appeals, check_in, nearby, presence
from bot.storage.database import writing
from bot.storage.models import Appeal, AttendanceEvent, Registration
from tests.push.stage import Stage


def saturday(hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"2026-03-07T{hour:02}:{minute:02}:00+08:00")


def checked_in(stage: Stage) -> tuple[str, int, int]:
    """Follower, shift, registration of somebody who came at 12:58 and showed where they are."""
    openid = stage.follower()
    shift_id = stage.shift(starts_at=saturday(13), code="A12")
    registration_id = stage.signs_up(openid, shift_id)
    stage.at(saturday(12, 58))
    stage.writes(openid)

    def come(db) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        row = db.get_one(Registration, registration_id)
        presence.record(
            db, shift_id=shift_id, person_id=row.person_id, kind="in", captured_at=stage.clock, channel="location",
            entered_by="person:1", nonce="n", now=stage.clock, place_encrypted=b"sealed", distance_m=30,
        )  # fmt: skip

    stage.write(come)
    return openid, shift_id, registration_id


def test_who_did_not_check_out_is_asked_once(stage: Stage) -> None:
    openid, _, _ = checked_in(stage)
    for moment in (saturday(15, 59), saturday(16), saturday(16, 1), saturday(16, 2), saturday(18)):
        stage.at(moment)
        stage.work()
    asked = [text for text in stage.wechat.texts(openid) if "您没有签退" in text]
    assert len(asked) == 1
    assert "12:58签到" in asked[0] and "补签退 15:00" in asked[0]


def test_who_answered_meanwhile_is_not_asked_any_more(stage: Stage) -> None:
    """The sentence is made when it is said: by then the leader may have confirmed."""
    openid, shift_id, registration_id = checked_in(stage)
    stage.at(saturday(16, 1))

    def close_and_decide(db) -> None:  # type: ignore[no-untyped-def]
        presence.close(db, shift_id, stage.clock)
        appeal = appeals.says_left(db, registration_id, saturday(15), "", stage.clock)
        appeals.decide(db, appeal.id, True, "staff:1", stage.clock)

    stage.write(close_and_decide)
    stage.work()
    said = stage.wechat.texts(openid)
    assert any("负责人已确认" in text for text in said)
    assert not any("您没有签退" in text for text in said)


def test_places_are_forgotten_by_the_worker(stage: Stage) -> None:
    checked_in(stage)
    database = stage.database
    days = stage.settings.attendance.keep_places_days
    assert jobs_attendance.forget_places(database, stage.clock, stage.settings) == 0
    later = stage.clock + timedelta(days=days)
    assert jobs_attendance.forget_places(database, later, stage.settings) == 1
    assert jobs_attendance.forget_places(database, later, stage.settings) == 0
    with database.session() as db:
        event = db.scalars(select(AttendanceEvent)).one()
        assert (event.place_encrypted, event.distance_m) == (None, 30)


def test_an_appeal_nobody_decides_is_complained_of_once(stage: Stage) -> None:
    openid, shift_id, registration_id = checked_in(stage)
    stage.at(saturday(16, 1))
    stage.write(lambda db: presence.close(db, shift_id, stage.clock))
    stage.write(lambda db: appeals.says_left(db, registration_id, saturday(15), "", stage.clock))
    with stage.database.session() as db:
        due = db.scalars(select(Appeal.due_at)).one()
    for moment in (due - timedelta(minutes=1), due + timedelta(minutes=1), due + timedelta(hours=1)):
        jobs_attendance.complain_of_appeals(stage.database, moment)
    assert stage.registration(registration_id).state == "unclosed"
    owed = [push for push in stage.pushes("notice") if push.payload["notice"] == "attendance.appeal_late"]
    assert [push.openid for push in owed] == [openid]
    stage.at(due + timedelta(hours=1))
    stage.writes(openid)
    stage.work()
    assert len([text for text in stage.wechat.texts(openid) if "还没有结果" in text]) == 1


def test_the_poster_is_a_code_that_wechat_knows_by_our_scene(stage: Stage) -> None:
    shift_id = stage.shift(starts_at=saturday(13), code="A12")
    scene = check_in.scene(stage.cipher, shift_id)
    assert len(check_in_picture(stage.client, scene, 3600)) > 100
    made = stage.wechat.world.state.shelf("qrcodes").values()
    assert [one["scene"] for one in made] == [scene]


def test_the_poster_is_for_what_goes_on_or_comes_next(stage: Stage) -> None:
    shift_id = stage.shift(starts_at=saturday(13), code="A12")
    with stage.database.session() as db:
        chosen = [nearby.next_shift(db, "A12", saturday(hour)) for hour in (9, 15)]
        assert [shift.id for shift in chosen if shift] == [shift_id, shift_id]
        assert nearby.next_shift(db, "A12", saturday(16)) is None
        assert nearby.next_shift(db, "B07", saturday(9)) is None
