"""青年之声 at the console: the inbox, who sees what, from review to the answer sent, kept words, lists, figures."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from bot.services import alerts
from bot.services.questions import answering, asking, canned, experts, pictures, problem_lists, reviewing
from bot.services.questions.cleaning import clean
from bot.storage.database import writing
from bot.storage.models import AuditEntry, ProblemItem, Question, QuestionEntry, QuestionPicture, Staff
from tests.console.conftest import Office
from tests.fixtures.world import NOW, World

LAW, MIND = "Q20260303001", "Q20260303002"
EVIL = "<script>alert(1)</script> =cmd|' /C calc'!A0 老板不发工资，电话13812345678"


@pytest.fixture
def town(office: Office) -> Office:
    """A question about law with an injection in it, and a private one; one expert for law, who is the editor's peer."""

    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        experts.enter(db, db.scalars(select(Staff).where(Staff.username == "expert")).one(), ["law"], title="法律顾问")
        asking.ask(db, world.cipher, "o-1", "law", EVIL, NOW - timedelta(hours=1))
        asking.ask(db, world.cipher, "o-2", "mind", "最近总是睡不着", NOW - timedelta(hours=4), is_minor=True)
        canned.add(db, "law", "拖欠工资", "先保存证据，拨 {labour} 投诉。", "staff:1", NOW)

    office.change(fill)
    return office


def question(office: Office, number: str = LAW) -> Question:
    return office.read(lambda db: db.scalars(select(Question).where(Question.number == number)).one())  # type: ignore[no-any-return]


def kinds(office: Office, number: str = LAW) -> list[str]:
    own = select(QuestionEntry.kind).join(Question).where(Question.number == number).order_by(QuestionEntry.id)
    return office.read(lambda db: list(db.scalars(own)))  # type: ignore[no-any-return]


def test_the_inbox(town: Office) -> None:
    reviewer = town.as_("reviewer")
    page = reviewer.get("/questions").text
    assert page.index(MIND) < page.index(LAW), "what is late comes first"
    assert "超时1小时" in page and "还剩2小时" in page and "睡不着" not in page and "不公开" in page
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "13812345678" not in page
    assert LAW not in reviewer.get("/questions?part=late").text and MIND in reviewer.get("/questions?part=late").text
    assert MIND not in reviewer.get("/questions?topic=law").text
    assert MIND in reviewer.get("/questions?q=002").text and LAW not in reviewer.get("/questions?q=002").text
    assert "没有找到" in reviewer.get("/questions?who=99999&part=<b>").text
    assert MIND not in town.as_("editor").get("/questions?part=all").text
    assert "都办完了" in town.as_("expert").get("/questions").text, "nothing is theirs yet"
    assert town.read(lambda db: db.scalars(select(AuditEntry.id).where(AuditEntry.reason == "viewed")).all()) == []


def test_who_sees_a_private_one(town: Office) -> None:
    for role, code in (("reviewer", 200), ("admin", 200), ("editor", 404), ("expert", 404), ("auditor", 403)):
        assert town.as_(role).get(f"/questions/{MIND}").status_code == code, role
    looked = select(AuditEntry.actor).where(AuditEntry.reason == "viewed", AuditEntry.subject == "questions:2")
    assert len(town.read(lambda db: db.scalars(looked).all())) == 2, "each look, none of who was refused"
    for deed in ("note", "more", "report"):
        town.as_("editor").post(f"/questions/{MIND}/{deed}", {"text": "我也想看", "done": "police"})
    assert kinds(town, MIND) == ["asked"]
    page = town.as_("reviewer").get(f"/questions/{MIND}").text
    assert "未成年人保护法第十一条" in page
    assert "已记在备注里" in town.as_("reviewer").post(
        f"/questions/{MIND}/report", {"done": ["police", "school"], "text": "14:05 城关所"}
    ).text  # fmt: skip
    noted = town.as_("reviewer").get(f"/questions/{MIND}").text
    assert "强制报告核对：已报告公安（110）；已报告教育部门或学校；14:05 城关所" in noted


