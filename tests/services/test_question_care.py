"""What helps with questions and what is left of them: kept words, notes, figures, deletion in time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.push.notices.question_weeks import NOTICES
from bot.services import alerts, verification
from bot.services.questions import (
    after,
    answering,
    asking,
    canned,
    figures,
    notes,
    problem_lists,
    promises,
    retention,
    reviewing,
    sight,
)
from bot.services.questions.states import STATES
from bot.services.refusals.questions import (
    AnswerTooLong,
    CannedTaken,
    CannedUnknown,
    QuestionEmptied,
    QuestionEmpty,
    QuestionUnknown,
)
from bot.services.rules import USUAL
from bot.services.verification.questions import RULES, kept_too_long
from bot.storage.crypto import Cipher
from bot.storage.models import AuditEntry, Base, Push, Question, QuestionEntry
from tests.fixtures.world import NOW, hours
from tests.services.test_questions import ASKER, Office, _in

DAY = timedelta(days=1)
VOICE = USUAL.voice


@pytest.fixture
def office(db: Session, cipher: Cipher) -> Office:
    return Office(db, cipher)


# -- kept words ----------------------------------------------------------------------------------------


def test_kept_words_are_counted_by_the_drafts_that_began_with_them(db: Session, cipher: Cipher, office: Office) -> None:
    by = office.actor("head")
    first = canned.add(db, "rights", "欠薪", "请先拨 {labour}", by, NOW)
    second = canned.add(db, "rights", "押金", "请保存转账记录", by, NOW)
    other = canned.add(db, "law", "合同", "请保存合同", by, NOW)
    row = office.accepted()
    answering.draft(db, cipher, row.id, "请先拨 12333", row.assignee, NOW, canned_id=second.id)  # type: ignore[arg-type]
    answering.draft(db, cipher, row.id, "改一改", row.assignee, NOW)  # type: ignore[arg-type]
    assert [(each.row.id, each.used) for each in canned.list_for(db, "rights")] == [(second.id, 1), (first.id, 0)]
    assert [each.row.id for each in canned.list_for(db)] == [second.id, first.id, other.id]
    canned.change(db, first.id, by, NOW + hours(1), text="请拨 {labour} 或 {legal}")
    assert (first.title, first.text, first.updated_at) == ("欠薪", "请拨 {labour} 或 {legal}", NOW + hours(1))
    canned.retire(db, second.id, by, NOW)
    assert [each.row.id for each in canned.list_for(db, "rights")] == [first.id]
    canned.add(db, "rights", "押金", "retired words leave their title free", by, NOW)
    assert canned.add(db, "law", "欠薪", "另一个方向", by, NOW)


def test_kept_words_are_refused_by_name(db: Session, office: Office) -> None:
    by = office.actor("head")
    row = canned.add(db, "rights", "欠薪", "内容", by, NOW)
    other = canned.add(db, "rights", "押金", "内容", by, NOW)
    for title, text in (("", "内容"), ("标题", " "), ("长" * 33, "内容")):
        with pytest.raises(QuestionEmpty):
            canned.add(db, "rights", title, text, by, NOW)
    with pytest.raises(AnswerTooLong):
        canned.change(db, row.id, by, NOW, text="长" * 561)
    with pytest.raises(CannedTaken):
        canned.change(db, other.id, by, NOW, title="欠薪")
    canned.retire(db, row.id, by, NOW)
    for act in (canned.retire, canned.change):
        with pytest.raises(CannedUnknown):
            act(db, row.id, by, NOW)
    with pytest.raises(CannedUnknown):
        canned.live(db, row.id)


# -- notes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_a_note_goes_in_every_state_and_the_asker_never_reads_it(
    db: Session, cipher: Cipher, office: Office, state: str
) -> None:
    row = _in(office, state)
    entry = notes.write(db, cipher, row.id, "家长来过电话", office.staff["reviewer"], NOW)
    assert row.state == state
    assert entry.text_encrypted is not None and "家长".encode() not in entry.text_encrypted
    assert "家长来过电话" in [line.text for line in sight.for_staff(db, cipher, row.number, office.staff["head"])[1]]
    assert "note" not in [line.kind for line in sight.for_asker(db, cipher, row.number, ASKER)[1]]
    for name in ("editor", "mind"):
        with pytest.raises(QuestionUnknown):
            notes.write(db, cipher, row.id, "我也说一句", office.staff[name], NOW)
    with pytest.raises(QuestionEmpty):
        notes.write(db, cipher, row.id, " ", office.staff["head"], NOW)


def test_a_note_is_in_no_problem_list(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.answered(topic="league", text="团费怎么交")
    notes.write(db, cipher, row.id, "这个学校问过三次", office.staff["head"], NOW)
    built = problem_lists.build(db, cipher, "2026-03", NOW + 40 * DAY)
    assert built is not None
    assert [(item.asked, item.answer) for item in built.items] == [("团费怎么交", "可以向劳动监察大队投诉")]


# -- figures -------------------------------------------------------------------------------------------

MONDAY = datetime.fromisoformat("2026-03-02T00:00+08:00")


def test_a_week_in_figures(db: Session, cipher: Cipher, office: Office) -> None:
    """Four rights questions on Tuesday: answered in time, late, declined, withdrawn before anybody looked."""
    reviewer = office.actor("reviewer")
    kept, late, no, back = (office.ask(openid=f"o-{n}") for n in range(4))
    for row, reviewed, sent in ((kept, hours(1), hours(20)), (late, hours(5), hours(80))):
        reviewing.accept(db, row.id, reviewer, NOW + reviewed)
        answering.draft(db, cipher, row.id, "请投诉", row.assignee, NOW + sent)  # type: ignore[arg-type]
        answering.send(db, cipher, row.id, reviewer, NOW + sent)
    reviewing.decline(db, no.id, "请拨 12333", reviewer, NOW + hours(2))
    after.withdraw(db, back.id, "o-3", NOW + hours(1))
    after.satisfied(db, kept.id, "o-0", NOW + hours(21))
    waits = office.ask("league", "团费", openid="o-4", now=NOW + 4 * DAY)  # falls due in the week after
    found = figures.of_week(db, MONDAY.date(), NOW + 5 * DAY, USUAL.timezone)
    assert (found.asked, found.answered, found.declined, found.withdrawn, found.waiting) == (5, 2, 1, 1, 1)
    # By now the league question is unreviewed too: it fell due within the week.
    assert [(one.number, one.kind) for one in found.breaches] == [
        (late.number, "review"), (late.number, "reply"), (waits.number, "review"),
    ]  # fmt: skip
    assert (found.review.due, found.review.kept, found.review.median_hours) == (4, 2, 2.0)
    assert (found.reply.due, found.reply.kept, found.reply.median_hours) == (2, 1, 50.0)
    assert found.reply.share == 0.5
    assert found.topics == [("rights", 4), ("league", 1)]
    assert (found.satisfied, found.dissatisfied) == (1, 0)
    assert found.breaches == promises.breaches(db, found.first, found.after, NOW + 5 * DAY)
    said = NOTICES["week"](db, cipher, {"week": "2026-03-02"}, NOW + 5 * DAY, USUAL.timezone)
    assert said is not None and len(said.encode()) < 2048
    assert "新提问5个，答复2个，不受理1个，撤回1个，还在办1个" in said
    assert "审核：到期4个，按时2个（50%），一半在2小时内" in said and late.number in said
    assert "满意1，不满意0" in said and "问得最多：维权4个、团学活动1个" in said
    assert "工资" not in said


def test_the_week_is_told_once_from_monday_nine_and_never_of_nothing(db: Session, office: Office) -> None:
    nine = MONDAY + 7 * DAY + hours(9)
    assert figures.tell(db, nine) == 0, "nothing was asked"
    office.ask(openid="o-early", now=MONDAY + DAY)
    before = len(office.told("o-reviewer"))
    assert figures.tell(db, nine - hours(0.1)) == 0
    assert figures.tell(db, nine + DAY) == 2, "also when the worker was away on Monday"
    assert figures.tell(db, nine + 2 * DAY) == 0
    assert office.told("o-reviewer")[before:] == office.told("o-head")[-1:] == ["week"]
    assert office.told("o-law1") == [], "experts are told of their own questions"
    row = db.scalars(select(Push).where(Push.key.startswith("questions.week:2026-03-02:"))).first()
    assert row is not None and row.payload == {"notice": "questions.week", "week": "2026-03-02"}


# -- kept long enough ----------------------------------------------------------------------------------

MARK = "独一无二的话"


def holding(db: Session, cipher: Cipher, mark: str) -> set[str]:
    """Every table, and column of it, where the mark stands, in the open or encrypted."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for row in db.execute(select(table)).mappings():
            for name, said in row.items():
                said = cipher.decrypt(said) if name == "text_encrypted" and said else said
                if mark in (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)):
                    found.add(f"{table.name}.{name}")
    return found


