"""Which way is taken, what each refusal teaches, and who is left for their own next message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog.testing

from bot.push import outbox
from bot.services import activities, announcements, registrations
from bot.settings import PushTemplate, Web
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Activity, NoticeConsent
from bot.storage.valkey import Valkey
from tests.fixtures.world import NOW, hours
from tests.push.account import TEMPLATES, settings_for, template_id
from tests.push.stage import Stage, simulated
from tests.push.test_reminders import friday, saturday


def reminded(stage: Stage, openid: str = "") -> str:
    """Somebody whose reminder is due now."""
    openid = openid or stage.follower()
    stage.signs_up(openid, stage.shift(starts_at=saturday(13)))
    stage.at(friday(13))
    return openid


def way_taken(stage: Stage) -> str:
    (push,) = stage.pushes()
    return f"{push.state} {push.channel}".strip()


def consents_left(stage: Stage, openid: str) -> int:
    with stage.database.session() as db:
        return db.get_one(NoticeConsent, (openid, template_id("reminder", "subscribe"))).remaining


def only(stage: Stage, **templates: PushTemplate) -> None:
    stage.settings = settings_for(stage.wechat.url, templates=templates)


# -- the order ---------------------------------------------------------------------------------------------


def test_a_consent_comes_first_and_is_used_up(stage: Stage) -> None:
    openid = reminded(stage)
    stage.writes(openid)
    stage.consents(openid)
    stage.work()
    assert way_taken(stage) == "sent subscribe"
    assert consents_left(stage, openid) == 0
    assert stage.follower_row(openid).message_used == 0
    stage.at(saturday(11))
    stage.work()
    assert [push.channel for push in stage.pushes()] == ["subscribe", "template"]


def test_then_the_template(lite: Stage) -> None:
    openid = reminded(lite)
    lite.writes(openid)
    lite.work()
    assert way_taken(lite) == "sent template"
    assert lite.follower_row(openid).message_used == 0


def test_a_tap_on_the_card_opens_the_activity(lite: Stage) -> None:
    openid = reminded(lite)
    lite.settings = lite.settings.model_copy(update={"web": Web(public_url="https://qs.example.gov.cn")})
    lite.work()
    (told,) = lite.wechat.seen(openid)
    assert told["kind"] == "template" and told["url"] == f"https://qs.example.gov.cn/a/{code_of(lite)}"


def test_then_the_window_counted_as_wechat_counts(lite: Stage) -> None:
    only(lite)
    openid = reminded(lite)
    lite.writes(openid)
    lite.work()
    assert way_taken(lite) == "sent custom"
    assert lite.follower_row(openid).message_used == 1


@pytest.mark.parametrize(
    ("window", "open_"),
    [
        ({"last_message_at": friday(13) - hours(47.9), "message_used": 4}, True),
        ({"last_message_at": friday(13) - hours(48), "message_used": 0}, False),
        ({"last_message_at": friday(13) - hours(1), "message_used": 5}, False),
        ({"last_click_at": friday(13) - timedelta(seconds=59), "click_used": 2}, True),
        ({"last_click_at": friday(13) - timedelta(seconds=59), "click_used": 3}, False),
        ({"last_click_at": friday(13) - timedelta(seconds=60), "click_used": 0}, False),
    ],
)
def test_a_window_is_used_only_while_it_is_open(lite: Stage, window: dict[str, object], open_: bool) -> None:
    only(lite)
    openid = reminded(lite)
    lite.wechat.say(openid)
    lite.change(openid, **window)
    lite.work()
    assert way_taken(lite) == ("sent custom" if open_ else "unreached")
    assert len(lite.wechat.calls("/cgi-bin/message/custom/send")) == int(open_), "no call that WeChat would refuse"


def test_the_short_window_is_spent_before_the_long_one(lite: Stage) -> None:
    only(lite)
    openid = reminded(lite)
    lite.wechat.say(openid)
    lite.change(openid, last_message_at=lite.clock, last_click_at=lite.clock)
    lite.work()
    row = lite.follower_row(openid)
    assert (row.click_used, row.message_used) == (1, 0)


def test_with_nothing_open_it_waits_for_the_follower(stage: Stage) -> None:
    only(stage)
    openid = reminded(stage)
    stage.work()
    assert way_taken(stage) == "unreached"
    with stage.database.session() as db:
        kept = outbox.kept_lines(db, stage.cipher, openid, friday(20), stage.settings)
        assert [text.split("\n")[0] for _, text in kept] == [f"【活动提醒】{code_of(stage)} 江滨公园清洁"]
    stage.write(lambda db: announcements.settle_kept(db, [push for push, _ in kept], friday(20)))
    assert way_taken(stage) == "sent passive"
    with stage.database.session() as db:
        assert outbox.kept_lines(db, stage.cipher, openid, friday(20), stage.settings) == []


def code_of(stage: Stage) -> str:
    with stage.database.session() as db:
        return db.query(Activity).one().code


def test_of_two_kept_reminders_only_the_last_is_said(lite: Stage) -> None:
    only(lite)
    openid = reminded(lite)
    lite.work()
    lite.at(saturday(11))
    lite.work()
    assert lite.states() == ["unreached", "unreached"]
    with lite.database.session() as db:
        kept = outbox.kept_lines(db, lite.cipher, openid, saturday(11, 30), lite.settings)
    assert len(kept) == 1 and "今天，还有2小时" in kept[0][1]
    lite.write(lambda db: announcements.settle_kept(db, [push for push, _ in kept], saturday(11, 30)))
    assert lite.states() == ["superseded", "sent"]


def test_what_is_kept_is_read_again_and_ends_with_the_start(lite: Stage) -> None:
    only(lite)
    openid = reminded(lite)
    lite.work()
    with lite.database.session() as db:
        assert outbox.kept_lines(db, lite.cipher, openid, saturday(12, 59), lite.settings) != []
        assert outbox.kept_lines(db, lite.cipher, openid, saturday(13), lite.settings) == []
    lite.at(saturday(13))
    lite.work()
    assert [push.error for push in lite.pushes() if push.state == "expired"] == ["nobody came for it"]


# -- refusals --------------------------------------------------------------------------------------------------


def test_43101_empties_our_count_and_the_template_goes(lite: Stage) -> None:
    openid = reminded(lite)
    lite.consents(openid, times=2)
    lite.wechat.consent(openid, template_id("reminder", "subscribe"), 0)
    lite.work()
    assert way_taken(lite) == "sent template"
    assert consents_left(lite, openid) == 0


@pytest.mark.parametrize("code", [45015, 45047])
def test_a_window_that_wechat_counts_shut_is_shut_for_us(lite: Stage, code: int) -> None:
    only(lite)
    openid = reminded(lite)
    lite.writes(openid)
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/message/custom/send", "code": code}])
    lite.work()
    assert way_taken(lite) == "unreached"
    assert lite.follower_row(openid).message_used == 5
    lite.wechat.faults(clear=True)
    lite.later(minutes=1)
    lite.writes(openid)
    assert lite.follower_row(openid).message_used == 0, "the next message opens it again"


def test_43004_marks_who_left_and_keeps_it_for_their_return(lite: Stage) -> None:
    openid = reminded(lite)
    lite.wechat.leave(openid)
    lite.work()
    row = lite.follower_row(openid)
    assert way_taken(lite) == "unreached"
    assert (row.followed, row.unfollowed_at) == (False, lite.clock)
    assert "not_following" in lite.pushes()[0].error


def test_who_is_known_to_have_left_is_not_called_at_all(lite: Stage) -> None:
    openid = reminded(lite)
    lite.change(openid, followed=False, last_message_at=lite.clock)
    lite.work()
    assert way_taken(lite) == "unreached"
    assert lite.wechat.calls("/cgi-bin/message/") == []


@pytest.mark.parametrize("code", [40003, 46004])
def test_an_openid_that_is_nobody_is_the_end_of_it(lite: Stage, code: int) -> None:
    reminded(lite)
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/message/template/send", "code": code}])
    lite.work()
    assert way_taken(lite) == "failed template"


@pytest.mark.parametrize("code", [48001, 48004, 43019, 48002, 47003, 45168])
def test_a_refused_template_leaves_the_window(lite: Stage, code: int) -> None:
    openid = reminded(lite)
    lite.writes(openid)
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/message/template/send", "code": code}])
    lite.work()
    assert way_taken(lite) == "sent custom"


def test_48001_shuts_the_way_for_everybody_with_one_alert(lite: Stage) -> None:
    for _ in range(5):
        reminded(lite)
        lite.at(NOW)
    lite.at(friday(13))
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/message/template/send", "code": 48001}])
    with structlog.testing.capture_logs() as logs:
        assert lite.work() == {"unreached": 5}
    (alert,) = [line for line in logs if line["event"] == "push.alert"]
    assert (alert["code"], alert["stops"], alert["log_level"]) == (48001, "template", "error")
    assert "接口权限" in alert["what"]
    called = len(lite.wechat.calls("/cgi-bin/message/template/send"))
    assert 1 <= called <= 4, "at most the calls already in flight"


def test_40037_shuts_one_template_not_the_others(lite: Stage) -> None:
    lite.settings = settings_for(lite.wechat.url, templates={**TEMPLATES, "reminder": PushTemplate(template="X" * 43)})
    openid = reminded(lite)
    lite.work()
    assert way_taken(lite) == "unreached"
    shift_id = lite.shift(starts_at=saturday(17))
    lite.signs_up(openid, shift_id)
    lite.write(lambda db: activities.move(db, shift_id, saturday(18), saturday(19), now=lite.clock))
    lite.later(minutes=5)
    lite.work()
    assert [(push.kind, push.state) for push in lite.pushes()] == [("reminder", "unreached"), ("change", "sent")]


def test_fields_that_do_not_fit_leave_the_window(lite: Stage) -> None:
    """phrase holds five Chinese characters: a title does not fit, and WeChat need not tell us."""
    broken = PushTemplate(template=template_id("reminder", "template"), template_fields={"phrase1": "time"})
    only(lite, reminder=broken)
    openid = reminded(lite)
    lite.writes(openid)
    lite.work()
    assert way_taken(lite) == "sent custom"
    assert lite.wechat.calls("/cgi-bin/message/template/send") == []


def test_fields_as_config_yaml_maps_them(lite: Stage) -> None:
    own = PushTemplate(
        template=template_id("reminder", "template"), template_fields={"thing9": "name", "time3": "time"}
    )
    only(lite, reminder=own)
    openid = reminded(lite)
    lite.work()
    (card,) = lite.wechat.seen(openid)
    assert {row["name"] for row in card["body"]["rows"]} == {"thing9", "time3"}


# -- accounts ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["verified_subscription", "unverified"])
def poorer(
    request: pytest.FixtureRequest, sqlite_database: Database, cipher: Cipher, valkey: Valkey
) -> Iterator[Stage]:
    with simulated(request.param) as wechat:
        yield Stage(sqlite_database, cipher, valkey, wechat, settings_for(wechat.url, account=request.param))


def test_an_account_is_asked_only_for_what_it_may(poorer: Stage) -> None:
    openid = reminded(poorer)
    poorer.writes(openid)
    poorer.consents(openid)
    poorer.work()
    may = poorer.settings.wechat.account == "verified_subscription"
    assert way_taken(poorer) == ("sent custom" if may else "unreached")
    refused = [call for call in poorer.wechat.calls("/cgi-bin/message/") if call.get("errcode")]
    assert refused == []


# -- the other kinds -----------------------------------------------------------------------------------------------


def test_a_late_reply_goes_as_it_is_by_the_window_only(lite: Stage) -> None:
    openid = lite.follower()
    lite.writes(openid)

    def owe(number: int, reply: dict[str, str]) -> None:
        lite.write(
            lambda db: announcements.announce(
                db,
                key=f"late:{number}",
                openid=openid,
                kind="late_reply",
                payload={"reply": reply},
                due_at=lite.clock,
                now=lite.clock,
            )  # fmt: skip
        )

    owe(1, {"type": "text", "content": "周六有两个活动"})
    owe(2, {"type": "news", "title": "题", "description": "文", "url": "https://x.example", "pic_url": ""})
    owe(3, {"type": "transfer", "agent": ""})
    assert lite.work() == {"sent": 2, "unreached": 1}
    assert [one["type"] for one in lite.wechat.seen(openid)] == ["text", "news"]
    assert lite.wechat.texts(openid)[0] == "刚才让您久等了：\n周六有两个活动"
    assert {push.channel for push in lite.pushes() if push.state == "sent"} == {"custom"}
    lite.later(hours=49)
    with lite.database.session() as db:
        assert outbox.kept_lines(db, lite.cipher, openid, lite.clock, lite.settings) == []


def test_an_offer_is_made_and_ends_if_nobody_answers(stage: Stage) -> None:
    shift_id = stage.shift(starts_at=saturday(13), capacity=1)
    first, second, third = (stage.follower() for _ in range(3))
    seat, _, _ = (stage.signs_up(openid, shift_id) for openid in (first, second, third))
    stage.write(lambda db: registrations.cancel(db, seat, stage.clock))
    assert stage.work() == {"sent": 1}
    assert "请回复 确认" in stage.wechat.texts(second)[0]
    assert stage.wechat.seen(third) == []
    stage.later(hours=13)
    stage.at(max(stage.clock, NOW + timedelta(hours=22)))  # the next morning: offers stand still at night
    stage.work()
    told = stage.wechat.texts(second)
    assert len(told) == 2 and "空位已让给下一位" in told[1]
    assert "请回复 确认" in stage.wechat.texts(third)[0]


def test_an_offer_answered_before_it_was_sent_is_not_sent(stage: Stage) -> None:
    shift_id = stage.shift(starts_at=saturday(13), capacity=1)
    first, second = stage.follower(), stage.follower()
    seat, waiting = (stage.signs_up(openid, shift_id) for openid in (first, second))
    stage.write(lambda db: registrations.cancel(db, seat, stage.clock))
    stage.write(lambda db: registrations.accept_offer(db, waiting, stage.clock))
    assert stage.work() == {}
    assert stage.states("offer") == ["superseded"]
    assert stage.wechat.seen(second) == []