def test_from_review_to_the_answer(town: Office) -> None:
    reviewer, expert = town.as_("reviewer"), town.as_("expert")
    page = reviewer.get(f"/questions/{LAW}").text
    assert "提问里有手机号" in page and "<script>alert" not in page and "专家（在办0个）" in page
    assert "派给专家" in reviewer.post(f"/questions/{LAW}/accept", {"topic": "", "to": "expert"}).text
    assert "拨 12333 投诉" in expert.get(f"/questions/{LAW}").text, "kept words with the own numbers"
    long = expert.post(f"/questions/{LAW}/draft", {"text": "长" * 561, "canned_id": "7"})
    assert long.status_code == 422 and "答复有561字" in long.text and "长" * 561 in long.text
    assert "另一位老师核对" in expert.post(f"/questions/{LAW}/draft", {"text": "先保存证据。", "canned_id": "1"}).text
    assert (
        town.read(lambda db: db.scalars(select(QuestionEntry.canned_id).where(QuestionEntry.kind == "draft")).one())
        == 1
    )
    assert expert.post(f"/questions/{LAW}/send").status_code == 403
    assert LAW in reviewer.get("/questions?part=check").text
    assert "已退回" in reviewer.post(f"/questions/{LAW}/return", {"reason": "写清电话"}).text
    page = expert.get(f"/questions/{LAW}").text
    assert "写清电话" in page and "只有同事看得到" in page
    expert.post(f"/questions/{LAW}/draft", {"text": "先保存证据，拨12333。"})
    assert "正在发给提问人" in reviewer.post(f"/questions/{LAW}/send").text
    assert question(town).state == "answered" and kinds(town)[-1] == "answer"
    assert "等提问人评价" in reviewer.get(f"/questions/{LAW}").text


def test_an_own_draft_is_checked_by_somebody_else(town: Office) -> None:
    admin = town.as_("admin")
    admin.post(f"/questions/{LAW}/accept")
    admin.post(f"/questions/{LAW}/draft", {"text": "我来答"})
    assert "要由另一位老师核对" in admin.post(f"/questions/{LAW}/send").text and question(town).state == "accepted"


@pytest.mark.parametrize(
    ("deed", "fields", "said", "state"),
    [
        ("decline", {"reason": ""}, "请写一句为什么不受理", "submitted"),
        ("decline", {"reason": "不归这里管", "where": "请拨 12333"}, "不归这里管。请拨 12333", "declined"),
        ("transfer", {"to": "12345", "reason": "由街道处理"}, "记为转给12345", "transferred"),
        ("transfer", {"to": "12345", "other": "镇人大", "reason": "由他们处理"}, "记为转给镇人大", "transferred"),
        ("merge", {"into": LAW}, "不能并入", "submitted"),
        ("merge", {"into": MIND}, "已并入这一条", "merged"),
        ("more", {"text": "有没有工资条？"}, "停表，等补充", "submitted"),
        ("more", {"text": ""}, "几句话就行", "submitted"),
        ("accept", {"to": "nobody"}, "没有登记", "submitted"),
        ("note", {"text": "家长来过电话"}, "备注记下了", "submitted"),
        ("report", {}, "请先勾选", "submitted"),
        ("send", {}, "不能这样办", "submitted"),
    ],
)
def test_what_a_reviewer_does(town: Office, deed: str, fields: dict[str, str], said: str, state: str) -> None:
    reviewer = town.as_("reviewer")
    answer = reviewer.post(
        f"/questions/{LAW}/{deed}", fields, headers={"Referer": f"http://localhost/console/questions/{LAW}"}
    )
    assert said in answer.text and question(town).state == state


def test_pictures_and_like_cases(town: Office) -> None:
    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        out = io.BytesIO()
        Image.new("RGB", (40, 30)).save(out, "PNG")
        asking.add(db, world.cipher, 1, "o-1", "", NOW, media_id="m1")
        pictures.keep(db, world.cipher, db.scalars(select(QuestionPicture.id)).one(), clean(out.getvalue()), NOW)
        old = asking.ask(db, world.cipher, "o-3", "law", "老板拖着不发工资，张老师帮帮我", NOW - timedelta(days=3))
        reviewing.accept(db, old.id, "staff:3", NOW - timedelta(days=3))
        expert = db.get_one(Staff, old.assignee_id)
        answering.draft(db, world.cipher, old.id, "先要工资条。", expert, NOW - timedelta(days=2))
        answering.send(db, world.cipher, old.id, "staff:3", NOW - timedelta(days=2))

    town.change(fill)
    page = town.as_("reviewer").get(f"/questions/{LAW}").text
    assert "先要工资条。" in page and "〔姓名〕老师" in page and "张老师" not in page
    shot = f"/questions/{LAW}/pictures/1"
    assert f'{shot}"' in page and town.as_("reviewer").get(shot).mimetype == "image/jpeg"
    assert town.as_("expert").get(shot).status_code == 404, "not theirs yet"
    looked = select(AuditEntry.actor).where(AuditEntry.subject == "question_pictures:1", AuditEntry.reason == "viewed")
    assert town.read(lambda db: db.scalars(looked).all()) == ["staff:3"]