def full(db: Session, cipher: Cipher, office: Office, topic: str) -> Question:
    """A closed thread with words of every kind."""
    row = office.ask(topic, MARK)
    asking.add(db, cipher, row.id, ASKER, MARK, NOW, media_id="media-1")
    reviewing.want_more(db, cipher, row.id, MARK, office.actor("reviewer"), NOW)
    asking.add(db, cipher, row.id, ASKER, MARK, NOW)
    reviewing.accept(db, row.id, office.actor("reviewer"), NOW)
    writer = row.assignee
    assert writer is not None
    answering.draft(db, cipher, row.id, MARK, writer, NOW)
    answering.give_back(db, cipher, row.id, MARK, office.actor("reviewer"), NOW)
    office.answer(row, MARK)
    after.dissatisfied(db, cipher, row.id, ASKER, MARK, NOW + hours(4))
    notes.write(db, cipher, row.id, MARK, office.staff["reviewer"], NOW + hours(4))
    if row.assignee_id is None:
        reviewing.assign(db, row.id, writer.username, office.actor("head"), NOW + hours(4))
    office.answer(row, MARK)
    after.satisfied(db, row.id, ASKER, NOW + hours(5))
    return row


def test_words_go_in_time_and_what_can_be_counted_stays(db: Session, cipher: Cipher, office: Office) -> None:
    reviewer = office.actor("reviewer")
    row = full(db, cipher, office, "rights")
    declined, passed = office.ask(text=MARK, openid="o-2"), office.ask(text=MARK, openid="o-3")
    reviewing.decline(db, declined.id, MARK, reviewer, NOW + hours(5))
    reviewing.transfer(db, passed.id, MARK, MARK, reviewer, NOW + hours(5))
    assert holding(db, cipher, MARK) == {
        "questions.reason", "questions.transferred_to", "question_entries.text_encrypted",
    }, "the audit log and the outbox never held any"  # fmt: skip
    week = figures.of_week(db, MONDAY.date(), NOW + 9 * DAY, USUAL.timezone)
    over = NOW + hours(5) + VOICE.keep_rights_days * DAY
    assert retention.sweep(db, over - hours(1)) == 0
    assert {breach.rule for breach in kept_too_long(db, over + hours(1), USUAL)} == {"question_kept"}
    assert retention.sweep(db, over) == 3
    assert retention.sweep(db, over) == 0
    db.expire_all()
    assert holding(db, cipher, MARK) == set()
    assert (row.openid, row.is_minor, row.emptied_at, row.state, row.satisfied) == ("", None, over, "closed", True)
    assert not [entry for entry in row.said if ASKER in entry.by or entry.media_id]
    assert figures.of_week(db, MONDAY.date(), NOW + 9 * DAY, USUAL.timezone) == week
    assert [breach for rule in RULES for breach in rule(db, cipher, over)] == []
    assert list(kept_too_long(db, over + hours(1), USUAL)) == []
    with pytest.raises(QuestionUnknown):
        after.ask_on(db, cipher, row.id, ASKER, "还想问", over)
    with pytest.raises(QuestionEmptied):
        notes.write(db, cipher, row.id, MARK, office.staff["head"], over)


