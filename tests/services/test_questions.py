"""A question from asking to its end: every event in every state, who may do what, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, alerts
from bot.services.questions import after, answering, asking, escalation, experts, promises, reviewing, sight
from bot.services.questions.states import EVENTS, STATES, numbered
from bot.services.refusals.questions import (
    AnotherMustCheck,
    MergeImpossible,
    NoDraft,
    NotAnExpert,
    NotYours,
    QuestionEmpty,
    QuestionState,
    QuestionTooMany,
    QuestionUnknown,
)
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Push, Question, Staff
from tests.fixtures.world import NOW, hours

ASKER = "o-asker"


class Office:
    """A reviewer, an administrator, two lawyers and a psychologist, all with WeChat bound."""

    def __init__(self, db: Session, cipher: Cipher) -> None:
        self.db, self.cipher = db, cipher
        writing(db)
        roles = {"reviewer": "reviewer", "head": "admin", "law1": "expert", "law2": "expert", "mind": "expert"}
        self.staff = {
            name: Staff(username=name, name=name, password_hash="x", role=role, openid=f"o-{name}", created_at=NOW)
            for name, role in {**roles, "editor": "editor", "auditor": "auditor"}.items()
        }
        db.add_all(self.staff.values())
        db.flush()
        for name, topics in {"law1": ["law", "rights"], "law2": ["law", "rights"], "mind": ["mind"]}.items():
            experts.enter(db, self.staff[name], topics)
        experts.enter(db, self.staff["head"], ["league"])

    def actor(self, name: str) -> str:
        return actors.staff(self.staff[name].id)

    def ask(self, topic: str = "rights", text: str = "老板拖欠工资", openid: str = ASKER, **more: Any) -> Question:
        return asking.ask(self.db, self.cipher, openid, topic, text, more.pop("now", NOW), **more)

    def accepted(self, **more: Any) -> Question:
        return reviewing.accept(self.db, self.ask(**more).id, self.actor("reviewer"), NOW + hours(1))

    def answered(self, **more: Any) -> Question:
        row = self.accepted(**more)
        return self.answer(row)

    def answer(self, row: Question, text: str = "可以向劳动监察大队投诉") -> Question:
        assert row.assignee is not None or row.assignee_id is not None
        writer = self.db.get_one(Staff, row.assignee_id)
        answering.draft(self.db, self.cipher, row.id, text, writer, NOW + hours(2))
        return answering.send(self.db, self.cipher, row.id, self.actor("reviewer"), NOW + hours(3))

    def told(self, openid: str) -> list[str]:
        rows = self.db.scalars(select(Push).where(Push.openid == openid).order_by(Push.id))
        return [str(row.payload["notice"]).removeprefix("questions.") for row in rows]


@pytest.fixture
def office(db: Session, cipher: Cipher) -> Office:
    return Office(db, cipher)


def test_a_question_has_a_number_and_two_promises(db: Session, office: Office) -> None:
    asked = datetime.fromisoformat("2026-03-03T23:10+08:00")
    row = office.ask(now=asked)
    assert row.number == "Q20260303001"
    assert office.ask(now=asked, openid="o-2").number == "Q20260303002"
    assert office.ask(now=asked + hours(1), openid="o-3").number == "Q20260304001"
    assert promises.due(db, row, "review") == datetime.fromisoformat("2026-03-04T02:10+08:00")
    assert promises.due(db, row, "reply") == datetime.fromisoformat("2026-03-06T23:10+08:00")
    assert row.is_private
    assert office.told("o-reviewer") == ["submitted"] * 3
    stored = [entry.text_encrypted or b"" for entry in row.said]
    assert stored and all("工资".encode() not in text for text in stored)


def test_only_what_may_be_published_is_not_private(office: Office) -> None:
    private = {
        topic: office.ask(topic, openid=f"o-{topic}").is_private
        for topic in ("rights", "league", "law", "mind", "career")
    }
    assert private == {"rights": True, "league": False, "law": False, "mind": True, "career": False}


def test_from_asking_to_satisfied(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.ask("law", "合同没签怎么办")
    reviewing.accept(db, row.id, office.actor("reviewer"), NOW + hours(1))
    assert row.assignee_id == office.staff["law1"].id
    assert office.told("o-law1") == ["assigned"]
    answering.draft(db, cipher, row.id, "先留证据", office.staff["law1"], NOW + hours(2))
    with pytest.raises(NotYours):
        answering.draft(db, cipher, row.id, "我来", office.staff["law2"], NOW + hours(2))
    answering.give_back(db, cipher, row.id, "写清去哪里投诉", office.actor("reviewer"), NOW + hours(3))
    with pytest.raises(NoDraft):
        answering.send(db, cipher, row.id, office.actor("reviewer"), NOW + hours(3))
    answering.draft(db, cipher, row.id, "先留证据，再到劳动监察大队", office.staff["law1"], NOW + hours(4))
    answering.send(db, cipher, row.id, office.actor("reviewer"), NOW + hours(5))
    assert row.state == "answered"
    assert answering.last_answer(db, cipher, row) == "先留证据，再到劳动监察大队"
    assert office.told(ASKER) == ["accepted", "answered"]
    _, seen = sight.for_asker(db, cipher, row.number, ASKER)
    assert [line.kind for line in seen] == ["asked", "answer"]
    after.satisfied(db, row.id, ASKER, NOW + hours(6))
    assert (row.state, row.satisfied) == ("closed", True)
    assert promises.breaches(db, NOW, NOW + hours(99), NOW + hours(99)) == []


def test_whoever_wrote_it_does_not_check_it(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.accepted(topic="league", text="团费怎么交")
    assert row.assignee_id == office.staff["head"].id
    answering.draft(db, cipher, row.id, "每月交", office.staff["head"], NOW + hours(2))
    with pytest.raises(AnotherMustCheck):
        answering.send(db, cipher, row.id, office.actor("head"), NOW + hours(2))
    answering.send(db, cipher, row.id, office.actor("reviewer"), NOW + hours(2))


def test_not_satisfied_means_another_person_and_a_new_promise(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.answered()
    assert row.assignee_id == office.staff["law1"].id
    with pytest.raises(QuestionEmpty):
        after.dissatisfied(db, cipher, row.id, ASKER, " ", NOW + hours(4))
    after.dissatisfied(db, cipher, row.id, ASKER, "没说去哪里", NOW + hours(4))
    assert (row.state, row.round, row.satisfied) == ("accepted", 2, False)
    assert row.assignee_id == office.staff["law2"].id
    assert promises.due(db, row, "reply") == NOW + hours(4) + timedelta(days=3)
    office.answer(row, "去人民路8号")
    after.dissatisfied(db, cipher, row.id, ASKER, "还是不行", NOW + hours(9))
    assert row.assignee_id is None, "both have had it"
    assert "unassigned" in office.told("o-head")
    reviewing.assign(db, row.id, "law2", office.actor("head"), NOW + hours(9))
    assert row.assignee_id == office.staff["law2"].id


def test_asking_on_goes_to_who_answered(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.answered()
    after.satisfied(db, row.id, ASKER, NOW + hours(4))
    after.ask_on(db, cipher, row.id, ASKER, "要带什么材料", NOW + hours(30))
    assert (row.state, row.round, row.assignee_id) == ("accepted", 2, office.staff["law1"].id)
    assert promises.due(db, row, "reply") == NOW + hours(30) + timedelta(days=3)
    assert office.told("o-law1") == ["assigned", "more"]


def test_questions_are_shared_by_weight_and_nobody_away_gets_one(db: Session, cipher: Cipher, office: Office) -> None:
    experts.enter(db, office.staff["law2"], ["rights"], weight=2)
    got = [office.accepted(openid=f"o-{n}").assignee_id for n in range(6)]
    assert got.count(office.staff["law2"].id) == 4
    experts.away(db, office.staff["law2"], date(2026, 3, 1), date(2026, 3, 5))
    assert {office.accepted(openid=f"o-x{n}").assignee_id for n in range(3)} == {office.staff["law1"].id}
    experts.enter(db, office.staff["law1"], ["rights"], weight=0)
    assert office.accepted(openid="o-y").assignee_id is None
    with pytest.raises(NotAnExpert):
        reviewing.assign(db, numbered(db, "Q20260303001").id, "mind", office.actor("head"), NOW)
    experts.away(db, office.staff["law2"], None, None)
    assert office.accepted(openid="o-z").assignee_id == office.staff["law2"].id


def test_merged_questions_share_the_answer_and_each_keeps_its_promise(
    db: Session, cipher: Cipher, office: Office
) -> None:
    into = office.accepted()
    other = office.ask(openid="o-other", now=NOW + hours(1))
    reviewing.merge(db, other.id, into.id, office.actor("reviewer"), NOW + hours(2))
    assert promises.due(db, other, "reply") == NOW + hours(1) + timedelta(days=3)
    for wrong in (into, other):
        with pytest.raises((MergeImpossible, QuestionState)):
            reviewing.merge(db, wrong.id, into.id, office.actor("reviewer"), NOW + hours(2))
    office.answer(into)
    assert (into.state, other.state) == ("answered", "answered")
    assert office.told("o-other") == ["merged", "answered"]
    assert answering.last_answer(db, cipher, other) == answering.last_answer(db, cipher, into)
    after.dissatisfied(db, cipher, other.id, "o-other", "我的不一样", NOW + hours(9))
    assert (into.state, other.state) == ("answered", "accepted")


def test_when_the_first_is_withdrawn_the_merged_go_on(db: Session, office: Office) -> None:
    into, other = office.accepted(), office.ask(openid="o-other")
    reviewing.merge(db, other.id, into.id, office.actor("reviewer"), NOW + hours(1))
    after.withdraw(db, into.id, ASKER, NOW + hours(2))
    assert (into.state, other.state) == ("withdrawn", "accepted")
    assert other.assignee_id is not None


def test_declined_and_transferred_say_why_and_where(db: Session, office: Office) -> None:
    row, other = office.ask(), office.ask(openid="o-2")
    for reason, to in ((" ", ""), ("劳动纠纷由劳动监察受理", " ")):
        with pytest.raises(QuestionEmpty):
            if to:
                reviewing.transfer(db, row.id, to, reason, office.actor("reviewer"), NOW)
            else:
                reviewing.decline(db, row.id, reason, office.actor("reviewer"), NOW)
    reviewing.decline(db, row.id, "请拨 12333", office.actor("reviewer"), NOW)
    reviewing.transfer(db, other.id, "12345", "由街道处理", office.actor("reviewer"), NOW)
    assert (row.state, row.reason) == ("declined", "请拨 12333")
    assert (other.state, other.transferred_to) == ("transferred", "12345")
    assert promises.running(db, row) == promises.running(db, other) == []
    assert office.told(ASKER) == office.told("o-2") == ["ended"]


def test_others_know_nothing_of_a_question(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.answered()
    stranger: list[Callable[[], object]] = [
        lambda: sight.for_asker(db, cipher, row.number, "o-stranger"),
        lambda: asking.add(db, cipher, row.id, "o-stranger", "我也是", NOW),
        lambda: after.satisfied(db, row.id, "o-stranger", NOW),
        lambda: after.withdraw(db, row.id, "", NOW),
        lambda: sight.for_staff(db, cipher, row.number, office.staff["law2"]),
        lambda: sight.for_staff(db, cipher, row.number, office.staff["mind"]),
        lambda: sight.for_staff(db, cipher, row.number, office.staff["editor"]),
        lambda: sight.for_staff(db, cipher, row.number, office.staff["auditor"]),
    ]
    for act in stranger:
        with pytest.raises(QuestionUnknown):
            act()
    open_one = office.ask("league", "团费怎么交", openid="o-2")
    assert sight.for_staff(db, cipher, open_one.number, office.staff["editor"])


def test_every_look_at_a_private_question_is_noted(db: Session, cipher: Cipher, office: Office) -> None:
    row, public = office.accepted(), office.ask("league", "团费", openid="o-2")
    for name in ("law1", "reviewer"):
        sight.for_staff(db, cipher, row.number, office.staff[name])
    sight.for_staff(db, cipher, public.number, office.staff["reviewer"])
    looks = db.execute(select(AuditEntry.actor, AuditEntry.subject).where(AuditEntry.reason == "viewed")).all()
    assert [tuple(look) for look in looks] == [
        (office.actor("law1"), f"questions:{row.id}"),
        (office.actor("reviewer"), f"questions:{row.id}"),
    ]


def test_reminders_at_two_hours_and_two_days_each_once(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.ask()

    def swept(at: datetime) -> tuple[list[str], list[str], list[str]]:
        escalation.sweep(db, at)
        escalation.sweep(db, at)
        return office.told("o-reviewer"), office.told("o-law1"), office.told("o-head")

    assert swept(NOW + hours(1.9)) == (["submitted"], [], ["submitted"])
    assert swept(NOW + hours(2)) == (["submitted", "review_soon"], [], ["submitted", "review_soon"])
    assert swept(NOW + hours(3))[2] == ["submitted", "review_soon", "overdue"]
    reviewing.accept(db, row.id, office.actor("reviewer"), NOW + hours(3))
    assert swept(NOW + hours(47))[1] == ["assigned"]
    assert swept(NOW + hours(48))[1] == ["assigned", "reply_soon"]
    reviewing.want_more(db, cipher, row.id, "有合同吗", office.actor("reviewer"), NOW + hours(49))
    assert swept(NOW + hours(500))[2] == ["submitted", "review_soon", "overdue"], "it stands still"
    asking.add(db, cipher, row.id, ASKER, "没有", NOW + hours(501))
    assert swept(NOW + hours(523))[2].count("overdue") == 1
    assert swept(NOW + hours(524))[2].count("overdue") == 2


def test_an_answer_nobody_rates_is_closed_after_a_week(db: Session, office: Office) -> None:
    row = office.answered()
    assert after.close_old(db, NOW + timedelta(days=7)) == 0
    assert after.close_old(db, NOW + hours(3) + timedelta(days=7)) == 1
    assert row.state == "closed" and row.satisfied is None
    assert after.close_old(db, NOW + timedelta(days=70)) == 0


def test_ten_open_questions_are_enough(db: Session, cipher: Cipher, office: Office) -> None:
    for _ in range(asking.MOST_WAITING):
        office.ask()
    with pytest.raises(QuestionTooMany):
        office.ask()
    with pytest.raises(QuestionEmpty):
        office.ask(text=" ", openid="o-2")
    assert len(asking.mine(db, ASKER, limit=50)) == asking.MOST_WAITING


def deeds(office: Office, row: Question) -> dict[str, Callable[[], object]]:
    db, cipher, reviewer = office.db, office.cipher, office.actor("reviewer")
    other = office.ask(openid="o-other")
    law = office.staff["law1"]
    return {
        "accept": lambda: reviewing.accept(db, row.id, reviewer, NOW),
        "decline": lambda: reviewing.decline(db, row.id, "不受理", reviewer, NOW),
        "transfer": lambda: reviewing.transfer(db, row.id, "12345", "街道", reviewer, NOW),
        "merge": lambda: reviewing.merge(db, row.id, other.id, reviewer, NOW),
        "withdraw": lambda: after.withdraw(db, row.id, ASKER, NOW),
        "want_more": lambda: reviewing.want_more(db, cipher, row.id, "合同？", reviewer, NOW),
        "add": lambda: asking.add(db, cipher, row.id, ASKER, "没有", NOW),
        "assign": lambda: reviewing.assign(db, row.id, "law2", reviewer, NOW),
        "draft": lambda: answering.draft(db, cipher, row.id, "这样", db.get_one(Staff, row.assignee_id or law.id), NOW),
        "return": lambda: answering.give_back(db, cipher, row.id, "不清楚", reviewer, NOW),
        "send": lambda: answering.send(db, cipher, row.id, reviewer, NOW),
        "rate": lambda: after.satisfied(db, row.id, ASKER, NOW),
        "object": lambda: after.dissatisfied(db, cipher, row.id, ASKER, "没说清", NOW),
        "ask_on": lambda: after.ask_on(db, cipher, row.id, ASKER, "那呢", NOW),
    }


def _in(office: Office, state: str) -> Question:
    row = office.ask(topic="rights") if state == "submitted" else office.accepted()
    act = deeds(office, row)
    match state:
        case "declined" | "transferred" | "merged" | "withdrawn":
            act[{"declined": "decline", "transferred": "transfer", "merged": "merge", "withdrawn": "withdraw"}[state]]()
        case "answered" | "closed":
            office.answer(row)
            if state == "closed":
                act["rate"]()
    assert row.state == state
    return row


@pytest.mark.parametrize("state", STATES)
def test_every_event_in_every_state(db: Session, office: Office, state: str) -> None:
    for event, act in deeds(office, _in(office, state)).items():
        if event == "send" and state == "merged":
            continue  # the answer to the one it is merged into sends it
        with db.begin_nested() as attempt:
            row = _in(office, state)
            act = deeds(office, row)[event]
            if event in ("return", "send") and state == "accepted":
                deeds(office, row)["draft"]()
            if state in EVENTS[event][0]:
                act()
                assert row.state == (EVENTS[event][1] or state), event
            else:
                with pytest.raises(QuestionState):
                    act()
            attempt.rollback()


def test_danger_opens_one_private_question_that_nothing_closes_by_itself(
    db: Session, cipher: Cipher, office: Office
) -> None:
    alert = alerts.open_alert(db, cipher, ASKER, "mind", "我不想活了", NOW)
    for _ in range(asking.MOST_WAITING):
        office.ask()
    row = asking.urgent(db, cipher, ASKER, alert.id, "我不想活了", NOW)
    assert asking.urgent(db, cipher, ASKER, alert.id, "真的", NOW).id == row.id
    assert row.is_private and [entry.kind for entry in row.said] == ["asked", "more"]
    reviewing.accept(db, row.id, office.actor("reviewer"), NOW)
    assert row.assignee_id == office.staff["mind"].id
    office.answer(row, "我一直在")
    assert after.close_old(db, NOW + timedelta(days=99)) == 0


def test_of_each_question_the_newest_answer_of_this_round_waits(db: Session, cipher: Cipher, office: Office) -> None:
    first, other = office.accepted(openid="o-1"), office.accepted(openid="o-2")
    for row, text in ((first, "第一稿"), (other, "另一个"), (first, "第二稿")):
        answering.draft(db, cipher, row.id, text, db.get_one(Staff, row.assignee_id), NOW + hours(2))
    waiting = answering.drafts(db)
    assert [entry.question_id for entry in waiting] == [other.id, first.id]
    assert waiting[1] == answering.waiting_draft(db, first)
    answering.give_back(db, cipher, other.id, "写清楚", office.actor("reviewer"), NOW + hours(3))
    answering.draft(db, cipher, other.id, "第三稿", db.get_one(Staff, other.assignee_id), NOW + hours(3))
    answering.draft(db, cipher, other.id, "第四稿", db.get_one(Staff, other.assignee_id), NOW + hours(3))
    answering.give_back(db, cipher, other.id, "再改", office.actor("reviewer"), NOW + hours(3))
    assert answering.waiting_draft(db, other) is None, "what it replaced does not come back"
    answering.send(db, cipher, first.id, office.actor("reviewer"), NOW + hours(3))
    assert answering.drafts(db) == []
