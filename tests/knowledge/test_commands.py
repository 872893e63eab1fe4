"""The faq commands: exit codes, JSON for programs, sentences for operators, YAML to paste."""

import io
import json

import pytest

from bot.commands.check import Wrong, library
from bot.knowledge import commands
from bot.knowledge.clusters import as_yaml, cluster
from bot.knowledge.library import Shelf
from bot.knowledge.loader import load
from bot.settings import Settings

TEXT = """topic: t
entries:
  - id: insurance
    ask: [活动期间有保险吗, 志愿者有没有意外险, 受伤了怎么赔]
    answer: 有的
    tests: [活动有没有保险]
  - id: certificate
    ask: [志愿服务证明怎么开, 哪里可以开证明, 学校要我的服务证明]
    answer: 免费
  - id: human
    intent: always.human
    ask: [转人工, 我要找工作人员, 有没有真人]
"""


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "faq"
    path.mkdir()
    (path / "a.yaml").write_text(TEXT, "utf-8")
    return path


def run(command, *args, **kwargs):
    out = io.StringIO()
    return command(*args, out, **kwargs), out.getvalue()


def test_check_is_zero_without_mistakes_and_one_with(folder):
    code, said = run(commands.check, folder)
    assert (code, "没有错误：3 条" in said) == (0, True)
    (folder / "b.yaml").write_text("entries: 5", "utf-8")
    code, said = run(commands.check, folder)
    assert (code, "faq/b.yaml:1:10: " in said) == (1, True)


def test_nearly_the_same_phrase_under_two_entries_is_told_with_its_score(folder):
    (folder / "b.yaml").write_text(
        "entries:\n  - id: b\n    ask: [活动期间有没保险吗, 甲, 乙]\n    answer: x\n", "utf-8"
    )
    code, said = run(commands.check, folder)
    assert code == 0
    assert "faq/b.yaml:3:11: 建议：“活动期间有没保险吗”与 insurance 的“活动期间有保险吗”" in said
    assert "0.9" in said


def test_match_writes_one_json_object_a_line(folder):
    out, errors = io.StringIO(), io.StringIO()
    lines = io.StringIO("转人工\n志愿服务证明怎么开？\n\n今天股票涨了\n")
    assert commands.match_lines(folder, lines, out, errors) == 0
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(r["decision"], r["id"]) for r in rows] == [
        ("intent", "human"),
        ("answer", "certificate"),
        ("none", None),
        ("none", None),
    ]
    assert list(rows[0]) == ["text", "decision", "id", "confidence", "candidates"]


def test_match_still_answers_when_phrases_collide(folder):
    (folder / "b.yaml").write_text("entries:\n  - id: b\n    ask: [转人工, 丙]\n    answer: '{nobody}'\n", "utf-8")
    out, errors = io.StringIO(), io.StringIO()
    assert commands.match_lines(folder, io.StringIO("哪里可以开证明\n"), out, errors) == 0
    assert json.loads(out.getvalue())["id"] == "certificate"
    assert "已经写在 human" in errors.getvalue()


def test_report_counts_tests_and_names_confusions(folder):
    steps = []
    code, said = run(commands.report, folder, progress=lambda done, of: steps.append((done, of)))
    assert steps[-1] == (6, 6)
    assert "自带测试 1 句" in said
    assert code in (0, 1)
    _, said = run(commands.report, folder, json_only=True)
    found = json.loads(said)
    assert found["phrases"] == 9
    assert set(found["policies"]) == {"cautious", "balanced", "bold"}


def test_explain_says_what_and_why(folder):
    code, said = run(commands.explain, folder, "受伤了怎么赔偿")
    assert code == 0
    assert "insurance: 受伤了怎么赔" in said
    assert "拼写" in said


def test_gaps_become_yaml_that_loads(folder, tmp_path):
    library = Shelf(folder, {}).library
    gaps = [
        ("能不能带狗去", ""),
        ("可以带狗去不", ""),
        ("带'狗'去: 行吗", ""),
        ("哪里可以开证明", ""),
        ("摔了咋弄", "insurance"),
    ]
    found = cluster(gaps, library)
    assert found[0].count >= 2
    assert "哪里可以开证明" not in str(found)
    assert [c.target for c in found if "摔了咋弄" in c.texts] == ["insurance"]
    pasted = tmp_path / "pasted"
    pasted.mkdir()
    (pasted / "p.yaml").write_text(as_yaml(found).replace("answer: ''", "answer: 好"), "utf-8")
    assert load(pasted).refused() == ()
    assert as_yaml([]).startswith("#")


def test_the_doctor_names_the_first_mistakes_and_how_many_there_are(folder):
    chosen = Settings(faq_dir=folder)
    assert library(chosen) == "3 条，没有错误"
    (folder / "b.yaml").write_text("entries:\n  - id: 停车\n    ask: [a]\n    answer：x\n", "utf-8")
    with pytest.raises(Wrong, match=r"有 2 处要改，运行中的帐号继续用原来的内容.*faq/b.yaml:2:9: id 只能用"):
        library(chosen)


def test_check_knows_which_intents_have_a_handler(folder):
    assert run(commands.check, folder, intents={"always.human"})[0] == 0
    code, said = run(commands.check, folder, intents={"always.help"})
    assert code == 1
    assert "没有叫 always.human 的功能；是不是 always.help？" in said
