"""The list of problems: drafted on its day, anonymised, read by people, signed, and nothing private in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bot.services.questions import problem_lists, reviewing
from bot.services.refusals.questions import ListSigned, ListUnknown, ListUnread, TellsWho
from bot.storage.crypto import Cipher
from bot.storage.models import ProblemList
from tests.fixtures.world import hours
from tests.services.test_questions import Office

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2026, 2, 28), (2028, 2, 29), (2026, 1, 30), (2026, 4, 30), (2026, 12, 30)]
)
def test_the_day_is_the_30th_and_in_february_the_last(year: int, month: int, day: int) -> None:
    assert problem_lists.day_of(year, month) == date(year, month, day)


def test_it_is_due_at_nine_and_stays_so_when_nobody_was_there() -> None:
    due = [problem_lists.month_due(at(when), ZONE) for when in (
        "2026-03-30 08:59", "2026-03-30 09:00", "2026-03-31 10:00", "2026-04-02 00:00", "2026-02-28 09:00",
    )]  # fmt: skip
    assert due == ["2026-02", "2026-03", "2026-03", "2026-03", "2026-02"]


@pytest.fixture
def office(db: Session, cipher: Cipher) -> Office:
    return Office(db, cipher)


def built(office: Office, month: str = "2026-03") -> ProblemList:
    row = problem_lists.build(office.db, office.cipher, month, at("2026-03-30 09:00"))
    assert row is not None
    return row


def test_what_was_answered_stands_in_it_once_and_without_names(db: Session, office: Office) -> None:
    office.answered(topic="rights", text="老板拖欠工资", openid="o-private")
    office.answered(topic="mind", text="睡不着", openid="o-mind")
    said = "我叫李小红，在青山一中高二3班，电话13800001234，团费怎么交"
    first = office.accepted(topic="league", text=said, openid="o-1")
    same = office.ask("league", "团费交多少", openid="o-2")
    reviewing.merge(db, same.id, first.id, office.actor("reviewer"), first.submitted_at + hours(1))
    office.db.get_one(type(first), first.id).assignee_id = office.staff["head"].id
    office.answer(first, "每月1元，找陈老师13900001111")
    office.ask("league", "还没答的", openid="o-3")
    row = built(office)
    assert [(item.topic, item.times) for item in row.items] == [("league", 2)]
    item = row.items[0]
    for secret in ("李小红", "青山一中", "3班", "13800001234", "13900001111"):
        assert secret not in item.asked + item.answer, secret
    assert "团费怎么交" in item.asked
    assert built(office).id == row.id, "once for each month"
    assert office.told("o-editor") == ["list_built"]
    with pytest.raises(ListUnknown):
        problem_lists.named(db, "2026-04")


def test_answers_belong_to_the_list_that_comes_after_them(db: Session, cipher: Cipher, office: Office) -> None:
    for number, day in enumerate(["2026-02-28 10:00", "2026-03-01 10:00", "2026-03-30 08:00", "2026-03-31 10:00"]):
        row = office.answered(topic="league", text=f"第{number}个问题怎么办", openid=f"o-{number}")
        row.answered_at = at(day)
    db.flush()
    march = problem_lists.build(db, cipher, "2026-03", at("2026-03-31 23:00"))
    april = problem_lists.build(db, cipher, "2026-04", at("2026-04-30 09:00"))
    assert march is not None and april is not None
    assert problem_lists.build(db, cipher, "2026-05", at("2026-05-30 09:00")) is None
    assert [item.asked for item in march.items] == ["第1个问题怎么办", "第2个问题怎么办"]
    assert [item.asked for item in april.items] == ["第3个问题怎么办"]


def test_a_person_reads_every_line_and_then_it_is_signed(db: Session, office: Office) -> None:
    for number in range(3):
        office.answered(topic="league", text=f"第{number}个问题怎么办", openid=f"o-{number}")
    row, editor, now = built(office), office.actor("editor"), at("2026-03-30 10:00")
    problem_lists.confirm(db, row.id, 1, editor, now)
    problem_lists.drop(db, row.id, 2, editor, now)
    with pytest.raises(ListUnread) as refused:
        problem_lists.sign(db, row.id, office.actor("reviewer"), now)
    assert refused.value.left == 1
    with pytest.raises(TellsWho) as told:
        problem_lists.confirm(db, row.id, 3, editor, now, asked="青山一中的王老师不管怎么办")
    assert "青山一中" not in told.value.shown and "王老师" not in told.value.shown
    with pytest.raises(TellsWho):
        problem_lists.confirm(db, row.id, 3, editor, now, answer="请打 13800001234")
    problem_lists.confirm(db, row.id, 3, editor, now, answer="请到人民路8号团县委，电话 12355")
    assert problem_lists.published(db) == []
    problem_lists.sign(db, row.id, office.actor("reviewer"), now + timedelta(minutes=5))
    assert [one.month for one in problem_lists.published(db)] == ["2026-03"]
    assert [item.position for item in problem_lists.lines(row)] == [1, 3]
    for again in (
        lambda: problem_lists.drop(db, row.id, 1, editor, now),
        lambda: problem_lists.sign(db, row.id, editor, now),
    ):
        with pytest.raises(ListSigned):
            again()
