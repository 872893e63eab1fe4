"""The FAQ workshop: entries with their numbers, gaps mended, sentences tried, edits checked, kept and given back."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.knowledge import gaps
from bot.knowledge.counts import add_up
from bot.storage.database import writing
from bot.storage.models import AuditEntry
from tests.console.conftest import FAQ, Office, Visitor

PATH = "/faq/entries/insurance"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def file(office: Office, tmp_path: Path) -> Path:
    return tmp_path / "faq" / "volunteering.yaml"


def fields(visitor: Visitor, path: str = PATH, **more: str) -> dict[str, str]:
    """What the form holds, as a browser would send it."""
    page = visitor.get(path).text
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    for name, value in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\n?(.*?)</textarea>', page, re.S):
        found[name] = value
    found["id"] = (re.search(r'id="f-id"[^>]*value="([^"]*)"', page) or ["", ""])[1]
    return {**found, **more}


def test_entries_with_their_numbers(office: Office) -> None:
    def count(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        add_up(db, {(office.now.date(), "insurance"): Counter(answered=7, offered=5, chosen=2, rejected=1)})

    office.change(count)
    editor = office.as_("editor")
    page = editor.get("/faq").text
    row = page[page.index("活动期间有保险吗") : page.index("参加活动要带什么")]
    assert re.findall(r'<td class="text-end[^"]*">(\S+)</td>', row) == ["7", "5", "2", "4"]
    assert "参加活动要带什么" not in editor.get("/faq?q=意外险").text
    assert "活动期间有保险吗" not in editor.get("/faq?order=never").text
    assert "没有这样的条目" in editor.get("/faq?q=没有的词").text


def test_a_gap_becomes_a_phrase_of_an_entry(office: Office, file: Path) -> None:
    def ask(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        for text in ("献血车几点到广场", "广场的献血车啥时候来", EVIL):
            gaps.record(db, text, "none", [], office.now)

    editor = office.as_("editor")
    assert "都答上来了" in editor.get("/faq/gaps/found").text
    office.change(ask)
    page = editor.get("/faq/gaps/found").text
    assert "献血车几点到广场" in page and EVIL not in page
    said = editor.post(
        "/faq/gaps/add", {"text": ["献血车几点到广场", "广场的献血车啥时候来"], "entry": "insurance"}
    ).text
    assert "已把 2 句加进" in said and "正在学习新内容" in said
    assert "受伤了怎么赔, 献血车几点到广场, 广场的献血车啥时候来]" in file.read_text("utf-8")
    kept = office.read(
        lambda db: [(row.actor, row.subject, row.reason) for row in db.query(AuditEntry) if "faq" in row.subject]
    )
    assert kept == [("staff:2", "faq:faq/volunteering.yaml", "insurance 补了 2 句没答上来的")]
    assert "请至少勾一句" in editor.post("/faq/gaps/add", {"entry": "insurance"}).text
    by_phrase = {"text": "献血车停在哪", "entry": "活动期间有保险吗"}  # as the list beside the field fills it in
    assert "已把 1 句加进“活动期间有保险吗”" in editor.post("/faq/gaps/add", by_phrase).text
    assert "没有叫“nowhere”" in editor.post("/faq/gaps/add", {"text": "喂", "entry": "nowhere"}).text
    assert office.as_("reviewer").post("/faq/gaps/add", {"text": "喂", "entry": "insurance"}).status_code == 403


def test_a_sentence_is_tried_and_the_reasons_are_shown(office: Office) -> None:
    auditor = office.as_("auditor")
    assert "说一句没写过的话" in auditor.get("/faq/try").text
    assert "打的是“获动期间有保险吗”，按读音和前后的字改回" in auditor.get("/faq/try?q=获动期间有保险吗").text
    page = auditor.get("/faq/try?q=志愿者有没有意外险").text
    assert "打的是" not in page
    assert "直接回答" in page and "一模一样" in page and "每场活动都投保意外险" in page
    page = auditor.get("/faq/try", query_string={"q": "今天股票涨了吗" + EVIL}).text
    assert "把握" in page and "内部分数线" in page and EVIL not in page
    part = auditor.get("/faq/try?q=要带啥&hoped=insurance", headers={"HX-Request": "true"}).text
    assert "<html" not in part and 'hx-trigger="load delay:2s"' in part
    assert (
        "hx-trigger"
        not in auditor.get("/faq/try?q=要带啥&hoped=insurance&tries=20", headers={"HX-Request": "true"}).text
    )


def test_an_entry_is_edited_and_given_back(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    said = editor.post(PATH, fields(editor, answer="有的。\r\n电话 {organisation}", why="换了说法"))
    assert "已保存" in said.text
    assert "    answer: |\n      有的。\n      电话 {organisation}\n" in file.read_text("utf-8")
    history = editor.get("/faq/history").text
    assert "改 insurance：换了说法" in history and "编辑" in history
    at = re.search(r'href="/console(/faq/history/\d[^"]+)"', history)[1]  # type: ignore[index]
    assert 'class="gone"' in editor.get(at).text
    assert "已恢复" in editor.post(at).text and file.read_text("utf-8") == FAQ
    assert "不用恢复" in editor.post(at).text
    assert "和原来一样" in editor.post(PATH, fields(editor)).text
    assert editor.get("/faq/history/20260101T000000.000000Z/faq/volunteering.yaml").status_code == 404
    assert office.as_("auditor").post(at).status_code == 403


def test_mistakes_are_named_by_their_field_and_nothing_is_lost(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    wrong = fields(editor, ask="参加活动要带什么\n新的一句", answer="打 {fone}" + EVIL)
    answer = editor.post(PATH, wrong)
    assert answer.status_code == 422 and file.read_text("utf-8") == FAQ
    assert "<strong>问法：</strong>“参加活动要带什么”" in answer.text and "没有叫 {fone} 的占位" in answer.text
    assert "新的一句</textarea>" in answer.text and EVIL not in answer.text
    checked = editor.post("/faq/check", wrong)
    assert checked.status_code == 200 and "<strong>回答：</strong>没有叫 {fone}" in checked.text
    assert "没有错误" in editor.post("/faq/check", fields(editor, answer="打 {organisation}")).text
    assert "打 团县委" in editor.post("/faq/check", fields(editor, answer="打 {organisation}")).text


def test_somebody_else_saved_meanwhile(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    typed = fields(editor, answer="我写的")
    file.write_text(FAQ.replace("带水杯和帽子就好。", "带水。"), "utf-8")  # another entry: nothing is in the way
    assert "已保存" in editor.post(PATH, typed).text
    file.write_text(FAQ.replace("有的，每场", "别人写的，每场"), "utf-8")
    answer = editor.post(PATH, typed)
    assert answer.status_code == 409 and "我写的</textarea>" in answer.text and "别人写的" in answer.text
    mark = re.search(r'name="mark" value="(\w+)"', answer.text)[1]  # type: ignore[index]
    assert "已保存" in editor.post(PATH, {**typed, "mark": mark}).text and "我写的" in file.read_text("utf-8")


def test_the_lines_of_an_entry_and_the_whole_file(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    typed = fields(editor, f"{PATH}?yaml")
    assert typed["lines"].startswith("  - id: insurance\n") and typed["how"] == "yaml"
    bad = editor.post(PATH, {**typed, "lines": typed["lines"].replace("answer: ", "answer：")})
    assert bad.status_code == 422 and "第 3 行" in bad.text and "中文冒号" in bad.text
    assert "已保存" in editor.post(PATH, {**typed, "lines": typed["lines"] + "    # 备注\n"}).text
    name = "/faq/files/faq/volunteering.yaml"
    typed = fields(editor, name)
    assert "# 备注" in typed["text"]
    assert editor.post(name, {**typed, "text": "entries: 5"}).status_code == 422
    assert "已保存" in editor.post(name, {**typed, "text": typed["text"].replace("# 备注", "# 看过了")}).text
    late = editor.post(name, {**typed, "text": typed["text"] + "# 我的\n"})
    assert late.status_code == 409 and "# 我的\n" in late.text and 'class="gone"' in late.text
    assert "第 1 行" in editor.post("/faq/check/faq/volunteering.yaml", {"text": "entries: 5"}).text
    for path in ("/faq/files/faq/../../etc/passwd", "/faq/files/etc/passwd"):
        assert editor.get(path).status_code == 404


def test_a_new_entry_and_one_deleted(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    assert "停车场在哪" in editor.get("/faq/new?ask=停车场在哪&ask=车停哪").text
    typed = {"file": "faq/volunteering.yaml", "id": "parking", "ask": "停车场在哪\n车停哪", "answer": "东门。"}
    assert "没有错误" in editor.post("/faq/check", typed).text
    assert "已新增 parking" in editor.post("/faq/new", typed).text
    assert file.read_text("utf-8") == FAQ + "  - id: parking\n    ask: [停车场在哪, 车停哪]\n    answer: 东门。\n"
    again = editor.post("/faq/new", typed)
    assert again.status_code == 422 and "已经用在" in again.text and "东门。</textarea>" in again.text
    assert "已删掉 parking" in editor.post("/faq/entries/parking/delete").text and file.read_text("utf-8") == FAQ
    gone = editor.post("/faq/entries/parking", {**typed, "mark": "x"})
    assert gone.status_code == 404 and "停车场在哪" in gone.text, "what was typed is not lost"
    assert "没有这一条" in editor.get("/faq/entries/parking").text


def test_a_broken_file_is_told_and_can_be_mended(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    file.write_text(FAQ.replace("answer: 带", "answer：带"), "utf-8")
    page = editor.get("/faq").text
    assert "处要改" in page and "中文冒号" in page
    name = "/faq/files/faq/volunteering.yaml"
    assert "已保存" in editor.post(name, {**fields(editor, name), "text": FAQ}).text
    assert "处要改" not in editor.get("/faq").text


def test_those_who_may_only_look_get_no_buttons(office: Office) -> None:
    page = office.as_("reviewer").get(PATH).text
    assert "<fieldset disabled>" in page and "保存</button>" not in page and "删掉</button>" not in page


def test_a_group_needs_no_answer_until_it_is_asked_on(office: Office) -> None:
    def ask(times: int, *texts: str):  # type: ignore[no-untyped-def]
        def work(db, world) -> None:  # type: ignore[no-untyped-def]
            writing(db)
            for text in texts * times:
                gaps.record(db, text, "none", [], office.now)

        office.change(work)

    editor = office.as_("editor")
    ask(3, "今天股票涨了吗", "今天股票<b>涨了没")
    ask(1, "献血车几点到广场")
    found = editor.get("/faq/gaps/found").text
    group = re.search(r'name="group" value="([^"]*股票[^"]*)"', found)[1]  # type: ignore[index]
    group = html.unescape(group)
    said = editor.post("/faq/gaps/dismiss", {"group": group, "why": "chat", "entry": ""}).text
    assert "记成了不必回答（闲聊）" in said and "<b>" not in said
    found = editor.get("/faq/gaps/found").text
    assert "股票" not in found and "献血车" in found
    assert 'href="/console/faq/gaps">1</a>' in editor.get("/faq").text, "what is put aside does not count"
    row = office.read(lambda db: db.query(AuditEntry).filter(AuditEntry.subject == "gap_dismissals:1").one())
    assert row.actor == "staff:2" and row.after == {"why": "chat"}
    ask(4, "今天股票涨了吗")
    assert "股票" not in editor.get("/faq/gaps/found").text
    ask(1, "今天股票涨了没")  # other words, the same group: the fifth
    found = editor.get("/faq/gaps/found").text
    assert "曾经不必回答（闲聊）；之后又问了 5 次" in found
    group = html.unescape(re.search(r'name="group" value="([^"]*股票[^"]*)"', found)[1])  # type: ignore[index]
    editor.post("/faq/gaps/dismiss", {"group": group, "why": "elsewhere"})
    assert "股票" not in editor.get("/faq/gaps/found").text, "put aside anew: counted from here"
    page = editor.get("/faq/gaps/dismissed").text
    assert page.count("还是要答") == 2 and "<b>" not in page
    for number in (1, 2):
        assert "已放回" in editor.post(f"/faq/gaps/dismissed/{number}/take-up").text
    assert "已经放回去了" in editor.post("/faq/gaps/dismissed/1/take-up").text
    assert "股票" in editor.get("/faq/gaps/found").text and "没有收起来的" in editor.get("/faq/gaps/dismissed").text
    for wrong in ({"group": group, "why": "lazy"}, {"group": "没有这一组", "why": "chat"}):
        assert "刚刚变了" in editor.post("/faq/gaps/dismiss", wrong).text
    reviewer = office.as_("reviewer")
    assert reviewer.post("/faq/gaps/dismiss", {"group": group, "why": "chat"}).status_code == 403
    assert "不必回答" not in reviewer.get("/faq/gaps/found").text


def test_a_topic_gets_a_file_of_its_own(office: Office, file: Path) -> None:
    editor = office.as_("editor")
    assert "车停哪" in editor.get("/faq/topics/new?ask=车停哪").text
    typed = {
        "stem": "parking", "topic": "停车: 和" + EVIL[:8], "id": "park", "ask": "停车场在哪\n车停哪",
        "answer": "东门。",
    }  # fmt: skip
    assert "没有错误" in editor.post("/faq/topics/check", typed).text
    bad = editor.post("/faq/topics/check", {**typed, "ask": "参加活动要带什么", "answer": "打 {fone}"}).text
    assert "没有叫 {fone}" in bad and "“参加活动要带什么”" in bad
    for stem, why in (("volunteering", "已经有"), ("../evil", "小写英文"), ("Parking", "小写英文"), ("", "小写英文")):
        assert why in editor.post("/faq/topics/check", {**typed, "stem": stem}).text
        again = editor.post("/faq/topics/new", {**typed, "stem": stem})
        assert again.status_code == 422 and why in again.text and "东门。</textarea>" in again.text
    assert editor.post("/faq/topics/new", {**typed, "topic": " "}).status_code == 422
    assert editor.post("/faq/topics/new", {**typed, "id": "insurance"}).status_code == 422
    assert [path.name for path in file.parent.iterdir()] == ["volunteering.yaml"], "nothing was made"
    (file.parent / "schema.json").write_text("{}", "utf-8")
    file.chmod(0o640)
    assert "已新建主题" in editor.post("/faq/topics/new", typed).text
    made = file.with_name("parking.yaml")
    first, second, *rest = made.read_text("utf-8").splitlines()
    assert "$schema" in first and "在工作台新建" in second and made.stat().st_mode & 0o777 == 0o640
    assert rest == [
        "topic: '停车: 和<script>'", "entries:", "  - id: park", "    ask: [停车场在哪, 车停哪]", "    answer: 东门。",
    ]  # fmt: skip
    history = editor.get("/faq/history?file=faq/parking.yaml").text
    assert "第一条是 park" in history and EVIL[:8] not in history
    at = re.search(r'href="/console(/faq/history/\d[^"]+)"', history)[1]  # type: ignore[index]
    assert "删掉了" in editor.post(at).text and not made.exists()
    assert "没有" in editor.post(at).text
    assert office.as_("reviewer").post("/faq/topics/new", {**typed, "stem": "other"}).status_code == 403
