"""A broadcast from approval to report: which way it takes, who receives it, what stops it, what WeChat's answers do."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy.orm import Session

from bot.push import broadcasts_pages, outbox
from bot.push.closures import BEIJING
from bot.services import mass_quotas
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Broadcast, Follower, FollowerTag, Recipient, Staff
from bot.storage.valkey import Valkey
from tests.push.account import settings_for
from tests.push.addressed import approved, batches, ended, followers, report, row, seen, states
from tests.push.stage import Simulated, Stage, simulated

ALL, LIST = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send"


def set_state(stage: Stage, id: int, state: str) -> None:
    def turned(db: object) -> None:
        db.get_one(Broadcast, id).state = state  # type: ignore[attr-defined]

    stage.write(turned)


def on_duty(stage: Stage) -> str:
    """Whom an alert reaches: their window is open."""
    openid = stage.follower(heard=stage.clock)
    stage.writes(openid)
    stage.write(lambda db: db.add(Staff(username="li", password_hash="-", role="admin", openid=openid, on_duty=True,
                                        created_at=stage.clock)))  # fmt: skip
    return openid


def test_to_everybody_from_due_to_done(stage: Stage) -> None:
    openids = followers(stage, 3)
    id = approved(stage, due_at=stage.clock + timedelta(hours=1))
    stage.work()
    assert row(stage, id).state == "approved", "not before its time"
    stage.later(hours=1)
    stage.work()
    assert (row(stage, id).state, row(stage, id).size) == ("sending", 3)
    (batch,) = batches(stage, id)
    assert (batch.call, batch.state, batch.size) == ("everybody", "accepted", 3)
    assert len(batch.client_msg_id.encode()) <= 32 and states(stage, id) == {"sent": 3}
    assert seen(stage, openids) == [1, 1, 1]
    report(stage)
    stage.work()
    (batch,) = batches(stage, id)
    assert (batch.state, batch.sent_count, batch.filter_count) == ("done", 3, 3)
    assert states(stage, id) == {"delivered": 3} and row(stage, id).state == "done"
    stage.later(days=2)
    stage.work()
    assert seen(stage, openids) == [1, 1, 1]
    (text,) = stage.wechat.texts(openids[0])
    assert text.startswith("【周六河边见】\n带上手套和水。\n") and "退订" in text


def test_somebody_wants_none_so_a_list_goes_to_the_others(stage: Stage) -> None:
    openids, refusing = followers(stage, 4), followers(stage, 1, broadcasts=False)
    id = approved(stage)
    stage.work()
    assert [batch.call for batch in batches(stage, id)] == ["openids"]
    assert seen(stage, openids) == [1] * 4 and seen(stage, refusing) == [0]


def test_lists_are_cut_and_one_left_over_is_told_alone(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts_pages, "MOST_IN_A_CALL", 3)
    monkeypatch.setattr(broadcasts_pages, "PAGE", 2)
    openids = followers(lite, 7)
    lite.write(lambda db: db.add_all(FollowerTag(openid=one, name="骨干", given_at=lite.clock) for one in openids))
    followers(lite, 2)
    lite.writes(openids[-1])
    id = approved(lite, audience={"tag": "骨干"})
    lite.work()
    assert [(batch.call, batch.size) for batch in batches(lite, id)] == [("openids", 3), ("openids", 3)]
    assert states(lite, id) == {"sent": 7} and seen(lite, openids) == [1] * 6 + [0]
    assert [one["kind"] for one in lite.wechat.seen(openids[-1])] == ["custom"]
    assert [push.key for push in lite.pushes("broadcast")] == [f"broadcast:{id}:{openids[-1]}"]


def test_planning_goes_on_behind_the_last_page(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts_pages, "PAGE", 2)
    openids = followers(lite, 5)
    id = approved(lite)
    lite.write(lambda db: broadcasts_pages.begin(db, id, lite.clock, "verified_service"))
    turns = iter([True, False])
    broadcasts_pages.plan(lite.database, id, lite.clock, USUAL, lambda: next(turns))
    assert states(lite, id) == {"due": 2} and row(lite, id).size is None
    lite.work()
    assert row(lite, id).size == 5 and seen(lite, openids) == [1] * 5


def test_paused_between_pages_and_calls_then_resumed(lite: Stage) -> None:
    openids = followers(lite, 3)
    id = approved(lite)
    lite.write(lambda db: broadcasts_pages.begin(db, id, lite.clock, "verified_service"))
    set_state(lite, id, "paused")
    lite.work()
    assert states(lite, id) == {} and not lite.wechat.calls(ALL)
    set_state(lite, id, "sending")
    lite.work()
    assert seen(lite, openids) == [1] * 3


def test_paused_between_two_calls(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts_pages, "MOST_IN_A_CALL", 3)
    openids, _ = followers(lite, 6), followers(lite, 1, broadcasts=False)
    id, send = approved(lite), lite.client.mass_send

    def and_pause(*to: object, **named: object) -> str:
        set_state(lite, id, "paused")
        return send(*to, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(lite.client, "mass_send", and_pause)
    lite.work()
    assert seen(lite, openids) == [1] * 3 + [0] * 3
    set_state(lite, id, "stopped")
    lite.work()
    report(lite)
    lite.work()
    assert states(lite, id) == {"delivered": 3, "stopped": 3}


def test_an_hour_without_an_answer_is_the_end_and_nobody_is_told_twice(lite: Stage) -> None:
    woken, openids = on_duty(lite), followers(lite, 2)
    lite.wechat.faults(http=[{"path": ALL, "status": 502}])
    id = approved(lite)
    for _ in range(14):
        lite.work()
        lite.later(minutes=12)
    assert len(lite.wechat.calls(ALL)) == 12 and states(lite, id) == {"unknown": 3} and seen(lite, openids) == [1, 1]
    assert row(lite, id).state == "done" and any("不知道发没发出去" in text for text in lite.wechat.texts(woken))


def test_pushes_of_a_paused_broadcast_wait(lite: Stage) -> None:
    (openid,) = followers(lite, 1)
    lite.writes(openid)
    id = approved(lite, channel="custom")
    lite.write(lambda db: broadcasts_pages.begin(db, id, lite.clock, "verified_service"))
    broadcasts_pages.plan(lite.database, id, lite.clock, USUAL, lambda: True)
    broadcasts_pages.owe(lite.database, id, lite.clock, lambda: True)
    set_state(lite, id, "paused")
    assert lite.work() == {"due": 1} and not lite.wechat.seen(openid)
    set_state(lite, id, "sending")
    lite.later(minutes=5)
    lite.work()
    assert len(lite.wechat.seen(openid)) == 1 and row(lite, id).state == "done"


def test_at_night_nothing_leaves_and_what_waits_leaves_in_the_morning(lite: Stage) -> None:
    (openid,) = followers(lite, 1)
    one_by_one = approved(lite, channel="custom")
    lite.write(lambda db: broadcasts_pages.begin(db, one_by_one, lite.clock, "verified_service"))
    broadcasts_pages.plan(lite.database, one_by_one, lite.clock, USUAL, lambda: True)
    broadcasts_pages.owe(lite.database, one_by_one, lite.clock, lambda: True)
    to_all = approved(lite)
    lite.at(datetime(2026, 3, 3, 14, 30, tzinfo=timezone.utc))  # 22:30 in Beijing
    lite.writes(openid)
    lite.work()
    assert not lite.wechat.seen(openid) and row(lite, to_all).size == 1
    lite.at(datetime(2026, 3, 3, 23, 30, tzinfo=timezone.utc))
    lite.work()
    assert sorted(one["kind"] for one in lite.wechat.seen(openid)) == ["custom", "mass"]


def test_the_next_contact_brings_it_and_the_row_knows(stage: Stage) -> None:
    (openid,) = followers(stage, 1)
    id = approved(stage, channel="custom", link="https://example.org/river")
    stage.work()
    assert states(stage, id) == {"unreached": 1}

    def contact(db: Session) -> str:
        ((push, line),) = outbox.kept_lines(db, stage.cipher, openid, stage.clock, stage.settings)
        outbox.settle_kept(db, [push], stage.clock, BEIJING)
        return line

    assert "/b/B1?t=" in stage.write(contact)
    with stage.database.session() as db:
        recipient = db.get_one(Recipient, (id, openid))
    assert (recipient.state, recipient.channel) == ("sent", "passive")


def test_stopped_while_an_answer_is_missing_is_unknown_until_wechat_reports(lite: Stage) -> None:
    followers(lite, 2)
    lite.wechat.faults(reset_after_accept=[{"path": ALL, "times": 1}])
    id = approved(lite)
    lite.work()
    set_state(lite, id, "stopped")
    lite.later(minutes=5)
    lite.work()
    assert states(lite, id) == {"unknown": 2} and len(lite.wechat.calls(ALL)) == 1


def test_stopped_nothing_more_goes_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts_pages, "MOST_OWED", 2)
    openids = followers(stage, 5)
    id = approved(stage, channel="custom")
    stage.write(lambda db: broadcasts_pages.begin(db, id, stage.clock, "verified_service"))
    broadcasts_pages.plan(stage.database, id, stage.clock, USUAL, lambda: True)
    broadcasts_pages.owe(stage.database, id, stage.clock, lambda: True)
    assert stage.states("broadcast") == ["due"] * 2, "never more than so many wait in the outbox"
    set_state(stage, id, "stopped")
    stage.work()
    assert states(stage, id) == {"stopped": 5} and stage.states("broadcast") == ["superseded"] * 2
    assert not any(stage.wechat.seen(openid) for openid in openids)


def test_stopped_calls_are_not_made(lite: Stage) -> None:
    openids = followers(lite, 3)
    id = approved(lite)
    lite.write(lambda db: broadcasts_pages.begin(db, id, lite.clock, "verified_service"))
    broadcasts_pages.plan(lite.database, id, lite.clock, USUAL, lambda: True)
    set_state(lite, id, "stopped")
    lite.work()
    assert states(lite, id) == {"stopped": 3} and seen(lite, openids) == [0] * 3


def test_what_no_window_lets_through_waits_for_the_next_contact(lite: Stage) -> None:
    spoke, silent = sorted(followers(lite, 2))
    lite.writes(spoke)
    id = approved(lite, channel="custom")
    lite.work()
    assert states(lite, id) == {"sent": 1, "unreached": 1} and row(lite, id).state == "done"
    lite.later(days=8)
    lite.work()
    assert lite.states("broadcast").count("expired") == 1 and states(lite, id) == {"sent": 1, "unreached": 1}


def test_who_turned_broadcasts_off_meanwhile_is_not_told(lite: Stage) -> None:
    (openid,) = followers(lite, 1)
    lite.writes(openid)
    id = approved(lite, channel="custom")
    lite.write(lambda db: broadcasts_pages.begin(db, id, lite.clock, "verified_service"))
    broadcasts_pages.plan(lite.database, id, lite.clock, USUAL, lambda: True)
    lite.change(openid, broadcasts=False)
    lite.work()
    assert states(lite, id) == {"refused": 1} and not lite.wechat.seen(openid)


def test_a_lost_answer_is_asked_again_with_the_same_id(stage: Stage) -> None:
    openids = followers(stage, 3)
    stage.wechat.faults(reset_after_accept=[{"path": ALL, "times": 1}])
    id = approved(stage)
    stage.work()
    (batch,) = batches(stage, id)
    assert (batch.state, batch.attempts) == ("due", 1) and batch.tried_at is not None
    stage.work()
    assert len(stage.wechat.calls(ALL)) == 1, "not within the minute that WeChat wants between two"
    stage.later(seconds=62)
    stage.work()
    (batch,) = batches(stage, id)
    (job,) = ended(stage)
    assert (batch.state, batch.wechat_id) == ("accepted", str(job["msg_id"]))
    assert len(stage.wechat.calls(ALL)) == 2 and seen(stage, openids) == [1] * 3


def test_without_a_stable_id_a_lost_answer_is_a_second_broadcast(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    openids = followers(lite, 3)
    sent, ids = lite.client.mass_to_tag, iter(("a", "b"))
    monkeypatch.setattr(lite.client, "mass_to_tag",
                        lambda *to, clientmsgid: sent(*to, clientmsgid=next(ids)))  # fmt: skip
    lite.wechat.faults(reset_after_accept=[{"path": ALL, "times": 1}])
    approved(lite)
    lite.work()
    lite.later(seconds=62)
    lite.work()
    assert seen(lite, openids) == [2] * 3


def test_quota_of_the_month_is_ours_to_count_and_lists_go_on(stage: Stage) -> None:
    openids = followers(stage, 2)
    for _ in range(4):
        approved(stage)
        stage.work()
        report(stage)
    with stage.database.session() as db:
        left = mass_quotas.left(db, stage.clock, "verified_service")
        assert (left.calls, left.most, left.period) == (0, 4, "month")
        assert left.until == datetime(2026, 3, 31, 16, tzinfo=timezone.utc)
        assert mass_quotas.had_their_share(db, openids, stage.clock) == set(openids)
        assert mass_quotas.left(db, left.until, "verified_service").calls == 4
    fifth = approved(stage)
    stage.work()
    assert len(stage.wechat.calls(ALL)) == 4 and not stage.wechat.calls(LIST), "WeChat would skip them in silence"
    assert states(stage, fifth) == {"unreached": 2} and seen(stage, openids) == [4, 4]


def test_no_quota_says_wechat_then_in_the_morning_of_the_next_month(stage: Stage) -> None:
    woken = on_duty(stage)
    openids = followers(stage, 2)
    stage.wechat.faults(errcode=[{"path": ALL, "code": 45028, "times": 1}])
    id = approved(stage)
    stage.work()
    (batch,) = batches(stage, id)
    assert (batch.state, batch.tried_at) == ("due", None)
    assert batch.not_before == datetime(2026, 3, 31, 23, 30, tzinfo=timezone.utc), "no one is woken at midnight"
    assert "4月1日07:30" in row(stage, id).error
    assert any(text.startswith(f"【群发】{id} ") and "4月1日07:30" in text for text in stage.wechat.texts(woken))
    with stage.database.session() as db:
        assert mass_quotas.left(db, stage.clock, "verified_service").calls == 0
    stage.work()
    assert len(stage.wechat.calls(ALL)) == 1
    stage.at(batch.not_before)
    stage.work()
    assert seen(stage, openids) == [1, 1]


def test_no_right_to_send_to_many_is_told_one_by_one(stage: Stage) -> None:
    woken = on_duty(stage)
    openids = followers(stage, 2)
    stage.writes(openids[0])
    stage.wechat.faults(errcode=[{"path": "/cgi-bin/message/mass/*", "code": 48001}])
    id = approved(stage)
    stage.work()
    assert [batch.state for batch in batches(stage, id)] == ["failed"]
    assert states(stage, id) == {"sent": 2, "unreached": 1} and row(stage, id).state == "done"
    assert any("逐个通知" in text for text in stage.wechat.texts(woken))


@pytest.mark.parametrize(("code", "what"), [(48003, "群发协议"), (87014, "安全检查"), (45002, "正文太长")])
def test_what_somebody_must_mend_pauses_it(lite: Stage, code: int, what: str) -> None:
    openids = followers(lite, 2)
    lite.wechat.faults(errcode=[{"path": ALL, "code": code, "times": 1}])
    id = approved(lite)
    lite.work()
    assert row(lite, id).state == "paused" and what in row(lite, id).error
    lite.later(hours=2)
    lite.work()
    assert seen(lite, openids) == [0, 0]
    set_state(lite, id, "sending")
    lite.work()
    assert seen(lite, openids) == [1, 1]


@pytest.mark.parametrize("code", [-1, 45011, 45066, 40164, 61234])
def test_what_passes_by_itself_is_tried_again(lite: Stage, code: int) -> None:
    openids = followers(lite, 2)
    lite.wechat.faults(errcode=[{"path": ALL, "code": code, "times": 1}])
    id = approved(lite)
    lite.work()
    assert (row(lite, id).state, batches(lite, id)[0].state) == ("sending", "due") and seen(lite, openids) == [0, 0]
    lite.later(minutes=6)
    lite.work()
    assert seen(lite, openids) == [1, 1]


def test_one_openid_that_wechat_does_not_know_keeps_only_itself(stage: Stage) -> None:
    openids = followers(stage, 9)
    foreign = sorted(openids)[4] + "x"
    stage.write(lambda db: db.add(Follower(openid=foreign, followed_at=stage.clock)))
    followers(stage, 1, broadcasts=False)
    id = approved(stage)
    stage.work()
    alone = [push.openid for push in stage.pushes("broadcast")]
    assert foreign in alone and len(alone) <= 3
    carried = [openid for openid in openids if openid not in alone]
    assert len(carried) >= 7 and seen(stage, carried) == [1] * len(carried)
    assert row(stage, id).size == 10 and "due" not in states(stage, id)


def test_a_report_of_refusal_fails_the_recipients_and_is_told(lite: Stage) -> None:
    woken = on_duty(lite)
    openids = followers(lite, 2)
    lite.wechat.faults(mass_status="err(20001)")
    id = approved(lite)
    lite.work()
    report(lite, "err(20001)")
    lite.work()
    assert states(lite, id) == {"failed": 3} and seen(lite, openids) == [0, 0]
    assert any("涉嫌政治" in text for text in lite.wechat.texts(woken))


def test_a_late_report_corrects_what_nobody_knew(lite: Stage) -> None:
    followers(lite, 2)
    lite.wechat.faults(mass_confirm="wait")
    id = approved(lite)
    lite.work()
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/message/mass/get", "code": -1}])
    for days in (1, 2):
        lite.later(days=days)
        lite.work()
    assert states(lite, id) == {"unknown": 2} and row(lite, id).state == "done"
    lite.wechat.faults(mass_confirm="", clear=True)
    report(lite)
    lite.work()
    assert batches(lite, id)[0].state == "done"
    report(lite)
    lite.work()
    assert states(lite, id)["unknown"] == 0


def test_filtered_followers_are_counted_and_not_named(lite: Stage) -> None:
    openids = followers(lite, 3)
    lite.wechat.leave(openids[0])
    id = approved(lite)
    lite.work()
    report(lite)
    lite.work()
    (batch,) = batches(lite, id)
    assert batch.sent_count == 2 and row(lite, id).state == "done"


def test_a_report_that_does_not_come_is_asked_for(lite: Stage) -> None:
    followers(lite, 2)
    id = approved(lite)
    lite.work()
    ended(lite)
    lite.later(minutes=9)
    lite.work()
    assert batches(lite, id)[0].state == "accepted"
    lite.later(minutes=2)
    lite.work()
    assert (batches(lite, id)[0].state, row(lite, id).state) == ("done", "done")
    assert states(lite, id) == {"sent": 2}, "mass/get tells no counts"


def test_a_job_that_waits_for_the_administrator_and_is_refused(lite: Stage) -> None:
    followers(lite, 2)
    lite.wechat.faults(mass_status="err(20013)")
    id = approved(lite)
    lite.work()
    ended(lite)
    lite.later(minutes=11)
    lite.work()
    assert batches(lite, id)[0].state == "failed" and states(lite, id) == {"failed": 2}


def test_a_subscription_account_sends_once_a_day(database: Database, cipher: Cipher, valkey: Valkey) -> None:
    with simulated("verified_subscription") as wechat:
        stage = Stage(database, cipher, valkey, wechat, settings_for(wechat.url, account="verified_subscription"))
        openids = followers(stage, 2)
        first, second = approved(stage), approved(stage)
        stage.work()
        assert seen(stage, openids) == [1, 1] and len(wechat.calls(ALL)) == 1, "WeChat is not even asked"
        assert row(stage, second).error and not batches(stage, second)[0].attempts
        report(stage)
        stage.later(days=1)
        stage.work()
        assert seen(stage, openids) == [2, 2] and row(stage, first).state == "done"


def test_an_account_without_rights_waits_for_the_next_contact(lite: Stage, wechat: Simulated) -> None:
    lite.settings = settings_for(wechat.url, account="unverified")
    followers(lite, 2)
    id = approved(lite)
    lite.work()
    assert states(lite, id) == {"unreached": 2} and not batches(lite, id)
