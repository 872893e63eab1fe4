"""青年之声 of the demo's county: experts, questions of every state and age, a signed list of problems and a draft."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from PIL import Image, ImageDraw
from sqlalchemy import update

from bot.services import alerts
from bot.services.questions import after, answering, asking, experts, pictures, problem_lists, reviewing
from bot.services.questions.cleaning import clean
from bot.services.samples.county import County
from bot.services.samples.words import DRAFTS, LAST_MONTH, PRIVATE, THIS_MONTH, WAITING, WORKED_ON
from bot.storage.models import Push, Question, QuestionPicture, Staff

EXPERTS = (
    ("law", "法律顾问", ("张律师", "钱律师", "沈律师", "俞律师")),
    ("rights", "维权专员", ("孙老师", "戴老师", "范老师")),
    ("mind", "心理咨询师", ("顾老师", "姜老师", "卢老师", "白老师")),
    ("career", "生涯导师", ("邵老师", "汪老师", "龚老师", "万老师")),
    ("league", "团务老师", ("施老师", "毛老师", "江老师", "章老师")),
)
FIRST = 150
"""The asker of the first question among the county's people; each question has its own."""
HOUR = timedelta(hours=1)
Asks = Callable[..., Question]


def add_questions(county: County) -> None:
    """Whoever asks follows no longer: what they were told is taken back, for they have no phone in the simulator."""
    _experts(county)
    numbers = iter(range(FIRST, len(county.people)))
    asked: list[Question] = []

    def ask(topic: str, text: str, when: datetime, **more: bool) -> Question:
        openid = county.openids[county.people[next(numbers)]]
        asked.append(asking.ask(county.db, county.cipher, openid, topic, text, when, county.rules, **more))
        return asked[-1]

    _of_lists(county, ask)
    _private(county, ask)
    _waiting(county, ask)
    _worked_on(county, ask)
    asked.append(_urgent(county, county.openids[county.people[next(numbers)]]))
    after.close_old(county.db, county.now, county.rules)
    told = update(Push).where(Push.openid.in_([row.openid for row in asked]), Push.state == "due")
    county.db.execute(told.values(state="superseded", settled_at=county.now, error="sample"))
    county.db.flush()


def _experts(county: County) -> None:
    """Twenty with 方律师; one is on holiday, one takes twice as many."""
    today = county.now.astimezone(county.rules.timezone).date()
    experts.enter(county.db, county.staff["expert"], ["law", "rights"], title="法律顾问")
    number = 1
    for topic, title, names in EXPERTS:
        for position, name in enumerate(names):
            number += 1
            row = Staff(
                username=f"demo-expert-{number}", name=name, role="expert", created_at=county.now,
                password_hash=county.staff["expert"].password_hash,
            )  # fmt: skip
            county.db.add(row)
            county.db.flush()
            experts.enter(county.db, row, [topic], 2 if position == 0 else 1, title)
    experts.away(county.db, row, today, today + timedelta(days=7))


def _accepted(county: County, row: Question, when: datetime) -> Question:
    return reviewing.accept(county.db, row.id, county.actor("reviewer"), when, county.rules)


def _answered(county: County, row: Question, text: str, when: datetime) -> Question:
    db, writer = county.db, county.db.get_one(Staff, row.assignee_id)
    answering.draft(db, county.cipher, row.id, text, writer, when - HOUR / 2, county.rules)
    return answering.send(db, county.cipher, row.id, county.actor("reviewer"), when, county.rules)


def _of_lists(county: County, ask: Asks) -> None:
    """What was answered before the list of last month, and what is for this month's."""
    db, zone = county.db, county.rules.timezone
    today = county.now.astimezone(zone).date()
    last = date(today.year, today.month, 1) - timedelta(days=1)
    published = problem_lists.day_of(last.year, last.month)
    nine = datetime.combine(published, time(9), zone)
    for position, (topic, text, answer) in enumerate(LAST_MONTH):
        done = nine - timedelta(days=2 * position + 1)
        row = _accepted(county, ask(topic, text, done - timedelta(hours=20)), done - timedelta(hours=18))
        row = _answered(county, row, answer, done)
        if position % 3 != 2:
            after.satisfied(db, row.id, row.openid, done + HOUR)
    begins = datetime.combine(published + timedelta(days=1), time(), zone)
    for position, (topic, text, answer) in enumerate(THIS_MONTH):
        done = begins + (county.now - begins) * (position + 1) / (len(THIS_MONTH) + 1)
        row = _accepted(county, ask(topic, text, done - timedelta(hours=30)), done - timedelta(hours=28))
        row = _answered(county, row, answer, done)
        if position == 1:  # not content, answered by another one
            after.dissatisfied(db, county.cipher, row.id, row.openid, "没说要带什么", done, county.rules)
            _answered(county, row, f"{answer}带身份证就行。", done)
        elif position == 2:
            after.satisfied(db, row.id, row.openid, done)
    _lists(county, f"{last:%Y-%m}", nine, f"{today:%Y-%m}")


def _lists(county: County, last: str, nine: datetime, this: str) -> None:
    db, editor = county.db, county.actor("editor")
    for month, when in ((last, nine), (this, county.now)):
        made = problem_lists.build(db, county.cipher, month, when, county.rules)
        for item in made.items[: None if month == last else 2] if made else ():
            problem_lists.confirm(db, item.list_id, item.position, editor, min(when + HOUR, county.now))
        if made is not None and month == last:
            problem_lists.sign(db, made.id, county.actor("reviewer"), when + 2 * HOUR)