def test_each_kind_is_kept_as_long_as_it_serves(db: Session, cipher: Cipher, office: Office) -> None:
    reviewer = office.actor("reviewer")
    danger = {
        openid: asking.urgent(
            db, cipher, openid, alerts.open_alert(db, cipher, openid, "mind", "我不想活了", NOW).id, "我不想活了", NOW
        )
        for openid in ("o-danger", "o-5")
    }
    rows = {
        "law": office.ask("law", openid="o-1"), "mind": office.ask("mind", openid="o-2"),
        "rights": office.ask("rights", openid="o-3"), "back": office.ask("rights", openid="o-4"),
        "danger": danger["o-danger"], "danger back": danger["o-5"],
        "waits": office.ask("law", openid="o-6"),
    }  # fmt: skip
    for name in ("law", "mind", "rights", "danger"):
        reviewing.decline(db, rows[name].id, "请拨 12333", reviewer, NOW)
    after.withdraw(db, rows["back"].id, "o-4", NOW)
    after.withdraw(db, rows["danger back"].id, "o-5", NOW)
    gone: dict[str, int] = {}
    for day in (29, 30, 179, 180, 364, 365, 729, 730, 9999):
        retention.sweep(db, NOW + day * DAY)
        db.expire_all()
        gone |= {name: day for name, row in rows.items() if row.emptied_at is not None and name not in gone}
    assert gone == {"back": 30, "mind": 180, "law": 365, "rights": 730, "danger": 730, "danger back": 730}


