"""Experts at the console: registered, changed, on leave by others and by themselves, and the holidays beside them."""

from __future__ import annotations

from bot.services.questions import experts
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Expert
from tests.console.conftest import Office

EVIL = "<script>x</script>"
EXPERT = 4
"""The colleague of this role; the first of the table is number one."""


def expert(office: Office, id: int = EXPERT) -> Expert | None:
    return office.read(lambda db: db.get(Expert, id))  # type: ignore[no-any-return]


def test_registered_and_changed(office: Office) -> None:
    reviewer = office.as_("reviewer")
    page = reviewer.get("/questions/experts").text
    assert "还没有专家" in page and "专家</option>" in page and "审计</option>" not in page
    wrong = reviewer.post("/questions/experts", {"staff_id": EXPERT, "title": EVIL})
    assert wrong.status_code == 422 and "请至少勾一个方向" in wrong.text and EVIL not in wrong.text
    assert "&lt;script&gt;x" in wrong.text, "what was typed stays"
    for id in ("", "6", "99", "x"):  # nobody, the auditor, no such colleague
        assert reviewer.post("/questions/experts", {"staff_id": id, "topic": "law"}).status_code == 422
    said = reviewer.post("/questions/experts", {"staff_id": EXPERT, "topic": ["law", "mind"], "title": EVIL})
    assert "登记好了" in said.text and EVIL not in said.text and "今天没有专家可派" in said.text
    made = expert(office)
    assert made and (made.topics, made.weight, made.title) == (["law", "mind"], 1, EVIL)
    assert "份量是 0 到" in reviewer.post("/questions/experts/4", {"topic": "law", "weight": "11"}).text
    assert "改好了" in reviewer.post("/questions/experts/4", {"topic": "law", "weight": "0"}).text
    assert "暂时不派" in reviewer.get("/questions/experts").text
    assert "还不是专家" in reviewer.post("/questions/experts/1", {"topic": "law", "weight": "1"}).text
    noted = office.read(lambda db: [row.after for row in db.query(AuditEntry).filter_by(subject="experts:4")])
    assert noted == [{"topics": ["law", "mind"], "weight": 1}, {"topics": ["law"], "weight": 0}]
    for role in ("editor", "expert"):
        assert office.as_(role).post("/questions/experts/4", {"topic": "law"}).status_code == 403
        assert "登记专家" not in office.as_(role).get("/questions/experts").text


def test_leave_and_holidays(office: Office) -> None:
    def enter(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.add(Expert(staff_id=EXPERT, topics=["law"]))

    office.change(enter)
    reviewer, own = office.as_("reviewer"), office.as_("expert")
    for typed in ({}, {"first": "2026-03-05", "last": "2026-03-04"}, {"first": "2026-03-05", "last": "soon"}):
        assert "请写从哪天起" in reviewer.post("/questions/experts/4/away", typed).text
    said = reviewer.post("/questions/experts/4/away", {"first": "2026-03-01", "last": "2026-03-09"}).text
    assert "从3月1日到3月9日不派" in said and "不在</span>" in said
    assert office.read(lambda db: experts.able(db, "law", office.now.date())) == []
    assert "我要请假" in own.get("/questions/experts").text
    assert "照常派" in own.post("/questions/experts/own/away", {"back": "yes"}).text
    assert len(office.read(lambda db: experts.able(db, "law", office.now.date()))) == 1
    assert "还不是专家" in office.as_("editor").post("/questions/experts/own/away", {"first": "2026-03-05"}).text
    page = reviewer.get("/questions/experts").text
    assert "清明" in page and "劳动节" in page and "调休上班" in page and "按自然时间算" in page
    assert office.as_("auditor").get("/questions/experts").status_code == 403
