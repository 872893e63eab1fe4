"""The faq commands: exit codes, JSON for programs, sentences for operators, YAML to paste."""

import io
import json

import pytest

from bot.examination import Wrong, library
from bot.knowledge import commands, trial
from bot.parts import build
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
    assert "自带的测试句：1 句" in said
    assert code in (0, 1)
    assert "像那边的“" in said
    _, said = run(commands.report, folder, json_only=True)
    found = json.loads(said)
    assert found["phrases"] == 9
    assert set(found["policies"]) == {"cautious", "balanced", "bold"}
    assert found["single"] == []
    assert all(len(pair["phrases"]) == len(pair["drawn_by"]) <= pair["count"] for pair in found["confused"])


def test_a_test_phrase_that_goes_elsewhere_fails_in_words(folder):
    text = TEXT.replace("tests: [活动有没有保险]", "tests: [转人工]")
    (folder / "a.yaml").write_text(text, "utf-8")
    code, said = run(commands.report, folder)
    assert code == 1
    assert "insurance 的“转人工”该由它回答，现在是去办事，最像 human" in said


def test_report_names_the_entry_that_never_wins_and_the_phrase_that_takes_its_place(folder):
    (folder / "b.yaml").write_text(
        "entries:\n  - id: torn\n    ask: [活动期间保险有没有呢, 哪里可以开证明呢]\n    answer: x\n"
        "  - id: lonely\n    ask: [食堂几点开门]\n    answer: y\n",
        "utf-8",
    )
    _, said = run(commands.report, folder, json_only=True)
    found = json.loads(said)
    assert "torn" in found["never"]
    assert found["single"] == ["lonely"]
    assert ("torn", "insurance") in {(pair["entry"], pair["taken_for"]) for pair in found["confused"]}
    assert "活动期间有保险吗" in str(found["confused"]), "phrases are shown as they are written"


def test_a_library_too_large_to_be_taught_is_tried_all_the_same(folder, monkeypatch):
    numbers = "零一二三四五六七八九"
    entries = [
        f"  - id: e{n}\n    ask: [{name}号楼怎么走, 去{name}号楼的路, {name}号楼在哪]\n    answer: x\n"
        for n, name in ((n, "".join(numbers[int(digit)] for digit in str(n))) for n in range(1_010))
    ]
    (folder / "a.yaml").write_text("entries:\n" + "".join(entries), "utf-8")
    monkeypatch.setattr(trial, "MOST", 90)
    steps = []
    _, said = run(commands.report, folder, json_only=True, progress=lambda done, of: steps.append((done, of)))
    found = json.loads(said)
    assert found["phrases"] == 90 == steps[-1][0]
    assert found["policies"] == {}
    assert 0 < found["first"] <= found["among_three"] <= 1


def test_explain_says_what_and_why(folder):
    code, said = run(commands.explain, folder, "受伤了怎么赔偿")
    assert code == 0
    assert "insurance 的“受伤了怎么赔”：词 " in said
    assert "到 0.60 直接回答，0.30 到 0.60 请对方选，不到 0.30 说没听懂" in said
    for share in ("词", "字", "读音", "拼写"):
        assert f"{share} 0." in said


def test_the_doctor_names_the_first_mistakes_and_how_many_there_are(folder):
    chosen = Settings(faq_dir=folder)
    assert library(build(chosen)) == "3 条，没有错误"
    (folder / "b.yaml").write_text("entries:\n  - id: 停车\n    ask: [a]\n    answer：x\n", "utf-8")
    with pytest.raises(Wrong, match=r"有 2 处要改，运行中的帐号继续用原来的内容.*faq/b.yaml:2:9: id 只能用"):
        library(build(chosen))


def test_check_knows_which_intents_have_a_handler(folder):
    assert run(commands.check, folder, intents={"always.human"})[0] == 0
    code, said = run(commands.check, folder, intents={"always.help"})
    assert code == 1
    assert "没有叫 always.human 的功能；是不是 always.help？" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("受伤了怎么赔？", "和条目里的一句问法一模一样"),
        ("工伤那种的能不能给报呀", "有它的关键词“工伤”"),
        ("😂", "没有文字"),
    ],
)
def test_explain_names_what_decided(folder, text, words):
    with (folder / "a.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  - id: injury\n    ask: [上班受伤, 工地出事, 单位不认]\n    answer: 找人社局\n    keywords: [工伤]\n"
        )
    code, said = run(commands.explain, folder, text)
    assert (code, words in said) == (0, True), said


def test_explain_warns_of_a_folder_with_mistakes(folder):
    (folder / "b.yaml").write_text("entries: 5", "utf-8")
    assert "有 1 处错误" in run(commands.explain, folder, "转人工")[1]