def test_an_alert_stands_on_the_page(town: Office) -> None:
    def fill(db, world: World) -> str:  # type: ignore[no-untyped-def]
        alert = alerts.open_alert(db, world.cipher, "o-9", "mind", "不想活了", NOW)
        return asking.urgent(db, world.cipher, "o-9", alert.id, "不想活了", NOW).number

    number = town.change(fill)
    page = town.as_("admin").get(f"/questions/{number}").text
    assert "警报 J1：想不开" in page and "人的安全第一" in page


def test_kept_words(town: Office) -> None:
    reviewer = town.as_("reviewer")
    page = town.as_("expert").get("/questions/canned").text
    assert "拖欠工资" in page and "加一条" not in page
    taken = reviewer.post("/questions/canned", {"topic": "law", "title": "拖欠工资", "text": "留着的话"})
    assert taken.status_code == 422 and "已经有一条" in taken.text and "留着的话" in taken.text
    assert "已加上" in reviewer.post("/questions/canned", {"topic": "law", "title": "押金", "text": "先看合同。"}).text
    assert "改好了" in reviewer.post("/questions/canned/2", {"title": "退押金", "text": "先看合同。"}).text
    assert "停用了" in reviewer.post("/questions/canned/2/retire").text
    assert "退押金" not in reviewer.get("/questions/canned?topic=law").text.replace("“退押金”停用了", "")


def test_the_list_of_problems(town: Office) -> None:
    assert "还没有问题清单" in town.as_("editor").get("/questions/lists").text

    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        reviewing.accept(db, 1, "staff:3", NOW)
        expert = db.scalars(select(Staff).where(Staff.username == "expert")).one()
        answering.draft(db, world.cipher, 1, "先保存证据。", expert, NOW)
        answering.send(db, world.cipher, 1, "staff:3", NOW)
        assert problem_lists.build(db, world.cipher, "2026-03", NOW + timedelta(days=28)) is not None

    town.change(fill)
    editor, reviewer = town.as_("editor"), town.as_("reviewer")
    page = editor.get("/questions/lists/2026-03").text
    assert "〔手机号〕" in page or "138" not in page
    assert "签发并公布" not in reviewer.get("/questions/lists/2026-03").text, "nobody has read it"
    tells = editor.post("/questions/lists/2026-03/1", {"asked": "张老师欠我工资 13812345678", "answer": "先保存证据。"})
    assert tells.status_code == 422 and "还有能认出人的内容" in tells.text and "13812345678" in tells.text
    assert "没有人看过" in reviewer.post("/questions/lists/2026-03/sign").text
    fine = {"act": "confirm", "asked": "老板不发工资怎么办？", "answer": "先保存证据。"}
    assert "第1条通过了" in editor.post("/questions/lists/2026-03/1", fine).text
    assert "第1条去掉了" in editor.post("/questions/lists/2026-03/1", {"act": "drop"}).text
    editor.post("/questions/lists/2026-03/1", fine)
    assert editor.post("/questions/lists/2026-03/sign").status_code == 403
    assert "签发了" in reviewer.post("/questions/lists/2026-03/sign").text
    assert (
        "/problems/2026-03" in editor.get("/questions/lists").text
        and "正在放进公众号草稿箱" in editor.get("/questions/lists").text
    )
    assert town.read(lambda db: db.scalars(select(ProblemItem.asked)).one()) == "老板不发工资怎么办？"
    assert "不能再改" in editor.post("/questions/lists/2026-03/1", fine).text
    assert town.as_("expert").get("/questions/lists").status_code == 403


def test_figures(town: Office) -> None:
    reviewer = town.as_("reviewer")
    page = reviewer.get("/questions/figures").text
    assert MIND in page and "还没办" in page and "0.0%" in page and "法律" in page
    assert "已换过来看" in reviewer.get("/questions/figures?since=2026-03-09&until=2026-03-01").text
    assert "没有到期的" in reviewer.get("/questions/figures?since=2020-01-01&until=2020-01-31").text
    assert reviewer.get("/questions/figures?since=x&until=<b>").status_code == 200


def test_the_first_page_leads_to_the_question(town: Office) -> None:
    assert f'href="/console/questions/{LAW}"' in town.as_("reviewer").get("/").text
