"""The words: date, weekday, how long still, place, and what to answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.push import alarms, fields, wording
from bot.push.facts import Facts
from bot.push.fields import filled
from bot.services.announcements import TEMPLATE_OF
from bot.storage.models import Broadcast
from bot.wechat.limits import MAX_TEXT_BYTES, size
from bot.wechat.replies import Image, News, Text

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime.fromisoformat("2026-03-07T13:00:00+08:00")
FACTS = Facts(
    "reminder", "A12", "江滨公园清洁", "江滨公园南门", START, START + timedelta(hours=2.5), bring="水杯、手套",
    answer_by=START - timedelta(hours=19), reason="台风来了",
)  # fmt: skip

ALARM = Facts("alert", alarm=alarms.Alarm("J12", "mind", START, ((START, "我不想活了"),), turn=2))


def test_an_alert_in_words_and_in_a_template() -> None:
    assert wording.text(ALARM, START, ZONE).split("\n") == [
        "【紧急】J12 有人可能想不开",
        "3月7日（周六）13:00起，对方说：",
        "13:00 我不想活了",
        "（第3次提醒，还没有人接手）",
        "您能处理，请马上回复 收到 J12；没人接手，每5分钟会再提醒。",
    ]
    assert filled(fields.USUAL_FIELDS["alert"], wording.values(ALARM, START, ZONE), ZONE) == {
        "thing1": "J12 有人可能想不开",
        "time2": "2026年3月7日 13:00",
        "thing3": "第3次提醒，还没有人接手",
        "thing4": "请回复 收到 J12",
    }


def facts(kind: str, **more: object) -> Facts:
    return Facts(**{**FACTS.__dict__, "kind": kind, **more})


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=5), "还有5天"),
        (timedelta(hours=33), "明天，还有1天"),
        (timedelta(hours=40), "后天，还有2天"),
        (timedelta(hours=24), "明天，还有1天"),
        (timedelta(hours=23, minutes=59, seconds=58), "明天，还有1天"),
        (timedelta(hours=20), "明天，还有20小时"),
        (timedelta(hours=2), "今天，还有2小时"),
        (timedelta(hours=1, minutes=59, seconds=40), "今天，还有2小时"),
        (timedelta(minutes=45), "今天，还有45分钟"),
        (timedelta(seconds=5), "今天，还有1分钟"),
    ],
)
def test_how_long_still(before: timedelta, expected: str) -> None:
    assert wording.left(START, START - before, ZONE) == expected


def test_over_midnight_it_is_tomorrow_though_only_hours_away() -> None:
    start = datetime.fromisoformat("2026-03-07T00:30:00+08:00")
    assert wording.left(start, start - timedelta(hours=2), ZONE) == "明天，还有2小时"


def test_a_reminder() -> None:
    assert wording.text(FACTS, START - timedelta(days=1), ZONE).split("\n") == [
        "【活动提醒】A12 江滨公园清洁",
        "时间：3月7日（周六）13:00–15:30（明天，还有1天）",
        "地点：江滨公园南门",
        "请带：水杯、手套",
        "去不了请尽早回复 取消A12，名额好让给别人。",
    ]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("offer", ["有空位了！A12 江滨公园清洁", "请在 3月6日（周五）18:00 前回复 确认A12", "不去请回复 不去了"]),
        ("offer_lapsed", ["没有等到您的确认，已让给下一位", "回复 报名A12，重新排队"]),
        ("change", ["【活动变更】", "3月7日（周六）13:00–15:30", "您的报名仍然有效", "这次不记迟到取消"]),
        ("cancelled", ["【活动取消】", "原定：3月7日（周六）13:00–15:30", "原因：台风来了", "您不用做什么"]),
    ],
)
def test_each_kind_says_what_to_do(kind: str, said: list[str]) -> None:
    text = wording.text(facts(kind), START - timedelta(days=2), ZONE)
    assert [part for part in said if part not in text] == []


def test_who_waits_is_told_that_they_still_wait() -> None:
    assert "候补" in wording.text(facts("change", waiting=True), START - timedelta(days=2), ZONE)
    assert "报名仍然有效" not in wording.text(facts("change", waiting=True), START - timedelta(days=2), ZONE)


def test_a_late_answer_fits_one_message_whatever_its_length() -> None:
    long = Facts("late_reply", reply=Text("很" * 5000))
    assert size(wording.text(long, START, ZONE)) <= MAX_TEXT_BYTES
    news = Facts("late_reply", reply=News("题", "文", "https://x.example"))
    assert "https://x.example" in wording.text(news, START, ZONE)
    assert "再发一遍" in wording.text(Facts("late_reply", reply=Image("m")), START, ZONE)


@pytest.mark.parametrize("kind", ["reminder", "offer", "offer_lapsed", "change", "cancelled"])
@pytest.mark.parametrize("code", ["A1", "ABCDEFG8"])
def test_every_kind_fills_its_template_even_with_the_longest_words(kind: str, code: str) -> None:
    long = facts(kind, code=code, title="很" * 64, place="远\n🏞️" * 30, reason="因" * 255, contact="")
    usual = fields.USUAL_FIELDS[TEMPLATE_OF.get(kind, kind)]
    data = filled(usual, wording.values(long, START - timedelta(days=2), ZONE), ZONE)
    assert set(data) == set(usual)
    assert all(len(value) <= 20 for name, value in data.items() if name.startswith("thing"))
    assert not any("…" in value for name, value in data.items() if usual[name] == "hint"), "what to answer stays whole"


def test_the_text_of_a_template_names_every_field_that_is_filled() -> None:
    assert fields.template_text("reminder").split("\n")[:2] == [
        "活动名称：{{thing1.DATA}}",
        "活动时间：{{time2.DATA}}",
    ]
    said = Facts("broadcast", notice="全文", broadcast=Broadcast(title="周六河边见"))
    shown = {name for facts in (FACTS, ALARM, said) for name in wording.values(facts, START - timedelta(days=1), ZONE)}
    assert set(fields.LABELS) == shown


def test_there_are_words_for_every_kind_of_announcement() -> None:
    from bot.services.announcements import KINDS

    for kind in set(KINDS) - {"late_reply", "notice", "picture", "broadcast", "broadcast_preview", *alarms.KINDS}:
        assert "A12" in wording.text(facts(kind), START - timedelta(days=2), ZONE)
    with pytest.raises(ValueError, match="no words"):
        wording.text(facts("rumour"), START, ZONE)