def test_whoever_asks_on_in_time_keeps_the_thread(db: Session, cipher: Cipher, office: Office) -> None:
    row = full(db, cipher, office, "rights")
    late = NOW + (VOICE.keep_rights_days - 1) * DAY
    after.ask_on(db, cipher, row.id, ASKER, "还想问", late)
    assert retention.sweep(db, late + 99 * DAY) == 0, "somebody works on it"


def test_an_unsigned_line_in_the_askers_words_goes_and_a_signed_one_stays(
    db: Session, cipher: Cipher, office: Office
) -> None:
    reader = office.actor("reviewer")
    office.answered(topic="league", text="第一句话")
    signed = problem_lists.build(db, cipher, "2026-03", NOW + 30 * DAY)
    assert signed is not None
    problem_lists.confirm(db, signed.id, 1, reader, NOW + 30 * DAY)
    problem_lists.sign(db, signed.id, reader, NOW + 30 * DAY)
    office.staff["head"].role = "admin"
    later = NOW + 32 * DAY
    second = asking.ask(db, cipher, "o-2", "league", MARK, later)
    reviewing.accept(db, second.id, reader, later)
    answering.draft(db, cipher, second.id, "每月交", office.staff["head"], later)
    answering.send(db, cipher, second.id, reader, later)
    unsigned = problem_lists.build(db, cipher, "2026-04", later + 30 * DAY)
    assert unsigned is not None and holding(db, cipher, MARK) >= {"problem_items.asked"}
    assert retention.sweep(db, later + (VOICE.keep_days + 1) * DAY) == 2
    assert holding(db, cipher, MARK) == set()
    assert [item.asked for item in problem_lists.lines(signed)] == ["第一句话"]
    assert problem_lists.lines(unsigned) == []


def test_what_was_emptied_holds_nothing(db: Session, cipher: Cipher, office: Office) -> None:
    row = office.ask()
    reviewing.decline(db, row.id, "请拨 12333", office.actor("reviewer"), NOW)
    retention.sweep(db, NOW + 9999 * DAY)
    assert not [breach for breach in verification.check(db, cipher) if breach.rule.startswith("question")]
    entry = db.scalars(select(QuestionEntry).where(QuestionEntry.question_id == row.id)).first()
    assert entry is not None
    entry.media_id = "media-1"
    db.flush()
    assert [breach.rule for breach in verification.check(db, cipher)] == ["question_emptied"]


def test_the_audit_log_says_that_it_was_declined_not_why(db: Session, office: Office) -> None:
    row = office.ask()
    reviewing.decline(db, row.id, MARK, office.actor("reviewer"), NOW)
    changes = db.scalars(select(AuditEntry).where(AuditEntry.subject == f"questions:{row.id}")).all()
    assert [change.after.get("state") for change in changes] == ["submitted", "declined"]
    assert [change.reason for change in changes] == ["", ""]


@pytest.mark.parametrize("state", STATES)
def test_only_what_has_ended_is_emptied(db: Session, cipher: Cipher, office: Office, state: str) -> None:
    row = _in(office, state)
    others = retention.sweep(db, NOW + 9999 * DAY) - (state in retention.ENDED)
    db.expire_all()
    assert (row.emptied_at is not None) == (state in retention.ENDED) and others == 0
    assert bool(sight.for_staff(db, cipher, row.number, office.staff["head"])[1][0].text) == (row.emptied_at is None)
    assert [breach for rule in RULES for breach in rule(db, cipher, NOW)] == []