def _private(county: County, ask: Asks) -> None:
    """Never published; one asked on, one was answered too late."""
    for position, (topic, text, answer) in enumerate(PRIVATE):
        when = county.now - timedelta(days=12 - 2 * position)
        row = _accepted(county, ask(topic, text, when), when + 2 * HOUR)
        row = _answered(county, row, answer, when + timedelta(days=4 if position == 1 else 1))
        if position == 0:
            later = when + timedelta(days=2)
            after.ask_on(county.db, county.cipher, row.id, row.openid, "投诉要带什么材料？", later, county.rules)
            _answered(county, row, "身份证、聊天记录打印件，有工友证言更好。", later + timedelta(days=1))
            after.satisfied(county.db, row.id, row.openid, later + timedelta(days=2))


def _waiting(county: County, ask: Asks) -> None:
    """Nobody has reviewed them: just asked, soon due, overdue, from a minor, waiting for more; one was taken back."""
    db, now, rules = county.db, county.now, county.rules
    for (topic, text), hours in zip(WAITING, (0.3, 1, 2.2, 2.8, 4, 5), strict=True):
        row = ask(topic, text, now - hours * HOUR, is_minor=topic == "rights" and hours == 5)
        if hours == 2.8:
            _picture(county, row)
        if hours == 5:
            reviewing.want_more(
                db, county.cipher, row.id, "是哪个学校的群？", county.actor("reviewer"), now - 3 * HOUR, rules
            )
    gone = ask("league", "团徽丢了怎么补？", now - 30 * HOUR)
    after.withdraw(db, gone.id, gone.openid, now - 29 * HOUR, rules)
    other = ask("league", "能帮我抢演唱会的票吗？", now - 50 * HOUR)
    reviewing.decline(db, other.id, "这里帮不上，请到官方渠道购票。", county.actor("reviewer"), now - 49 * HOUR, rules)
    away = ask("rights", "小区门口的路灯坏了一个月，晚上很黑。", now - 70 * HOUR)
    reviewing.transfer(
        db, away.id, "12345", "由老城街道处理，会直接回复您", county.actor("reviewer"), now - 69 * HOUR, rules
    )


def _worked_on(county: County, ask: Asks) -> None:
    """With experts: one merged into another, a draft to be checked, one sent back, soon due, overdue, paused."""
    db, now, rules, reviewer = county.db, county.now, county.rules, county.actor("reviewer")
    rows = []
    for (topic, text), hours in zip(WORKED_ON, (20, 18, 30, 8, 70, 75, 40), strict=True):
        rows.append(ask(topic, text, now - hours * HOUR, is_minor=hours == 40))
        if hours != 18:
            _accepted(county, rows[-1], now - (hours - 1) * HOUR)
    reviewing.merge(db, rows[1].id, rows[0].id, reviewer, now - 17 * HOUR, rules)
    for row, text in zip((rows[0], rows[2]), DRAFTS, strict=True):
        answering.draft(db, county.cipher, row.id, text, db.get_one(Staff, row.assignee_id), now - 2 * HOUR, rules)
    answering.give_back(db, county.cipher, rows[2].id, "请写明今年的日期", reviewer, now - HOUR, rules)
    reviewing.want_more(db, county.cipher, rows[4].id, "有没有收据？", reviewer, now - 60 * HOUR, rules)


def _urgent(county: County, openid: str) -> Question:
    """Somebody was in danger the night before last; whoever was on duty was there, and people still stay with it."""
    db, cipher, when = county.db, county.cipher, county.now - 34 * HOUR
    duty = county.staff["reviewer"].id
    alert = alerts.open_alert(db, cipher, openid, "mind", "觉得撑不下去了", when)
    row = asking.urgent(db, cipher, openid, alert.id, "觉得撑不下去了", when, county.rules)
    alerts.acknowledge(db, cipher, alert.id, duty, when + HOUR / 12)
    alerts.answer(db, cipher, alert.id, duty, "我在，先不要一个人待着。我给您打电话好吗？", when + HOUR / 6)
    alerts.close(db, cipher, alert.id, duty, "电话聊了四十分钟，已和家人联系，约了周五面谈", when + 2 * HOUR)
    return _accepted(county, row, when + 2 * HOUR)


def _picture(county: County, row: Question) -> None:
    """A page of a wage book, drawn here."""
    page = Image.new("RGB", (640, 420), "#fbf7ea")
    pen = ImageDraw.Draw(page)
    for line in range(40, 400, 45):
        pen.line((40, line, 600, line), "#8a8a8a", 2)
    for column in (40, 200, 380, 600):
        pen.line((column, 40, column, 400), "#8a8a8a", 2)
    out = io.BytesIO()
    page.save(out, "PNG")
    sent = county.now - 2 * HOUR
    entry = asking.add(
        county.db, county.cipher, row.id, row.openid, "", sent, county.rules, media_id=f"sample-{row.number}"
    )
    wanted = county.db.query(QuestionPicture).filter(QuestionPicture.entry_id == entry.id).one()
    pictures.keep(county.db, county.cipher, wanted.id, clean(out.getvalue()), sent, county.rules)
