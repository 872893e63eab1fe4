"""One entry edited in its own lines: what the form says is there afterwards, and nothing else has moved."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge import rewriting
from bot.knowledge.entries import Entry
from bot.knowledge.loader import load
from bot.knowledge.rewriting import EditRefused, Fields
from tests.architecture_map import ROOT

TEXT = """# 停车的事
topic: 停车
entries:
  - id: parking
    # 场馆改造期间
    ask: [停车场在哪里, 车停哪儿好]   # 两句够了
    answer: |
      停在东门。
        - 小车

      # 这不是注释
    keywords:
      - 停车场   # 很有把握
      - 车库
  # 下面这条老师说先留着
  - id: fee
    ask: [停车收费吗, 停车要钱吗]
    answer: 免费
    valid_until: 2027-06-30

synonyms:
  泊车: 停车
"""


def read(tmp_path: Path, text: str) -> dict[str, Entry]:
    (tmp_path / "faq").mkdir(exist_ok=True)
    (tmp_path / "faq" / "a.yaml").write_text(text, "utf-8")
    folder = load(tmp_path / "faq")
    assert folder.refused() == ()
    return {entry.id: entry for entry in folder.entries}


def changed_lines(before: str, after: str) -> tuple[set[str], set[str]]:
    return set(before.splitlines()) - set(after.splitlines()), set(after.splitlines()) - set(before.splitlines())


def test_the_blocks_of_a_file() -> None:
    assert [(each.id, each.start, each.end) for each in rewriting.blocks(TEXT)] == [("parking", 3, 14), ("fee", 15, 19)]
    assert (
        rewriting.lines_of(TEXT, "fee").startswith("  - id: fee\n")
        and "下面这条" not in TEXT[TEXT.index("- id: fee") :]
    )


def test_what_the_form_shows_saved_again_changes_nothing(tmp_path: Path) -> None:
    for entry in read(tmp_path, TEXT).values():
        assert rewriting.with_fields(TEXT, Fields.of(entry)) == TEXT


def test_each_field_changes_its_own_lines_only(tmp_path: Path) -> None:
    entry = Fields.of(read(tmp_path, TEXT)["parking"])
    gone, new = changed_lines(TEXT, rewriting.with_fields(TEXT, replace(entry, ask=("停车场在哪里", "有地方停车吗"))))
    assert len(gone) == len(new) == 1 and "两句够了" in next(iter(new))
    gone, new = changed_lines(TEXT, rewriting.with_fields(TEXT, replace(entry, keywords=("车库", "地下车位"))))
    assert gone == {"      - 停车场   # 很有把握"} and new == {"      - 地下车位"}
    gone, new = changed_lines(TEXT, rewriting.with_fields(TEXT, replace(entry, answer="停在西门。")))
    assert new == {"    answer: 停在西门。"} and "      停在东门。" in gone
    gone, new = changed_lines(TEXT, rewriting.with_fields(TEXT, replace(entry, keywords=())))
    assert "    keywords:" in gone and new == set()
    gone, new = changed_lines(
        TEXT, rewriting.with_fields(TEXT, replace(entry, tests=("车停哪",), valid_until="2027-01-02"))
    )
    assert gone == set() and new == {"    tests:", "      - 车停哪", "    valid_until: 2027-01-02"}


AWKWARD = (
    "no", "12:30", "007", "12355", "#不是注释", "有: 冒号", "{phone} 打这个", "[方括号]", "- 短横", "'引号'", '"双"',
    "a, b", "*星*", "&和", "!叹", "%", "@", "`", "null", "~", "true", "😀 表情", "尾巴:", "1e3", "2027-06-30", "|", ">",
    "0x1F", "？问号",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_typed_is_what_is_read(tmp_path: Path, seed: int) -> None:
    """Sentences that YAML would take for something else; the other entry is not touched."""
    rng = random.Random(seed)
    before = read(tmp_path, TEXT)
    some = tuple(rng.sample(AWKWARD, 8))
    answer = "\n".join(rng.choice(["", "  缩进 "]) + text for text in rng.sample(AWKWARD, rng.choice([1, 5]))).strip()
    wanted = Fields("parking", some[:4], answer, keywords=some[4:6], tests=some[6:])
    after = read(tmp_path, rewriting.with_fields(TEXT, wanted))
    got = Fields.of(after["parking"])
    assert got == replace(wanted, answer=got.answer)
    assert [line.rstrip() for line in got.answer.split("\n")] == [line.rstrip() for line in answer.split("\n")]
    assert after["fee"] == before["fee"]


def test_new_renamed_and_removed(tmp_path: Path) -> None:
    before = read(tmp_path, TEXT)
    more = rewriting.with_new(TEXT, Fields("bikes", ("自行车停哪", "能骑车来吗"), "停在门口\n不用锁"))
    assert "    ask: [自行车停哪, 能骑车来吗]\n    answer: |\n      停在门口\n      不用锁\n" in more
    after = read(tmp_path, more)
    assert list(after) == ["parking", "fee", "bikes"] and after["fee"] == before["fee"]
    assert rewriting.without(more, "bikes") == TEXT
    gone = rewriting.without(TEXT, "fee")
    assert list(read(tmp_path, gone)) == ["parking"] and "下面这条老师说先留着" in gone and "泊车: 停车" in gone
    named = rewriting.with_fields(TEXT, replace(Fields.of(before["fee"]), id="parking-fee"), "fee")
    assert list(read(tmp_path, named)) == ["parking", "parking-fee"]


def test_the_whole_library_is_read_and_written_unchanged() -> None:
    """Every sixth entry of the real files, saved as its form shows it, leaves its file byte for byte as it was."""
    folder = load(ROOT / "faq")
    texts = {path: path.read_text("utf-8") for path in (ROOT / "faq").glob("*.yaml")}
    for entry in folder.entries[::6]:
        text = texts[ROOT / entry.place.file]
        assert rewriting.with_fields(text, Fields.of(entry)) == text, entry.id
    assert len(folder.entries) > 100


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("entries: [{id: a, ask: [b], answer: c}]\n", "方括号"),
        ("entries:\n  - id: a\n   ask: [b\n", "写法错误"),
        ("topic: x\nentries:\n  - id: b\n    ask: [c]\n    answer: d\n", "没有 a 这一条"),
    ],
)
def test_what_a_form_cannot_change_is_said(text: str, why: str) -> None:
    with pytest.raises(EditRefused, match=why):
        rewriting.with_fields(text, Fields("a", ("b",), "c"))
    with pytest.raises(EditRefused, match="唯一"):
        rewriting.without("entries:\n  - id: a\n    ask: [b]\n    answer: c\n", "a")
