"""Every mistake by file, line and column, in words that say what to write instead."""

from datetime import date

import pytest

from bot.knowledge.checks import checked
from bot.knowledge.loader import load

TODAY = date(2026, 3, 3)


def mistakes(tmp_path, text, values=None):
    folder = tmp_path / "faq"
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(text, "utf-8")
    return [str(m) for m in checked(load(folder), values or {}, TODAY).mistakes]


GOOD = """topic: 志愿服务
entries:
  - id: insurance
    ask: [有保险吗, no, 12:30, "0123", 08]
    answer: 有的
    valid_until: 2027-06-30
"""


def test_yaml_1_2_rules_every_scalar_is_text(tmp_path):
    assert mistakes(tmp_path, GOOD) == []
    entry = load(tmp_path / "faq").entries[0]
    assert [p.text for p in entry.ask] == ["有保险吗", "no", "12:30", "0123", "08"]
    assert entry.valid_until == date(2027, 6, 30)
    assert str(entry.place) == "faq/a.yaml:3:5"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("topic：志愿\nentries：\n", "1:1", "中文冒号"),
        ("topic: a\nentries:\n\t- id: x\n", "3:1", "Tab"),
        ("topic: a\nentries:\n  - id: x\n    ask: [有吗\n    answer: 有\n", "5:", "英文逗号"),
        ("entries:\n  - id: x\n    id: y\n    ask: [有吗, 有没有, 有无]\n    answer: 有\n", "3:5", "写了两次"),
        ("entries:\n  - ask: [有吗]\n    answer: 有\n", "2:5", "没有 id"),
        ("entries:\n  - id: x\n    answer: 有\n", "2:5", "没有 ask"),
        ("entries:\n  - id: x\n    ask: [有吗]\n", "2:5", "没有 answer"),
        ("entries:\n  - id: x\n    ask: [有吗]\n    answer:\n", "4:", "是空的"),
        ("entries:\n  - id: x\n    ask: [有吗]\n    answr: 有\n", "4:5", "不认识“answr”"),
        ("entries:\n  - id: x y\n    ask: [有吗]\n    answer: 有\n", "2:9", "只能用英文字母"),
        ("entries:\n  - id: x\n    ask: {a: b}\n    answer: 有\n", "3:10", "应该是列表"),
        ("entries:\n  - id: x\n    ask: [有吗]\n    answer: {name} 好\n", "4:20", ""),
        ("entries:\n  - id: x\n    ask: &a [有吗]\n    answer: 有\n", "3:10", "&"),
        ("entries:\n  - id: x\n    ask: [有吗]\n    answer: 有\n    valid_until: 明年\n", "5:18", "2027-06-30"),
        ("entries:\n  - id: x\n    ask: [有吗]\n    intent: 报名\n", "4:13", "处理名"),
        ("- a\n- b\n", "1:1", "topic"),
        ("[" * 200, "1:13", "嵌套"),
        ("entries:\n  - id: x\n    ask: [有吗]\n    answer: '有\n", "", "引号"),
    ],
)
def test_each_mistake_says_where_and_what_instead(tmp_path, text, line, words):
    found = mistakes(tmp_path, text)
    assert any(f"faq/a.yaml:{line}" in m and words in m for m in found), found


def test_all_mistakes_at_once_over_all_files(tmp_path):
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "a.yaml").write_text(
        "entries:\n  - id: x\n    ask: [有吗]\n  - id: x\n    ask: [没有吗]\n    answer: 没\n", "utf-8"
    )
    (folder / "b.yaml").write_text("topic: [", "utf-8")
    (folder / "c.yaml").write_bytes(b"topic: \xd6\xd0\n")
    found = [str(m) for m in load(folder).mistakes]
    assert len(found) == 4
    assert [m.split(":")[0] for m in found] == ["faq/a.yaml", "faq/a.yaml", "faq/b.yaml", "faq/c.yaml"]
    assert any("UTF-8" in m for m in found)


def test_collisions_limits_placeholders_and_links(tmp_path):
    text = """entries:
  - id: a
    ask: [有保险吗, 买保险没有, 保险呢]
    answer: 请打 {phone} 或看 www.example.com/a
    keywords: [保险]
  - id: b
    ask: [有保险吗？, 投保了没, 是否投保]
    answer: 请问 {nobody}
    keywords: [保险]
  - id: c
    ask: [多长, 多久, 多少时间]
    answer: LONG
    valid_until: 2026-03-20
""".replace("LONG", "很长" * 400)
    found = "\n".join(mistakes(tmp_path, text, {"phone": "0571"}))
    for words in (
        "faq/a.yaml:7:11: “有保险吗？”已经写在 a",
        "https://www.example.com",
        "{nobody}",
        "关键词“保险”",
        "2400 字节",
        "将在",
    ):
        assert words in found


def test_huge_files_are_refused_before_they_are_read(tmp_path):
    folder = tmp_path / "faq"
    folder.mkdir()
    with (folder / "big.yaml").open("wb") as file:
        file.truncate(50_000_000)
    found = load(folder).mistakes
    assert len(found) == 1
    assert "MB" in found[0].message
